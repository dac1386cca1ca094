#include "agent_service/model/stand_in_model.hpp"

#include <string>
#include <utility>

#include "agent_service/model/stand_in_rules.hpp"

namespace agent_service {

namespace {

// The next word with the spaces before it.
std::string_view next_word(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return text;
  return text.substr(0, text.find(' ', begin));
}

}  // namespace

sage::task<sage::chat_reply> stand_in_model::chat(const sage::chat_request& request, sage::chat_observer* observer) {
  sage::chat_reply reply = stand_in_reply(request);
  reply.model = its_name;
  reply.usage.input_tokens = sage::llm::count_tokens(tokens_, request);
  reply.usage.output_tokens = sage::llm::count_tokens(tokens_, reply.message());
  reply.usage.estimated = true;
  if (observer) {
    for (std::string_view rest = reply.text; !rest.empty();) {
      const std::string_view word = next_word(rest);
      rest.remove_prefix(word.size());
      sage::chat_delta piece;
      piece.text = std::string(word);
      observer->on_delta(piece);
      if (observer->is_full()) co_await observer->room();
    }
    for (std::size_t i = 0; i < reply.tool_calls.size(); ++i) {
      const sage::chat_tool_call& call = reply.tool_calls[i];
      sage::chat_delta piece;
      piece.tool_calls.push_back({static_cast<std::uint32_t>(i), call.id, call.name, call.arguments});
      observer->on_delta(piece);
    }
  }
  co_return reply;
}

}  // namespace agent_service
