/// Who may call a server, and how much: bearer tokens that we know only by their hashes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/result.hpp"
#include "sage/model/secret.hpp"

namespace sage::serving {

/// What a caller may use; nothing is no bound.
struct caller_limits {
  std::optional<std::uint64_t> requests_per_minute;
  std::optional<std::uint64_t> requests_in_flight;
  std::optional<std::uint64_t> tokens_per_minute;
  std::optional<std::uint64_t> tokens_per_day;
  friend bool operator==(const caller_limits&, const caller_limits&) = default;
};

/// Somebody who may call.
struct caller {
  std::string tenant;
  caller_limits limits;
  friend bool operator==(const caller&, const caller&) = default;
};

using token_hash = std::array<unsigned char, 32>;

/// SHA-256. Throws errc::unsupported in a build without OpenSSL.
[[nodiscard]] token_hash hash_of(std::string_view token);
[[nodiscard]] std::string to_hex(const token_hash& hash);

/// The callers of a server. A value; reading is thread-safe. A tenant may have several tokens, so that one can be
/// exchanged for another; its limits are those of the line that was used.
class callers {
 public:
  static constexpr std::size_t callers_max = 10'000;

  /// Reads lines `TENANT SHA256-OF-TOKEN [LIMIT=NUMBER]...`; empty ones and those that begin with # are skipped.
  /// Errors, errc::parse, name `source` and the line. No message repeats a hash.
  [[nodiscard]] static result<callers> from_text(std::string_view text, std::string_view source);

  /// One caller more, without limits: what SAGE_CALLER_TOKEN makes. Refuses tokens of less than 16 characters, that
  /// could be guessed, and such that no header can carry.
  [[nodiscard]] result<void> add_token(std::string tenant, const secret<std::string>& token);

  /// Who presents the header `Authorization: Bearer TOKEN`, or null. Takes as long for a wrong token as for a right
  /// one: it compares hashes, in constant time, with all of them. O(callers).
  [[nodiscard]] const caller* find(std::string_view authorization) const;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct entry {
    token_hash hash;
    caller who;
  };

  [[nodiscard]] result<void> add_line(std::string_view line, const std::string& where);

  std::vector<entry> entries_;
};

/// Whether `tenant` is a name for one: 1 to 64 letters, figures, '.', '_', '-'.
[[nodiscard]] bool is_tenant_name(std::string_view tenant) noexcept;

}  // namespace sage::serving
