/// The shop's database: a SQLite file with customers, products, orders and refunds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "agent_service/shop/records.hpp"
#include "sage/base/result.hpp"

namespace agent_service::shop {

/// One connection, used by one call at a time. Thread-safe; calls block while SQLite does, at most `busy_ms_max` on
/// somebody else's lock.
///
/// Law    a change happens wholly or not at all, and a second one of the same kind changes nothing
/// Law    nothing that is asked for becomes SQL: values are bound
/// Fails  errc::not_found, errc::invalid_argument for what an order's state forbids, errc::io for what SQLite can't
/// do
class database {
 public:
  static constexpr std::size_t rows_max = 20;  ///< of one answer
  static constexpr int busy_ms_max = 2000;
  static constexpr std::size_t text_bytes_max = 500;  ///< of a reason or a name; what is longer is refused

  /// Opens the file; makes it, with a few customers, products and orders in it, when there is none. Throws
  /// errc::io for one that can't be opened or made, errc::configuration for one that is no shop's.
  explicit database(const std::string& path);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  [[nodiscard]] sage::result<order> find_order(std::int64_t number) const;
  [[nodiscard]] sage::result<customer_orders> orders_of(const std::string& email) const;
  /// Products whose name has all the words, in any case.
  [[nodiscard]] sage::result<stock_list> stock_of(const std::string& words) const;

  /// Cancels an order that hasn't left yet, puts its goods back into stock and returns its money.
  [[nodiscard]] sage::result<order_change> cancel_order(std::int64_t number);
  /// Files a request for the money of an order that has left.
  [[nodiscard]] sage::result<order_change> ask_for_refund(std::int64_t number, const std::string& reason);

 private:
  class connection;
  std::unique_ptr<connection> connection_;
};

}  // namespace agent_service::shop
