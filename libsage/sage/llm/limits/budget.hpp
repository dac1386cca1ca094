/// What items, conversations, tenants and a job may spend on models: reserve, call, settle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sage/base/clock.hpp"
#include "sage/base/result.hpp"

namespace sage::llm {

/// Bounds of one account; 0 is no bound.
struct budget_limits {
  std::uint64_t tokens_max = 0;
  std::uint64_t calls_max = 0;
  nanoseconds period = 0;  ///< after which what was spent is forgotten; 0 is never
};

struct budget_settings {
  budget_limits item;
  budget_limits conversation;
  budget_limits tenant;
  budget_limits job;
  std::size_t items_tracked_max = 100'000;          ///< beyond, the one unused for longest is forgotten
  std::size_t conversations_tracked_max = 100'000;  ///< the same
  std::size_t tenants_tracked_max = 10'000;         ///< beyond, a new one is refused: tenants are few and known
};

/// Who spends. An empty name has no account at that level.
struct spender {
  std::string_view item;
  std::string_view conversation;
  std::string_view tenant;
};

using reservation_id = std::uint64_t;

struct spending {
  std::uint64_t tokens = 0;    ///< settled
  std::uint64_t calls = 0;     ///< settled and reserved
  std::uint64_t reserved = 0;  ///< tokens of calls under way
};

/// Pure state machine. All accounts of a spender take a reservation, or none does: a refusal names the account that
/// is over its limit, and changes nothing for anybody else.
///
/// Law  for every account: settled + reserved <= tokens_max at each reservation; calls <= calls_max
/// Law  reserve then release is identity
/// Note  a call may settle for more than it reserved: then the next one is refused
/// At the limit  errc::limit: "the budget of conversation 'c7' is used up: 9000 of 10000 tokens spent, …"
class budget {
 public:
  explicit budget(const budget_settings& settings);

  /// Limits of one tenant in place of the general ones.
  void set_tenant_limits(std::string_view tenant, const budget_limits& limits);

  [[nodiscard]] result<reservation_id> reserve(const spender& who, std::uint64_t tokens, nanoseconds now);
  /// The call has ended and used `tokens`. Ignored for an unknown reservation.
  void settle(reservation_id id, std::uint64_t tokens);
  /// The call was never made.
  void release(reservation_id id);
  /// The item is done: its account is closed.
  void forget_item(std::string_view item);

  enum class level : std::uint8_t { item, conversation, tenant, job };
  /// What the account has spent; zeros for an unknown one. `name` is ignored for the job.
  [[nodiscard]] spending spent(level at, std::string_view name = {}) const;
  [[nodiscard]] std::size_t tracked(level at) const noexcept;

 private:
  static constexpr std::size_t levels_ = 4;

  struct account {
    std::string name;
    budget_limits limits;
    spending spent;
    std::uint32_t open = 0;  // reservations; such an account is never forgotten
    nanoseconds since = 0;
    bool has_own_limits = false;
    bool closing = false;
  };
  using accounts = std::list<account>;  // the one used last in front
  struct book {
    budget_limits limits;
    std::size_t tracked_max = 0;
    accounts all;
    std::unordered_map<std::string_view, accounts::iterator> by_name;  // views into the accounts
  };
  struct reservation {
    account* of[levels_] = {};
    std::uint64_t tokens = 0;
  };

  [[nodiscard]] account* find(level at, std::string_view name) const;
  /// Finds or opens, and moves to the front. Null when no more can be tracked.
  account* touch(level at, std::string_view name, nanoseconds now);
  static void close(book& of, accounts::iterator at);
  void end(reservation_id id, bool made, std::uint64_t tokens);

  book books_[levels_];
  std::unordered_map<reservation_id, reservation> reservations_;
  reservation_id last_ = 0;
};

}  // namespace sage::llm
