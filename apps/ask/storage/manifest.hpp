/// What a kept index says about itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sage/base/result.hpp"

namespace ask {

/// A file of the index, as it was written. The name begins with its kind and ends in its hash, so that files of an
/// older index beside it are never taken for it.
struct kept_file {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t hash = 0;  ///< of all bytes, docs/formats/hash.md

  friend bool operator==(const kept_file&, const kept_file&) = default;
};

struct kept_vectors {
  std::string model;  ///< that made them: only its own vectors can be compared with them
  std::uint64_t dimensions = 0;
  std::uint64_t count = 0;
  kept_file file;

  friend bool operator==(const kept_vectors&, const kept_vectors&) = default;
};

struct manifest {
  std::uint64_t documents = 0;
  std::uint64_t passages = 0;
  std::uint64_t terms = 0;
  kept_file texts;
  std::optional<kept_vectors> vectors;

  friend bool operator==(const manifest&, const manifest&) = default;
};

/// As JSON with a line end.
[[nodiscard]] std::string to_json(const manifest& given);

/// Reads it again. Fails errc::parse for what isn't one, errc::unsupported for one of a newer version. Names of files
/// are names: they can't lead out of the folder.
[[nodiscard]] sage::result<manifest> parse_manifest(std::string_view json);

/// The name, size and hash of a file of `kind` ("passages") that holds `content`.
[[nodiscard]] kept_file describe_file(std::string_view kind, std::string_view content);

/// Whether describe_file gives such names for `kind`.
[[nodiscard]] bool is_name_of(std::string_view kind, std::string_view name) noexcept;

}  // namespace ask
