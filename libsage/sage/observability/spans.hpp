/// Spans: what was done for a request, when, and for how long.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/base/file_system.hpp"

namespace sage {

enum class span_kind : std::uint8_t { internal = 1, server = 2, client = 3 };  ///< OpenTelemetry's numbers

/// One piece of work. Attributes have OpenTelemetry's names (gen_ai.request.model …); no text of a prompt or an
/// answer belongs here.
struct span {
  using value = std::variant<std::string, std::int64_t>;

  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  ///< 0 is none
  std::string name;
  span_kind kind = span_kind::internal;
  std::int64_t begun_ms = 0;  ///< wall clock, since the Unix epoch
  nanoseconds took = 0;
  std::vector<std::pair<std::string, value>> attributes;
  std::string problem;  ///< empty: it went well
};

/// Takes spans from any thread and gives ids. Bounded: what can't be kept is counted.
class span_recorder {
 public:
  virtual ~span_recorder() = default;
  virtual void record(span done) = 0;
  /// An id that no other span of this process has, and hardly one of another.
  [[nodiscard]] virtual std::uint64_t next_id() noexcept = 0;
  /// Spans that were not kept.
  [[nodiscard]] virtual std::uint64_t lost() const noexcept = 0;
};

/// Writes spans to a new file, each line a request of the OpenTelemetry protocol in JSON (OTLP/HTTP): a collector
/// reads it as it is. Lines are gathered in memory, at most `gathered_bytes_max`, and written when there are enough,
/// and at the end.
///
/// Fails  errc::invalid_argument when the file is there already, errc::io
/// Cost   about a microsecond per span; a write per 64 KiB
struct span_file_options {
  std::string service = "sage";  ///< service.name of the resource
  std::size_t gathered_bytes_max = 64 * 1024;
  std::uint64_t file_bytes_max = std::uint64_t{1} << 30;  ///< beyond, spans are lost and counted
};
[[nodiscard]] std::shared_ptr<span_recorder> make_span_file(const std::string& path, const clock& time,
                                                            file_system& files = system_files(),
                                                            span_file_options options = {});

/// `done` as one line of the file, without its end.
[[nodiscard]] std::string to_otlp_json(const span& done, std::string_view service);

}  // namespace sage
