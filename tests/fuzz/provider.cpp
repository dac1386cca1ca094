/// Whatever a provider sends, in whatever pieces, ends in a reply or an error, and all text of it is UTF-8.
#include "sage/base/utf8.hpp"
#include "sage/llm/dialects/dialect.hpp"
#include "sage/llm/retry_after.hpp"

namespace {

using namespace sage;
using namespace sage::llm;

void check(bool holds) {
  if (!holds) __builtin_trap();
}

void check_outcome(const reply_or_error& outcome) {
  if (const auto* problem = std::get_if<provider_error>(&outcome)) {
    check(!problem->message.empty() && is_utf8(problem->message));
  } else {
    check(is_utf8(std::get<chat_reply>(outcome).text));
  }
}

void stream(const dialect& spoken, std::string_view bytes, std::size_t piece) {
  sse_parser parser(1 << 16);
  const auto reply = spoken.start_reply({});
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    parser.push(bytes.substr(at, piece));
    sse_event event;
    for (;;) {
      const auto more = parser.next(event);
      if (!more) return;
      if (!*more) break;
      chat_delta delta;
      if (const auto problem = reply->on_event(event, delta)) {
        check_outcome(*problem);
        return;
      }
      check(is_utf8(delta.text));
      text += delta.text;
    }
  }
  chat_delta rest;
  const reply_or_error outcome = reply->finish(rest);
  check_outcome(outcome);
  if (const auto* whole = std::get_if<chat_reply>(&outcome)) check(whole->text == text + rest.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  for (const model_dialect name : {model_dialect::openai, model_dialect::anthropic}) {
    const dialect& spoken = dialect_of(name);
    stream(spoken, text, 1 + bytes[0] % 16);
    check_outcome(spoken.read_reply(text, {}));
  }
  check_outcome(error_of_answer(429, {{"Retry-After", std::string(text)}}, text, 1'700'000'000'000));
  static_cast<void>(parse_duration_ms(text));
  return 0;
}
