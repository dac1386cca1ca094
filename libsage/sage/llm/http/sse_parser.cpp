#include "sage/llm/http/sse_parser.hpp"

#include <charconv>
#include <utility>

namespace sage::llm {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

error too_long(std::size_t event_bytes_max) {
  return {errc::limit, "an event of more than " + std::to_string(event_bytes_max) + " bytes", "",
          "raise event_bytes_max if the sender is to be trusted"};
}

}  // namespace

void sse_parser::push(std::string_view bytes) {
  if (failed_) return;
  // What was taken is given up here, not per line: moving the rest would cost O(n^2) for many short lines.
  input_.erase(0, at_);
  searched_ -= at_;
  at_ = 0;
  input_.append(bytes);
}

result<bool> sse_parser::next(sse_event& event) {
  if (failed_) return too_long(event_bytes_max_);
  if (!begun_) {
    const std::string_view start = std::string_view(input_).substr(0, byte_order_mark.size());
    if (start.size() < byte_order_mark.size() && byte_order_mark.starts_with(start)) return false;
    if (start == byte_order_mark) at_ = searched_ = byte_order_mark.size();
    begun_ = true;
  }
  for (;;) {
    if (after_return_ && at_ < input_.size()) {
      if (input_[at_] == '\n') ++at_;
      after_return_ = false;
      if (searched_ < at_) searched_ = at_;
    }
    const std::size_t end = input_.find_first_of("\r\n", searched_);
    const bool found = end != std::string::npos;
    const std::size_t line_bytes = (found ? end : input_.size()) - at_;
    if (line_bytes + data_.size() > event_bytes_max_) {
      failed_ = true;
      input_ = std::string();
      data_ = std::string();
      at_ = searched_ = 0;
      return too_long(event_bytes_max_);
    }
    if (!found) {
      searched_ = input_.size();
      return false;
    }
    after_return_ = input_[end] == '\r';
    const std::string_view line = std::string_view(input_).substr(at_, line_bytes);
    at_ = searched_ = end + 1;
    if (!line.empty()) {
      on_field(line);
    } else if (take_event(event)) {
      return true;
    }
  }
}

void sse_parser::on_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);  // empty for a comment
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) data_.push_back('\n');
    data_.append(value);
    has_data_ = true;
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    std::uint64_t ms = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), ms);
    if (read.ec == std::errc() && read.ptr == value.data() + value.size()) retry_ms_ = ms;
  }
}

/// At an empty line. An event without data is none.
bool sse_parser::take_event(sse_event& event) {
  const bool complete = has_data_;
  if (complete) {
    event.type = type_.empty() ? "message" : std::exchange(type_, {});
    event.data = std::exchange(data_, {});
    event.id = id_;
  }
  type_.clear();
  id_.clear();
  has_data_ = false;
  return complete;
}

}  // namespace sage::llm
