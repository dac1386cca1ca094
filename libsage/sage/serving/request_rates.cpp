#include "sage/serving/request_rates.hpp"

#include <algorithm>
#include <cmath>

namespace sage::serving {

namespace {

constexpr nanoseconds minute = 60'000'000'000;
constexpr nanoseconds day = 24 * 60 * minute;
constexpr double wait_s_max = 86'400;
constexpr double rounding = 1e-6;  // a wait that was told must suffice

using limit = rate_refusal::limit;

}  // namespace

const char* to_string(limit reached) noexcept {
  switch (reached) {
    case limit::requests_in_flight: return "requests_in_flight";
    case limit::requests_per_minute: return "requests_per_minute";
    case limit::tokens_per_minute: return "tokens_per_minute";
    case limit::tokens_per_day: return "tokens_per_day";
  }
  return "unknown";
}

void request_rates::level::run_off(std::uint64_t limit, nanoseconds period, nanoseconds now) noexcept {
  if (now <= seen_at_) return;  // somebody on another thread has looked at the clock later
  const double passed = static_cast<double>(now - seen_at_) / static_cast<double>(period);
  used_ = std::max(0.0, used_ - passed * static_cast<double>(limit));
  seen_at_ = now;
}

std::uint32_t request_rates::level::seconds_until(double most, std::uint64_t limit,
                                                  nanoseconds period) const noexcept {
  const double per_second = static_cast<double>(limit) * 1e9 / static_cast<double>(period);
  const double wait_s = per_second > 0 ? (used_ - most) / per_second : wait_s_max;
  return static_cast<std::uint32_t>(std::clamp(std::ceil(wait_s), 1.0, wait_s_max));
}

std::optional<rate_refusal> request_rates::admit(const caller& who, nanoseconds now) {
  tenant_state& its = tenants_[who.tenant];
  const caller_limits& limits = its.limits = who.limits;
  if (limits.requests_in_flight && its.in_flight >= *limits.requests_in_flight) {
    return rate_refusal{limit::requests_in_flight, 1};
  }
  // A whole request, or a whole token, must have room.
  const auto check = [&](level& of, const std::optional<std::uint64_t>& most, nanoseconds period,
                         limit which) -> std::optional<rate_refusal> {
    if (!most) return std::nullopt;
    of.run_off(*most, period, now);
    const double room_from = static_cast<double>(*most) - 1;
    if (of.used() <= room_from + rounding) return std::nullopt;
    return rate_refusal{which, of.seconds_until(room_from, *most, period)};
  };
  if (const auto no = check(its.day_tokens, limits.tokens_per_day, day, limit::tokens_per_day)) return no;
  if (const auto no = check(its.minute_tokens, limits.tokens_per_minute, minute, limit::tokens_per_minute)) return no;
  if (const auto no = check(its.requests, limits.requests_per_minute, minute, limit::requests_per_minute)) return no;
  if (limits.requests_per_minute) its.requests.add(1);
  ++its.in_flight;
  return std::nullopt;
}

void request_rates::on_end(const std::string& tenant, std::uint64_t tokens, nanoseconds now) noexcept {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return;
  tenant_state& its = found->second;
  if (its.in_flight > 0) --its.in_flight;
  // What was used before runs off first: these tokens count from now on.
  its.minute_tokens.run_off(its.limits.tokens_per_minute.value_or(0), minute, now);
  its.minute_tokens.add(static_cast<double>(tokens));
  its.day_tokens.run_off(its.limits.tokens_per_day.value_or(0), day, now);
  its.day_tokens.add(static_cast<double>(tokens));
}

}  // namespace sage::serving
