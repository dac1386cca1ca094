/// Which texts of which calls go into the next request of an embedding model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sage::llm {

/// Bounds of requests that are made of several calls.
struct gathering_limits {
  std::size_t texts_max = 256;            ///< of one request
  std::size_t bytes_max = 256 * 1024;     ///< of the texts of one request; a text that is longer goes alone
  std::size_t requests_max = 1;           ///< under way at once; more calls wait and go together
  std::size_t waiting_texts_max = 65536;  ///< of all calls that have not been answered; beyond, a call is refused
};

/// Pure state machine. A request leaves at once when fewer than `requests_max` are under way; meanwhile calls gather,
/// so a request is the larger the slower the model is. A call that is too large for one request gets its turns behind
/// others.
///
/// Law  a request holds at most texts_max texts, and at most bytes_max bytes or one text
/// Law  a request that failed is tried in halves, down to single calls: one of n calls is followed by at most 2n - 2
/// Law  a call has texts in one request at a time
class text_gatherer {
 public:
  using call_id = std::uint64_t;
  using request_id = std::uint64_t;

  /// Texts `begin` up to `end` of one call.
  struct piece {
    call_id call = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    friend bool operator==(const piece&, const piece&) = default;
  };
  struct request {
    request_id id = 0;
    std::vector<piece> pieces;
  };

  explicit text_gatherer(const gathering_limits& limits);

  /// A new call, by the bytes of its texts: at least one. False at waiting_texts_max; a call that is alone is always
  /// taken.
  [[nodiscard]] bool add(call_id id, std::vector<std::size_t> bytes);
  /// The call has been given up. A request that has its texts under way goes on for the others.
  void remove(call_id id);

  /// The next request to be made, if one may be made now.
  [[nodiscard]] std::optional<request> begin();
  /// The request was answered. Returns the calls that have got everything.
  [[nodiscard]] std::vector<call_id> on_success(request_id id);
  /// The request failed. Returns the calls that fail with it: all, or, where one of several may be the cause
  /// (`is_divisible`), none, as they are tried apart.
  [[nodiscard]] std::vector<call_id> on_failure(request_id id, bool is_divisible);
  /// Whoever made the request is gone: it is to be made again, for the calls that are left.
  void on_abandoned(request_id id);

  /// Texts of calls that are open.
  [[nodiscard]] std::size_t texts() const noexcept { return texts_; }
  [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.size(); }

 private:
  struct open_call {
    std::vector<std::size_t> bytes;
    std::size_t next = 0;  // the first text that has not been answered
  };
  using pieces = std::vector<piece>;

  [[nodiscard]] pieces gather();
  [[nodiscard]] pieces end_request(request_id id);
  void forget(call_id id);

  gathering_limits limits_;
  std::unordered_map<call_id, open_call> calls_;
  std::deque<call_id> waiting_;
  std::deque<pieces> again_;  // requests to be made once more, before others and as they are
  std::unordered_map<request_id, pieces> under_way_;
  request_id last_ = 0;
  std::size_t texts_ = 0;
};

}  // namespace sage::llm
