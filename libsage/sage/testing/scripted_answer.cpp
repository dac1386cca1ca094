#include "sage/testing/scripted_answer.hpp"

#include <charconv>

namespace sage::testing {

namespace {

std::string head_of(int status, const scripted_answer::headers& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + (status < 400 ? " OK" : " Trouble") + "\r\n";
  for (const auto& [name, value] : headers) head.append(name).append(": ").append(value).append("\r\n");
  return head;
}

std::string chunk_of(std::string_view bytes) {
  char size[16];
  const auto written = std::to_chars(size, size + sizeof size, bytes.size(), 16);
  return std::string(size, written.ptr).append("\r\n").append(bytes).append("\r\n");
}

}  // namespace

scripted_answer scripted_answer::whole(int status, std::string_view type, std::string_view body,
                                       const headers& more) {
  scripted_answer answer;
  answer.raw(head_of(status, more) + "Content-Type: " + std::string(type) +
             "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  return answer;
}

scripted_answer scripted_answer::json(int status, std::string_view body, const headers& more) {
  return whole(status, "application/json", body, more);
}

scripted_answer scripted_answer::events(const headers& more) {
  scripted_answer answer;
  answer.raw(head_of(200, more) + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  return answer;
}

scripted_answer& scripted_answer::event(std::string_view data) {
  return piece("data: " + std::string(data) + "\n\n");
}

scripted_answer& scripted_answer::piece(std::string_view bytes, std::uint64_t times) {
  return raw(chunk_of(bytes), times);
}

scripted_answer& scripted_answer::end() {
  return raw("0\r\n\r\n");
}

scripted_answer& scripted_answer::raw(std::string_view bytes, std::uint64_t times) {
  return add(step::kind::send, bytes, times);
}

scripted_answer& scripted_answer::wait(std::string_view gate) {
  return add(step::kind::wait, gate);
}

scripted_answer& scripted_answer::single_bytes() {
  return add(step::kind::single_bytes);
}

scripted_answer& scripted_answer::hang() {
  return add(step::kind::hang);
}

scripted_answer& scripted_answer::reset() {
  return add(step::kind::reset);
}

scripted_answer& scripted_answer::close() {
  return add(step::kind::close);
}

scripted_answer& scripted_answer::then(const scripted_answer& more) {
  steps_.insert(steps_.end(), more.steps_.begin(), more.steps_.end());
  return *this;
}

scripted_answer& scripted_answer::add(step::kind what, std::string_view text, std::uint64_t times) {
  steps_.push_back({what, std::string(text), times});
  return *this;
}

}  // namespace sage::testing
