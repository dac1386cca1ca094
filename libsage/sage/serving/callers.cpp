#include "sage/serving/callers.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sage/serving/server_request.hpp"

#ifdef SAGE_HAS_SERVING
#include <openssl/crypto.h>
#include <openssl/sha.h>
#endif

namespace sage::serving {

namespace {

constexpr std::size_t token_bytes_least = 16;
constexpr std::size_t token_bytes_max = 512;
constexpr std::size_t tenant_bytes_max = 64;
constexpr std::string_view line_advice =
    "write TENANT SHA256-OF-TOKEN [requests_per_minute=N] [requests_in_flight=N] [tokens_per_minute=N] "
    "[tokens_per_day=N]; callers add TENANT writes such a line";

bool is_letter_or_figure(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_equal(const token_hash& a, const token_hash& b) noexcept {
#ifdef SAGE_HAS_SERVING
  return ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
#else
  static_cast<void>(a);
  static_cast<void>(b);
  return false;
#endif
}

std::optional<token_hash> from_hex(std::string_view text) noexcept {
  token_hash hash{};
  if (text.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const char* begin = text.data() + 2 * i;
    if (std::from_chars(begin, begin + 2, hash[i], 16).ptr != begin + 2) return std::nullopt;
  }
  return hash;
}

std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return word;
}

bool set_limit(caller_limits& limits, std::string_view word) noexcept {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  std::optional<std::uint64_t>* limit = nullptr;
  if (name == "requests_per_minute") limit = &limits.requests_per_minute;
  if (name == "requests_in_flight") limit = &limits.requests_in_flight;
  if (name == "tokens_per_minute") limit = &limits.tokens_per_minute;
  if (name == "tokens_per_day") limit = &limits.tokens_per_day;
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (limit == nullptr || *limit || problem != std::errc() || end != value.data() + value.size()) return false;
  *limit = number;
  return true;
}

}  // namespace

bool is_tenant_name(std::string_view tenant) noexcept {
  return !tenant.empty() && tenant.size() <= tenant_bytes_max &&
         std::all_of(tenant.begin(), tenant.end(),
                     [](char c) { return is_letter_or_figure(c) || c == '.' || c == '_' || c == '-'; });
}

token_hash hash_of(std::string_view token) {
#ifdef SAGE_HAS_SERVING
  token_hash hash{};
  ::SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), hash.data());
  return hash;
#else
  static_cast<void>(token);
  throw error(errc::unsupported, "this build knows no callers", {},
              "install libssl-dev and libboost-dev, and build again with SAGE_WITH_SERVING=ON");
#endif
}

std::string to_hex(const token_hash& hash) {
  constexpr char figures[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : hash) {
    text += figures[byte >> 4];
    text += figures[byte & 15];
  }
  return text;
}

result<callers> callers::from_text(std::string_view text, std::string_view source) {
  callers all;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    const auto added = all.add_line(line, std::string(source) + ":" + std::to_string(number));
    if (!added) return added.error();
  }
  return all;
}

result<void> callers::add_line(std::string_view line, const std::string& where) {
  const auto wrong = [&](const char* what) { return error(errc::parse, what, where, std::string(line_advice)); };
  entry made;
  const std::string_view tenant = take_word(line);
  if (!is_tenant_name(tenant)) return wrong("the tenant isn't 1 to 64 letters, figures, '.', '_' and '-'");
  made.who.tenant = tenant;
  const auto hash = from_hex(take_word(line));
  if (!hash) return wrong("the second word isn't the SHA-256 of a token, in 64 hexadecimal figures");
  made.hash = *hash;
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    if (!set_limit(made.who.limits, word)) return wrong("a limit is unknown, is there twice, or is no whole number");
  }
  const auto same = [&](const entry& other) { return other.hash == made.hash; };
  if (std::any_of(entries_.begin(), entries_.end(), same)) return wrong("the token is in a line above already");
  if (entries_.size() == callers_max) {
    return error(errc::limit, "there are more than " + std::to_string(callers_max) + " callers", where);
  }
  entries_.push_back(std::move(made));
  return {};
}

result<void> callers::add_token(std::string tenant, const secret<std::string>& token) {
  const std::string& text = token.reveal();
  const bool can_be_sent = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (text.size() < token_bytes_least || text.size() > token_bytes_max || !can_be_sent) {
    return error(errc::configuration, "the token isn't 16 to 512 visible ASCII characters", tenant,
                 "make one with: openssl rand -hex 32");
  }
  entries_.push_back({hash_of(text), {std::move(tenant), {}}});
  return {};
}

const caller* callers::find(std::string_view authorization) const {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.size() < scheme.size() || !equal_without_case(authorization.substr(0, scheme.size()), scheme)) {
    return nullptr;
  }
  const std::string_view token = authorization.substr(scheme.size());
  if (token.size() > token_bytes_max) return nullptr;
  const token_hash hash = hash_of(token);
  const caller* found = nullptr;
  for (const entry& one : entries_) {
    if (is_equal(one.hash, hash)) found = &one.who;
  }
  return found;
}

}  // namespace sage::serving
