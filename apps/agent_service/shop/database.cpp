#include "agent_service/shop/database.hpp"

#include <algorithm>
#include <initializer_list>
#include <mutex>
#include <string_view>
#include <utility>
#include <variant>

#include <sqlite3.h>

#include "agent_service/shop/seed.hpp"
#include "sage/base/utf8.hpp"

namespace agent_service::shop {

using sage::errc;
using sage::error;
using sage::result;

namespace {

struct end_statement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

using bound_value = std::variant<std::int64_t, std::string>;

bool has_left(const std::string& status) {
  return status == "shipped" || status == "delivered";
}

error no_order(std::int64_t number) {
  return error(errc::not_found, "there is no order " + std::to_string(number), {}, "ask the customer for its number");
}

}  // namespace

/// What knows SQLite. Everything here throws sage::error.
class database::connection {
 public:
  explicit connection(const std::string& path) : path_(path) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(path.c_str(), &at_, flags, nullptr);
    if (code != SQLITE_OK) {
      const error problem(errc::io, std::string("can't open the database: ") + sqlite3_errstr(code), path,
                          "check that the folder is there and that you may write to it");
      sqlite3_close_v2(at_);
      throw problem;
    }
    try {
      set_up();
    } catch (const error&) {
      sqlite3_close_v2(at_);
      throw;
    }
  }
  ~connection() { sqlite3_close_v2(at_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Rows of a statement with its values bound.
  class rows {
   public:
    rows(connection& on, const char* sql, std::initializer_list<bound_value> values) : on_(on) {
      sqlite3_stmt* prepared = nullptr;
      on_.check(sqlite3_prepare_v2(on_.at_, sql, -1, &prepared, nullptr));
      statement_.reset(prepared);
      int place = 1;
      for (const bound_value& value : values) bind(place++, value);
    }
    bool next() {
      const int code = sqlite3_step(statement_.get());
      if (code != SQLITE_ROW && code != SQLITE_DONE) on_.check(code);
      return code == SQLITE_ROW;
    }
    [[nodiscard]] std::int64_t number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
    [[nodiscard]] std::string text(int column) const {
      const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
      std::string safe;
      if (bytes != nullptr) sage::append_repaired_utf8(safe, {bytes, size});
      return safe;
    }

   private:
    void bind(int place, const bound_value& value) {
      if (const auto* number = std::get_if<std::int64_t>(&value)) {
        on_.check(sqlite3_bind_int64(statement_.get(), place, *number));
      } else {
        const auto& text = std::get<std::string>(value);
        on_.check(
            sqlite3_bind_text(statement_.get(), place, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
      }
    }
    connection& on_;
    std::unique_ptr<sqlite3_stmt, end_statement> statement_;
  };

  void run(const char* sql, std::initializer_list<bound_value> values = {}) {
    rows all(*this, sql, values);
    while (all.next()) {
    }
  }

  /// Writes all of it, or nothing.
  class transaction {
   public:
    explicit transaction(connection& on) : on_(on) { on_.run("BEGIN IMMEDIATE"); }
    ~transaction() {
      if (!done_) sqlite3_exec(on_.at_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    void commit() {
      on_.run("COMMIT");
      done_ = true;
    }

   private:
    connection& on_;
    bool done_ = false;
  };

  void check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    const bool is_other = code == SQLITE_NOTADB || code == SQLITE_ERROR;
    throw error(is_other ? errc::configuration : errc::io, std::string("the database says: ") + sqlite3_errmsg(at_),
                path_, is_other ? "is it a shop's? another --data makes a new one" : "check disk and permissions");
  }

  /// Calls `ask` alone on this connection, and turns what it throws into its result.
  template <class F>
  auto alone(F ask) -> decltype(ask()) {
    const std::lock_guard lock(mutex_);
    try {
      return ask();
    } catch (const error& problem) {
      return error(problem.code(), problem.message());  // customers needn't know where the file is
    }
  }

 private:
  void set_up() {
    check(sqlite3_busy_timeout(at_, busy_ms_max));
    sqlite3_limit(at_, SQLITE_LIMIT_ATTACHED, 0);
    run("PRAGMA foreign_keys = ON");
    // Two that start at once: one makes the tables, the other waits and finds them.
    transaction made(*this);
    switch (number_of("PRAGMA user_version")) {
      case schema_version: break;
      case 0:
        if (number_of("SELECT count(*) FROM sqlite_master") > 0) {
          throw error(errc::configuration, "is another program's database", path_, "another --data makes a new one");
        }
        check(sqlite3_exec(at_, seed, nullptr, nullptr, nullptr));
        break;
      default:
        throw error(errc::configuration, "was made by another version", path_, "another --data makes a new one");
    }
    made.commit();
  }

  std::int64_t number_of(const char* sql) {
    rows only(*this, sql, {});
    return only.next() ? only.number(0) : 0;
  }

  std::string path_;
  sqlite3* at_ = nullptr;
  std::mutex mutex_;
};

database::database(const std::string& path) : connection_(std::make_unique<connection>(path)) {}
database::~database() = default;

result<order> database::find_order(std::int64_t number) const {
  return connection_->alone([&]() -> result<order> {
    connection::rows found(*connection_,
                           "SELECT c.name, o.status, o.ordered_on, o.arrives_on, o.tracking, "
                           "CASE WHEN r.number IS NULL THEN '' ELSE 'requested' END "
                           "FROM orders o JOIN customers c ON c.id = o.customer "
                           "LEFT JOIN refunds r ON r.number = o.number WHERE o.number = ?1",
                           {number});
    if (!found.next()) return no_order(number);
    order its;
    its.number = number;
    its.customer = found.text(0);
    its.status = found.text(1);
    its.ordered_on = found.text(2);
    its.arrives_on = found.text(3);
    its.tracking = found.text(4);
    its.refund = found.text(5);
    connection::rows lines(*connection_,
                           "SELECT p.name, l.quantity, l.price_cents FROM order_lines l "
                           "JOIN products p ON p.id = l.product WHERE l.number = ?1 ORDER BY l.product LIMIT ?2",
                           {number, std::int64_t{rows_max}});
    while (lines.next()) its.lines.push_back({lines.text(0), lines.number(1), lines.number(2)});
    for (const order_line& line : its.lines) its.total_cents += line.quantity * line.price_cents;
    return its;
  });
}

result<customer_orders> database::orders_of(const std::string& email) const {
  return connection_->alone([&]() -> result<customer_orders> {
    if (email.size() > text_bytes_max) return error(errc::limit, "an e-mail address is not that long");
    connection::rows who(*connection_, "SELECT id, name FROM customers WHERE email = ?1", {email});
    if (!who.next()) {
      return error(errc::not_found, "no customer has this e-mail address", {}, "ask for the one used in the shop");
    }
    customer_orders all;
    all.customer = who.text(1);
    connection::rows found(
        *connection_,
        "SELECT o.number, o.status, o.ordered_on, (SELECT coalesce(sum(l.quantity * l.price_cents), "
        "0) FROM order_lines l WHERE l.number = o.number) FROM orders o WHERE o.customer = ?1 "
        "ORDER BY o.ordered_on DESC, o.number DESC LIMIT ?2",
        {who.number(0), static_cast<std::int64_t>(rows_max) + 1});
    while (found.next()) {
      all.more = all.orders.size() == rows_max;
      if (!all.more) all.orders.push_back({found.number(0), found.text(1), found.text(2), found.number(3)});
    }
    return all;
  });
}

result<stock_list> database::stock_of(const std::string& words) const {
  return connection_->alone([&]() -> result<stock_list> {
    if (words.size() > text_bytes_max) return error(errc::limit, "a product's name is not that long");
    // A short list is gone through here: no pattern of a stranger ever reaches SQL.
    stock_list all;
    connection::rows found(*connection_, "SELECT name, price_cents, in_stock FROM products ORDER BY id LIMIT 1000",
                           {});
    const auto has_all_words = [&](const std::string& name) {
      for (std::string_view rest = words; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        std::string word(rest.substr(0, end));
        for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (name.find(word) == std::string::npos) return false;
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      return true;
    };
    while (all.products.size() < rows_max && found.next()) {
      const std::string name = found.text(0);
      if (has_all_words(name)) all.products.push_back({name, found.number(1), found.number(2)});
    }
    if (all.products.empty()) return error(errc::not_found, "the shop has no such product");
    return all;
  });
}

result<order_change> database::cancel_order(std::int64_t number) {
  return connection_->alone([&]() -> result<order_change> {
    connection::transaction change(*connection_);
    connection::rows found(*connection_,
                           "SELECT status, (SELECT coalesce(sum(quantity * price_cents), 0) FROM order_lines l WHERE "
                           "l.number = o.number) FROM orders o WHERE number = ?1",
                           {number});
    if (!found.next()) return no_order(number);
    const std::string status = found.text(0);
    order_change done{number, "cancelled", found.number(1), status == "cancelled"};
    if (done.was_done_before) return done;
    if (has_left(status)) {
      return error(errc::invalid_argument,
                   "order " + std::to_string(number) + " is " + status + " and can't be cancelled any more", {},
                   "offer a refund instead");
    }
    connection_->run("UPDATE orders SET status = 'cancelled', arrives_on = '' WHERE number = ?1", {number});
    connection_->run(
        "UPDATE products SET in_stock = in_stock + (SELECT quantity FROM order_lines l WHERE l.number = ?1 AND "
        "l.product = products.id) WHERE id IN (SELECT product FROM order_lines WHERE number = ?1)",
        {number});
    change.commit();
    return done;
  });
}

result<order_change> database::ask_for_refund(std::int64_t number, const std::string& reason) {
  return connection_->alone([&]() -> result<order_change> {
    if (reason.size() > text_bytes_max) return error(errc::limit, "the reason is too long; say it in a sentence");
    connection::transaction change(*connection_);
    connection::rows found(*connection_,
                           "SELECT o.status, (SELECT coalesce(sum(quantity * price_cents), 0) FROM order_lines l "
                           "WHERE l.number = o.number), (SELECT count(*) FROM refunds r WHERE r.number = o.number) "
                           "FROM orders o WHERE o.number = ?1",
                           {number});
    if (!found.next()) return no_order(number);
    const order_change done{number, found.text(0), found.number(1), found.number(2) > 0};
    if (done.was_done_before) return done;
    if (!has_left(done.status)) {
      return error(errc::invalid_argument, "order " + std::to_string(number) + " is " + done.status +
                                               (done.status == "cancelled" ? " and its money was returned"
                                                                           : " and can be cancelled instead"));
    }
    connection_->run("INSERT INTO refunds (number, amount_cents, reason) VALUES (?1, ?2, ?3)",
                     {number, done.amount_cents, reason});
    change.commit();
    return done;
  });
}

}  // namespace agent_service::shop
