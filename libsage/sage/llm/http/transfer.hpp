/// One request on its way, as libcurl's easy interface has it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/llm/http/http_client.hpp"
#include "sage/llm/http/http_message.hpp"

namespace sage::llm {

/// Owns the easy handle, reads the head, counts the body and knows when to lose patience. For the I/O thread only.
class transfer {
 public:
  using easy_handle = void;  // CURL

  transfer(std::uint64_t id, http_request request, std::shared_ptr<http_listener> listener);
  ~transfer();
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// Makes the handle. An outcome says why the request can't be sent.
  [[nodiscard]] std::optional<http_outcome> prepare(const http_client_options& options);

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] easy_handle* handle() const noexcept { return handle_; }
  [[nodiscard]] http_listener& listener() const noexcept { return *listener_; }
  [[nodiscard]] bool is_paused() const noexcept { return paused_; }

  /// What the end with libcurl's `code` means.
  [[nodiscard]] http_outcome outcome_of(int code) const;
  [[nodiscard]] http_outcome outcome(http_failure failure, std::string text) const;

  /// When the answer is overdue, in the time of the clock; nothing while it is paused or when there is no limit.
  [[nodiscard]] std::optional<nanoseconds> overdue_at() const noexcept;
  [[nodiscard]] http_outcome overdue() const;
  /// When to look whether it is overdue; never later than it can become so.
  [[nodiscard]] std::optional<nanoseconds> check_at() const noexcept;
  /// The moment at which the engine looks.
  [[nodiscard]] std::optional<nanoseconds> watched_at() const noexcept { return watched_at_; }
  void set_watched_at(std::optional<nanoseconds> moment) noexcept { watched_at_ = moment; }

  /// Lets a paused transfer go on. False when the listener doesn't want it to; then `verdict` is the other wish.
  bool resume(body_verdict& verdict);
  /// libcurl has ended it while it was paused; kept until it is resumed.
  void set_ended(int code) noexcept { ended_with_ = code; }
  [[nodiscard]] std::optional<int> ended_with() const noexcept { return ended_with_; }

 private:
  struct curl_calls;  // what libcurl calls

  [[nodiscard]] std::optional<std::string> find_problem() const;
  void set_security(const http_client_options& options);
  void set_headers();
  bool on_header(std::string_view line);
  bool on_body(std::string_view bytes);
  bool obey(body_verdict verdict);
  [[nodiscard]] std::string place() const;
  /// From a callback: the reason for which libcurl is told to give up.
  bool give_up(http_failure failure, std::string text);

  std::uint64_t id_;
  http_request request_;
  std::shared_ptr<http_listener> listener_;
  const clock* time_ = nullptr;
  easy_handle* handle_ = nullptr;
  struct header_list;  // curl_slist
  std::unique_ptr<header_list> sent_headers_;
  std::unique_ptr<char[]> curl_text_;

  http_headers headers_;
  std::size_t header_bytes_ = 0;
  std::uint32_t status_ = 0;
  bool head_done_ = false;
  std::uint64_t body_bytes_ = 0;
  bool paused_ = false;
  nanoseconds started_at_ = 0;
  nanoseconds last_byte_at_ = 0;  // 0 before the first
  std::optional<nanoseconds> watched_at_;
  std::optional<int> ended_with_;
  http_failure given_up_ = http_failure::none;
  std::string given_up_text_;
};

}  // namespace sage::llm
