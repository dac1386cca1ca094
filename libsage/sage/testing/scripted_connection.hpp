/// One connection of a scripted server: reads requests, plays answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sage/testing/scripted_answer.hpp"
#include "sage/testing/scripted_http_server.hpp"

namespace sage::testing {

/// Owns the socket. For the server's thread only.
class scripted_connection {
 public:
  /// What the server is asked: for an answer, and whether a gate lets one pass.
  struct server_calls {
    std::function<scripted_answer(seen_request)> answer;
    std::function<bool(const std::string& gate)> pass;
    std::function<void()> answered;
    std::function<void(std::size_t bytes)> sent;
  };

  scripted_connection(int descriptor, std::size_t number, const server_calls& server);
  ~scripted_connection();
  scripted_connection(const scripted_connection&) = delete;
  scripted_connection& operator=(const scripted_connection&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] std::size_t number() const noexcept { return number_; }
  /// The gate it stands at, or empty.
  [[nodiscard]] const std::string& gate() const noexcept { return gate_; }
  [[nodiscard]] bool is_answering() const noexcept { return answering_; }
  /// Whether it waits for room to send.
  [[nodiscard]] bool wants_write() const noexcept { return blocked_; }

  enum class state : std::uint8_t { open, closed_by_client, closed_by_us };
  /// Takes what has come, goes on with what can go on. Anything but `open` means that it is to be destroyed.
  [[nodiscard]] state go_on();

 private:
  [[nodiscard]] bool receive();
  [[nodiscard]] std::optional<seen_request> take_request();
  void begin_answer();
  [[nodiscard]] state play();
  /// Sends on; false when the client is gone.
  [[nodiscard]] bool send();
  void end_answer();

  static constexpr std::size_t request_bytes_max = 16 << 20;

  int descriptor_;
  std::size_t number_;
  const server_calls& server_;
  std::string received_;
  bool answering_ = false;
  bool blocked_ = false;
  bool single_bytes_ = false;
  scripted_answer answer_;
  std::size_t step_ = 0;
  std::size_t sent_ = 0;     // bytes of the step
  std::uint64_t times_ = 0;  // that it was sent whole
  std::string gate_;
};

}  // namespace sage::testing
