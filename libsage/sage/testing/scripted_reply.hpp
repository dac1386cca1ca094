/// What a scripted chat model says to one request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/llm/chat.hpp"
#include "sage/testing/scripted_answer.hpp"

namespace sage::testing {

/// Built by chaining; becomes one answer of OpenAI's dialect, streamed or not as the request wants it:
///
///     scripted_reply::text("it is 21 degrees").usage(12, 7)
///     scripted_reply::calls("get_weather", R"({"city": "oslo"})")
///     scripted_reply::pieces({"it ", "is ", "cold"}).each_waits("token")
///     scripted_reply::failure(429, "slow down").header("Retry-After", "2")
class scripted_reply {
 public:
  [[nodiscard]] static scripted_reply text(std::string_view whole);
  /// Text that is streamed in these pieces.
  [[nodiscard]] static scripted_reply pieces(std::vector<std::string> parts);
  [[nodiscard]] static scripted_reply calls(std::string_view tool, std::string_view arguments);
  [[nodiscard]] static scripted_reply failure(int status, std::string_view message);

  scripted_reply& and_calls(std::string_view tool, std::string_view arguments);
  scripted_reply& usage(std::uint64_t input_tokens, std::uint64_t output_tokens);
  scripted_reply& model(std::string_view name);
  scripted_reply& header(std::string_view name, std::string_view value);
  /// Waits at the gate before anything is answered.
  scripted_reply& waits(std::string_view gate);
  /// Waits at the gate before each piece of a stream.
  scripted_reply& each_waits(std::string_view gate);
  /// Breaks the connection after so many pieces of a stream (of a whole answer: inside it).
  scripted_reply& cut_after(std::size_t pieces);
  scripted_reply& hangs_after(std::size_t pieces);

  /// The answer on the wire. `id` makes the ids of the reply and its calls.
  [[nodiscard]] scripted_answer render(bool streamed, std::uint64_t id) const;

 private:
  enum class break_off : std::uint8_t { never, cut, hang };

  [[nodiscard]] scripted_answer render_stream(std::uint64_t id) const;
  [[nodiscard]] scripted_answer render_whole(std::uint64_t id) const;
  [[nodiscard]] std::vector<std::string> chunks(std::uint64_t id) const;

  std::vector<std::string> parts_;
  std::vector<chat_tool_call> calls_;
  chat_usage usage_{1, 1, 0, false};
  std::string model_ = "scripted";
  int status_ = 200;
  std::string problem_;
  scripted_answer::headers headers_;
  std::string gate_;
  std::string piece_gate_;
  break_off break_ = break_off::never;
  std::size_t break_after_ = 0;
};

}  // namespace sage::testing
