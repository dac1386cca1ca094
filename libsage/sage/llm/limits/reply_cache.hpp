/// Replies of models that were asked exactly the same before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sage/base/clock.hpp"
#include "sage/llm/chat.hpp"

namespace sage::llm {

struct reply_cache_limits {
  std::size_t entries_max = 10'000;
  std::size_t bytes_max = 64 * 1024 * 1024;  ///< of requests and replies, counted roughly
  nanoseconds age_max = 3'600'000'000'000;   ///< after which a reply is no longer used
};

/// An exact cache: the whole request must be equal, the hash only finds it. `domain` keeps those apart who may not
/// see each other's replies (tenants). Whether a reply may be used again (temperature 0, no failed finish) is the
/// caller's to decide.
///
/// Law  entries <= entries_max and bytes <= bytes_max; an entry that alone is larger is not kept
/// Law  find(put(request, reply)) == reply until age_max, or until it had to make room for one used later
class reply_cache {
 public:
  using hash_function = std::uint64_t (*)(const chat_request& request, std::string_view domain);

  explicit reply_cache(const reply_cache_limits& limits, hash_function hash = &hash_of);

  /// The reply, valid until the next call of `put` or `find`; null when there is none.
  [[nodiscard]] const chat_reply* find(const chat_request& request, std::string_view domain, nanoseconds now);
  void put(const chat_request& request, std::string_view domain, chat_reply reply, nanoseconds now);
  void clear();

  [[nodiscard]] std::size_t entries() const noexcept { return used_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_; }
  [[nodiscard]] std::uint64_t misses() const noexcept { return misses_; }

  [[nodiscard]] static std::uint64_t hash_of(const chat_request& request, std::string_view domain);

 private:
  struct entry {
    std::uint64_t hash = 0;
    std::string domain;
    chat_request request;
    chat_reply reply;
    std::size_t bytes = 0;
    nanoseconds kept_at = 0;
  };
  using entries_by_use = std::list<entry>;  // the one used last in front

  void drop(entries_by_use::iterator at);

  reply_cache_limits limits_;
  hash_function hash_;
  entries_by_use used_;
  std::unordered_map<std::uint64_t, entries_by_use::iterator> by_hash_;  // of equal hashes the last one put
  std::size_t bytes_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace sage::llm
