#include "ask/storage/manifest.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "sage/base/hash.hpp"

namespace ask {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view format_name = "ask index";
constexpr std::uint64_t version = 1;
constexpr std::size_t name_bytes_max = 64;

std::string hexadecimal(std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, value >>= 4U) *at = digits[value & 0xFU];
  return text;
}

std::optional<std::uint64_t> from_hexadecimal(std::string_view text) {
  std::uint64_t value = 0;
  if (text.size() != 16) return std::nullopt;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = (value << 4U) | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

bool is_file_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= name_bytes_max && std::all_of(name.begin(), name.end(), is_plain);
}

ordered_json json_of(const kept_file& file) {
  return {{"name", file.name}, {"bytes", file.bytes}, {"hash", hexadecimal(file.hash)}};
}

sage::error broken(const std::string& why) {
  return {sage::errc::parse, "is no manifest of an index: " + why};
}

// Members are read with `at`, which throws what parse_manifest turns into an error.
std::uint64_t number(const ordered_json& in, const char* name) {
  const auto& found = in.at(name);
  if (!found.is_number_unsigned()) throw broken(std::string(name) + " is no number");
  return found.get<std::uint64_t>();
}

kept_file file_of(const ordered_json& in) {
  kept_file file{in.at("name").get<std::string>(), number(in, "bytes"), 0};
  const auto hash = from_hexadecimal(in.at("hash").get<std::string>());
  if (!hash) throw broken("a hash is none");
  if (!is_file_name(file.name)) throw broken("a file has a name that it can't have");
  file.hash = *hash;
  return file;
}

manifest manifest_of(const ordered_json& in) {
  manifest read;
  read.documents = number(in, "documents");
  read.passages = number(in, "passages");
  read.terms = number(in, "terms");
  read.texts = file_of(in.at("texts"));
  if (const auto found = in.find("vectors"); found != in.end()) {
    read.vectors = kept_vectors{found->at("model").get<std::string>(), number(*found, "dimensions"),
                                number(*found, "count"), file_of(found->at("file"))};
    if (read.vectors->count < read.passages) throw broken("it has fewer vectors than passages");
  }
  return read;
}

}  // namespace

std::string to_json(const manifest& given) {
  ordered_json whole{{"format", format_name},      {"version", version},   {"documents", given.documents},
                     {"passages", given.passages}, {"terms", given.terms}, {"texts", json_of(given.texts)}};
  if (given.vectors) {
    whole["vectors"] = ordered_json{{"model", given.vectors->model},
                                    {"dimensions", given.vectors->dimensions},
                                    {"count", given.vectors->count},
                                    {"file", json_of(given.vectors->file)}};
  }
  return whole.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

sage::result<manifest> parse_manifest(std::string_view json) {
  try {
    const auto whole = ordered_json::parse(json);
    if (whole.at("format") != format_name) return broken("it is of another format");
    if (number(whole, "version") > version) {
      return sage::error(sage::errc::unsupported, "was written by a newer version of ask", {},
                         "update ask, or build the index again with 'ask index'");
    }
    return manifest_of(whole);
  } catch (const sage::error& problem) {
    return problem;
  } catch (const nlohmann::json::exception& problem) {
    return broken(problem.what());
  }
}

kept_file describe_file(std::string_view kind, std::string_view content) {
  const auto hash = sage::hash_bytes(content.data(), content.size());
  return {std::string(kind) + "-" + hexadecimal(hash), content.size(), hash};
}

bool is_name_of(std::string_view kind, std::string_view name) noexcept {
  if (!name.starts_with(kind)) return false;
  name.remove_prefix(kind.size());
  return name.starts_with('-') && from_hexadecimal(name.substr(1)).has_value();
}

}  // namespace ask
