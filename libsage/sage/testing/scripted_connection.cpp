#include "sage/testing/scripted_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sage::testing {

namespace {

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

scripted_connection::scripted_connection(int descriptor, std::size_t number, const server_calls& server)
    : descriptor_(descriptor), number_(number), server_(server) {
  const int yes = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

scripted_connection::~scripted_connection() {
  ::close(descriptor_);
}

scripted_connection::state scripted_connection::go_on() {
  if (!receive()) {
    if (answering_) end_answer();
    return state::closed_by_client;
  }
  for (;;) {
    if (!answering_) begin_answer();
    if (!answering_) return state::open;
    const state now = play();
    if (now != state::open || answering_) return now;
  }
}

/// False when the client has gone.
bool scripted_connection::receive() {
  char bytes[16 << 10];
  for (;;) {
    const ssize_t count = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (received_.size() > request_bytes_max) return false;
    received_.append(bytes, static_cast<std::size_t>(count));
  }
}

std::optional<seen_request> scripted_connection::take_request() {
  if (received_.starts_with('\x16')) {  // a client that wants TLS, which we don't speak: the script says what it gets
    seen_request hello;
    hello.connection = number_;
    hello.method = "TLS";
    hello.body = std::exchange(received_, {});
    return hello;
  }
  const std::size_t head_end = received_.find("\r\n\r\n");
  if (head_end == std::string::npos) return std::nullopt;
  seen_request request;
  request.connection = number_;
  std::string_view head = std::string_view(received_).substr(0, head_end);
  const std::string_view first = head.substr(0, head.find("\r\n"));
  request.method = first.substr(0, first.find(' '));
  const std::string_view rest = first.substr(std::min(first.size(), request.method.size() + 1));
  request.target = rest.substr(0, rest.find(' '));
  std::size_t body_bytes = 0;
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n")) {
    head.remove_prefix(at + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    request.headers.emplace_back(lower_case(line.substr(0, colon)), value);
    if (request.headers.back().first == "content-length") {
      std::from_chars(value.data(), value.data() + value.size(), body_bytes);
    }
  }
  const std::size_t body_at = head_end + 4;
  if (received_.size() - body_at < body_bytes) return std::nullopt;
  request.body = received_.substr(body_at, body_bytes);
  received_.erase(0, body_at + body_bytes);
  return request;
}

void scripted_connection::begin_answer() {
  auto request = take_request();
  if (!request) return;
  answering_ = true;
  single_bytes_ = false;
  step_ = sent_ = 0;
  times_ = 0;
  answer_ = server_.answer(std::move(*request));
}

void scripted_connection::end_answer() {
  answering_ = false;
  gate_.clear();
  server_.answered();
}

scripted_connection::state scripted_connection::play() {
  using kind = scripted_answer::step::kind;
  for (; step_ < answer_.steps().size(); ++step_) {
    const scripted_answer::step& now = answer_.steps()[step_];
    switch (now.what) {
      case kind::send:
        if (!send()) {
          end_answer();
          return state::closed_by_client;
        }
        if (blocked_) return state::open;
        break;
      case kind::wait:
        gate_ = now.text;
        if (!server_.pass(gate_)) return state::open;
        gate_.clear();
        break;
      case kind::single_bytes: single_bytes_ = true; break;
      case kind::hang: return state::open;
      case kind::reset: {
        // Closing without lingering is what makes a reset of it.
        const linger none{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        end_answer();
        return state::closed_by_us;
      }
      case kind::close: end_answer(); return state::closed_by_us;
    }
  }
  end_answer();
  return state::open;
}

bool scripted_connection::send() {
  // Others get their turn after so much of an endless stream.
  constexpr std::size_t turn_bytes_max = 256 << 10;
  std::size_t turn_bytes = 0;
  const scripted_answer::step& now = answer_.steps()[step_];
  blocked_ = false;
  while (times_ < now.times) {
    const std::size_t left = now.text.size() - sent_;
    if (left > 0) {
      const ssize_t count =
          ::send(descriptor_, now.text.data() + sent_, single_bytes_ ? 1 : left, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (count <= 0 || turn_bytes > turn_bytes_max) {
        blocked_ = true;
        if (count <= 0) return true;
      }
      sent_ += static_cast<std::size_t>(count);
      turn_bytes += static_cast<std::size_t>(count);
      server_.sent(static_cast<std::size_t>(count));
    }
    if (sent_ == now.text.size()) {
      sent_ = 0;
      ++times_;
    }
    if (blocked_) return true;
  }
  times_ = 0;
  return true;
}

}  // namespace sage::testing
