/// What a checkpoint consists of: the file that is written last and makes it one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/result.hpp"
#include "sage/model/describe.hpp"

namespace sage::runtime {

/// A file beside the manifest.
struct manifest_file {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;
};
SAGE_DESCRIBE(manifest_file, name, bytes, sha256)

/// The part of one instance of the plan.
struct manifest_instance {
  std::string name;
  bool finished = false;  ///< it had seen its last record
  manifest_file snapshot;
};
SAGE_DESCRIBE(manifest_instance, name, finished, snapshot)

/// What had become of the records of an operator, over all of its instances, since the job began or was taken up.
///
/// Law  in + restored = passed + filtered + dropped + dead + gone + late + held; of a source only `out` counts
struct operator_books {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::uint64_t restored = 0;
  std::uint64_t passed = 0;
  std::uint64_t filtered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t dead = 0;
  std::uint64_t gone = 0;
  std::uint64_t late = 0;
  std::uint64_t held = 0;
};
SAGE_DESCRIBE(operator_books, in, out, restored, passed, filtered, dropped, dead, gone, late, held)

/// An operator as it was then.
struct manifest_operator {
  std::string uid;
  std::string name;
  std::string kind;
  std::uint32_t parallelism = 1;
  bool finished = false;  ///< all of its instances
  operator_books books{};
};
SAGE_DESCRIBE(manifest_operator, uid, name, kind, parallelism, finished, books)

/// A split that has to be read still, from `position` on.
struct manifest_split {
  std::string name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t number = 0;
  std::uint64_t position = 0;
  std::optional<std::uint32_t> reader{};  ///< the instance that was reading it
};
SAGE_DESCRIBE(manifest_split, name, begin, end, number, position, reader)

/// What is left of a source.
struct manifest_source {
  std::string uid;
  std::vector<manifest_split> left;
};
SAGE_DESCRIBE(manifest_source, uid, left)

struct manifest {
  std::uint32_t format = 1;
  std::string job;
  std::string run;  ///< names what sinks hold back
  std::uint64_t epoch = 0;
  bool final = false;  ///< every record is through; what was prepared may be committed
  std::int64_t taken_at_ms = 0;
  std::uint32_t key_groups = 0;
  std::vector<manifest_operator> operators;
  std::vector<manifest_instance> instances;
  std::vector<manifest_source> sources;
};
SAGE_DESCRIBE(manifest, format, job, run, epoch, final, taken_at_ms, key_groups, operators, instances, sources)

/// The newest format that is read and the one that is written.
inline constexpr std::uint32_t checkpoint_format = 1;

/// One line that says what it is, with the format and the SHA-256 of that number and what follows; then JSON.
[[nodiscard]] std::string manifest_text(const manifest& content);
/// Fails with errc::parse for anything that is damaged, errc::unsupported for a newer format.
[[nodiscard]] result<manifest> read_manifest(std::string_view text);

}  // namespace sage::runtime
