#include "sage/llm/limits/budget.hpp"

#include <algorithm>
#include <utility>

namespace sage::llm {

namespace {

constexpr const char* level_names[] = {"item", "conversation", "tenant", "job"};

std::string name_of(budget::level at, const std::string& name) {
  const std::string level = level_names[static_cast<std::size_t>(at)];
  return at == budget::level::job ? "the job" : level + " '" + name + "'";
}

}  // namespace

budget::budget(const budget_settings& settings) {
  const std::pair<budget_limits, std::size_t> each[levels_] = {
      {settings.item, settings.items_tracked_max},
      {settings.conversation, settings.conversations_tracked_max},
      {settings.tenant, settings.tenants_tracked_max},
      {settings.job, 1}};
  for (std::size_t i = 0; i < levels_; ++i) {
    books_[i].limits = each[i].first;
    books_[i].tracked_max = std::max<std::size_t>(each[i].second, 1);
  }
}

budget::account* budget::find(level at, std::string_view name) const {
  const book& all = books_[static_cast<std::size_t>(at)];
  const auto found = all.by_name.find(name);
  return found == all.by_name.end() ? nullptr : &*found->second;
}

budget::account* budget::touch(level at, std::string_view name, nanoseconds now) {
  book& all = books_[static_cast<std::size_t>(at)];
  const auto found = all.by_name.find(name);
  if (found == all.by_name.end()) {
    if (all.all.size() >= all.tracked_max) {
      if (at == level::tenant) return nullptr;
      auto oldest = std::prev(all.all.end());
      while (oldest->open > 0 && oldest != all.all.begin()) --oldest;
      if (oldest->open > 0) return nullptr;
      close(all, oldest);
    }
    all.all.push_front({std::string(name), all.limits, {}, 0, now, false, false});
    all.by_name.emplace(all.all.front().name, all.all.begin());
  } else {
    all.all.splice(all.all.begin(), all.all, found->second);
  }
  account& touched = all.all.front();
  if (touched.limits.period > 0 && now - touched.since >= touched.limits.period) {
    touched.since = now - (now - touched.since) % touched.limits.period;
    touched.spent.tokens = 0;
    touched.spent.calls = touched.open;
  }
  return &touched;
}

void budget::close(book& of, accounts::iterator at) {
  of.by_name.erase(at->name);
  of.all.erase(at);
}

void budget::set_tenant_limits(std::string_view tenant, const budget_limits& limits) {
  account* const of = touch(level::tenant, tenant, 0);
  if (of == nullptr) {
    throw error(errc::limit, "too many tenants with a budget", std::string(tenant), "raise tenants_tracked_max");
  }
  of->limits = limits;
  of->has_own_limits = true;
}

result<reservation_id> budget::reserve(const spender& who, std::uint64_t tokens, nanoseconds now) {
  const std::string_view names[levels_] = {who.item, who.conversation, who.tenant, "job"};
  reservation taken;
  taken.tokens = tokens;
  for (std::size_t i = 0; i < levels_; ++i) {
    if (names[i].empty()) continue;
    const auto at = static_cast<level>(i);
    account* const of = touch(at, names[i], now);
    if (of == nullptr) {
      return error(errc::limit, std::string("no budget can be kept for ") + name_of(at, std::string(names[i])), {},
                   std::string("raise ") + level_names[i] + "s_tracked_max");
    }
    const spending& spent = of->spent;
    const std::uint64_t used = spent.tokens + spent.reserved;
    if (of->limits.calls_max != 0 && spent.calls >= of->limits.calls_max) {
      return error(errc::limit, "the budget of " + name_of(at, of->name) +
                                    " is used up: " + std::to_string(spent.calls) + " of " +
                                    std::to_string(of->limits.calls_max) + " calls made");
    }
    if (of->limits.tokens_max != 0 && (used >= of->limits.tokens_max || tokens > of->limits.tokens_max - used)) {
      return error(errc::limit, "the budget of " + name_of(at, of->name) + " is used up: of " +
                                    std::to_string(of->limits.tokens_max) + " tokens " +
                                    std::to_string(spent.tokens) + " are spent and " +
                                    std::to_string(spent.reserved) + " reserved, " + std::to_string(tokens) +
                                    " more are needed");
    }
    taken.of[i] = of;
  }
  for (account* const of : taken.of) {
    if (of == nullptr) continue;
    ++of->open;
    ++of->spent.calls;
    of->spent.reserved += tokens;
  }
  reservations_.emplace(++last_, taken);
  return last_;
}

void budget::settle(reservation_id id, std::uint64_t tokens) {
  end(id, true, tokens);
}

void budget::release(reservation_id id) {
  end(id, false, 0);
}

void budget::end(reservation_id id, bool made, std::uint64_t tokens) {
  const auto found = reservations_.find(id);
  if (found == reservations_.end()) return;
  const reservation ended = found->second;
  reservations_.erase(found);
  for (std::size_t i = 0; i < levels_; ++i) {
    account* const of = ended.of[i];
    if (of == nullptr) continue;
    --of->open;
    of->spent.reserved -= ended.tokens;
    of->spent.tokens += tokens;
    if (!made && of->spent.calls > 0) --of->spent.calls;
    if (of->closing && of->open == 0) close(books_[i], books_[i].by_name.find(of->name)->second);
  }
}

void budget::forget_item(std::string_view item) {
  book& items = books_[static_cast<std::size_t>(level::item)];
  const auto found = items.by_name.find(item);
  if (found == items.by_name.end()) return;
  if (found->second->open > 0) {
    found->second->closing = true;
  } else {
    close(items, found->second);
  }
}

spending budget::spent(level at, std::string_view name) const {
  const account* const of = find(at, at == level::job ? "job" : name);
  return of == nullptr ? spending{} : of->spent;
}

std::size_t budget::tracked(level at) const noexcept {
  return books_[static_cast<std::size_t>(at)].all.size();
}

}  // namespace sage::llm
