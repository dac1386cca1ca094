/// Turns the bytes of a connection into requests, one after the other. The door to Boost.Beast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sage/serving/http_problem.hpp"
#include "sage/serving/request_head.hpp"

namespace sage::serving {

/// One request at a time: bytes in, a request or a problem out. No I/O, no clock. The head is read by `read_head`
/// first, then by Beast, which must agree; the body, chunked or not, is Beast's.
///
/// Law  however the bytes are cut, the same requests and problems come out
class request_reader {
 public:
  enum class stage : std::uint8_t {
    head,      ///< wants more of the head
    body,      ///< wants more of the body
    complete,  ///< take() has a request
    refused,   ///< problem() says why; nothing can be read any more
  };

  request_reader(const allowed_hosts& hosts, const server_limits& limits);
  ~request_reader();
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  /// Takes bytes from the beginning of `bytes` and returns how many; the rest has to be given again, with what
  /// follows it. Takes nothing when complete or refused.
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] stage at() const noexcept { return stage_; }
  /// Whether a request has begun to come in.
  [[nodiscard]] bool has_begun() const noexcept { return stage_ != stage::head || !head_text_.empty(); }
  /// Of the request whose head is there.
  [[nodiscard]] const request_head& head() const noexcept { return head_; }
  /// Of the body, so far.
  [[nodiscard]] std::size_t body_bytes() const noexcept;
  [[nodiscard]] const http_problem& problem() const noexcept { return *problem_; }

  /// The complete request, without number, peer and time; the reader then begins with the next.
  [[nodiscard]] server_request take();

 private:
  struct parser;  // what knows Beast

  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_body(std::string_view bytes);
  void end_head();
  void refuse(http_problem problem);

  const allowed_hosts& hosts_;
  const server_limits& limits_;
  stage stage_ = stage::head;
  std::string head_text_;
  request_head head_;
  std::unique_ptr<parser> parser_;
  std::optional<http_problem> problem_;
};

}  // namespace sage::serving
