/// What a scripted server does with one request: well or badly, byte by byte if need be.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sage::testing {

/// A list of steps, built by chaining:
///
///     scripted_answer::json(429, R"({"error": {"message": "slow down"}})", {{"Retry-After", "2"}})
///     scripted_answer::events().event("{...}").wait("go").event("[DONE]").end()
///     scripted_answer::events().piece("data: {\"cho").reset()
///
/// After the last step the connection waits for the next request.
class scripted_answer {
 public:
  using headers = std::vector<std::pair<std::string, std::string>>;
  static constexpr std::uint64_t for_ever = std::numeric_limits<std::uint64_t>::max();

  struct step {
    enum class kind : std::uint8_t { send, wait, hang, reset, close, single_bytes };
    kind what = kind::send;
    std::string text;         // what is sent, or the name of the gate
    std::uint64_t times = 1;  // that it is sent
  };

  /// Nothing yet.
  scripted_answer() = default;
  /// A whole answer with a body.
  [[nodiscard]] static scripted_answer json(int status, std::string_view body, const headers& more = {});
  [[nodiscard]] static scripted_answer whole(int status, std::string_view type, std::string_view body,
                                             const headers& more = {});
  /// The head of a stream of server-sent events, in HTTP's chunked form.
  [[nodiscard]] static scripted_answer events(const headers& more = {});

  // Pieces of a stream.
  scripted_answer& event(std::string_view data);                            ///< "data: ...", in a chunk of its own
  scripted_answer& piece(std::string_view bytes, std::uint64_t times = 1);  ///< any bytes, a chunk (each time)
  scripted_answer& end();                                                   ///< the last chunk

  // Anything else.
  scripted_answer& raw(std::string_view bytes, std::uint64_t times = 1);  ///< outside of HTTP's rules
  scripted_answer& wait(std::string_view gate);  ///< until scripted_http_server::release(gate)
  scripted_answer& single_bytes();               ///< from here on every byte is sent by itself
  scripted_answer& hang();                       ///< sends no more, until the client goes
  scripted_answer& reset();                      ///< breaks the connection with a TCP reset
  scripted_answer& close();                      ///< closes it in order

  scripted_answer& then(const scripted_answer& more);  ///< the steps of another

  [[nodiscard]] const std::vector<step>& steps() const noexcept { return steps_; }

 private:
  scripted_answer& add(step::kind what, std::string_view text = {}, std::uint64_t times = 1);

  std::vector<step> steps_;
};

}  // namespace sage::testing
