#include "sage/runtime/checkpoint/manifest.hpp"

#include <charconv>

#include "sage/base/checksum.hpp"
#include "sage/model/json.hpp"

namespace sage::runtime {

namespace {

constexpr std::string_view magic = "sage-checkpoint ";
constexpr std::size_t digest_digits = 64;

// Of the format's number as well: else a bit that is turned over there would look like a program yet to come.
std::string digest_of(std::uint32_t format, std::string_view body) {
  sha256 digest;
  digest.add(std::to_string(format));
  digest.add("\n");
  digest.add(body);
  return digest.finish();
}

}  // namespace

std::string manifest_text(const manifest& content) {
  const std::string body = to_json(content) + "\n";
  return std::string(magic) + std::to_string(content.format) + " " + digest_of(content.format, body) + "\n" + body;
}

result<manifest> read_manifest(std::string_view text) {
  const error damaged(errc::parse, "the manifest is damaged", {}, "an older checkpoint may be whole");
  const std::size_t line = text.find('\n');
  if (!text.starts_with(magic) || line == std::string_view::npos) return damaged;
  const std::string_view rest = text.substr(magic.size(), line - magic.size());
  std::uint32_t format = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), format);
  const auto digits = static_cast<std::size_t>(end - rest.data());
  if (problem != std::errc{} || rest.size() != digits + 1 + digest_digits || rest[digits] != ' ') return damaged;
  const std::string_view body = text.substr(line + 1);
  if (digest_of(format, body) != rest.substr(digits + 1)) return damaged;
  if (format > checkpoint_format) {
    return error(
        errc::unsupported,
        "has format " + std::to_string(format) + ", this program reads up to " + std::to_string(checkpoint_format),
        {}, "use the version of the program that wrote it, or a newer one");
  }
  decode_limits limits;
  limits.elements_max = ~std::uint64_t{0};
  limits.bytes_max = ~std::uint64_t{0};
  auto content = from_json<manifest>(body, limits);
  if (!content) return error(errc::parse, "the manifest can't be read: " + content.error().message());
  if (content->format != format) return damaged;
  return *std::move(content);
}

}  // namespace sage::runtime
