/// Cuts a stream of bytes into server-sent events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sage/base/result.hpp"

namespace sage::llm {

/// One event. Bytes that are not UTF-8 are left as they came: a character may be cut over two events.
struct sse_event {
  std::string type;  ///< "message" unless the stream said otherwise
  std::string data;  ///< lines joined by a line feed
  std::string id;    ///< of this event alone; empty when it brought none
  friend bool operator==(const sse_event&, const sse_event&) = default;
};

/// An incremental parser of event streams: push what arrives, take events until there is none.
///
/// Limits  an event (and any line) has at most `event_bytes_max` bytes: else errc::limit, for good
/// Cost    O(bytes), however they are cut; memory O(bytes pushed and not taken + one event)
/// Source  WHATWG HTML, 9.2.6 "Interpreting an event stream"
class sse_parser {
 public:
  explicit sse_parser(std::size_t event_bytes_max = 4 << 20) : event_bytes_max_(event_bytes_max) {}

  void push(std::string_view bytes);
  /// Fills `event` and returns true; false when more bytes are needed.
  [[nodiscard]] result<bool> next(sse_event& event);

  /// Whether an event was begun and not ended: the stream was cut if it ends here.
  [[nodiscard]] bool is_inside() const noexcept { return at_ < input_.size() || has_data_; }
  /// What the server asked clients to wait before they connect again.
  [[nodiscard]] std::optional<std::uint64_t> retry_ms() const noexcept { return retry_ms_; }
  [[nodiscard]] std::size_t bytes_held() const noexcept { return input_.size() - at_ + data_.size(); }

 private:
  void on_field(std::string_view line);
  bool take_event(sse_event& event);

  std::size_t event_bytes_max_;
  std::string input_;  // what is not yet cut into lines begins at at_
  std::size_t at_ = 0;
  std::size_t searched_ = 0;   // up to here no line ends
  bool begun_ = false;         // the byte order mark, if any, is behind us
  bool after_return_ = false;  // a line feed now belongs to the carriage return before it
  bool failed_ = false;
  bool has_data_ = false;
  std::string type_;
  std::string data_;
  std::string id_;
  std::optional<std::uint64_t> retry_ms_;
};

}  // namespace sage::llm
