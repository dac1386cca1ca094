/// Tells by rules what a customer wants: the classifier in front of the agents. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent_service/request.hpp"
#include "sage/model/describe.hpp"

namespace agent_service {

/// What is known of a conversation before its next message.
struct thread {
  static constexpr std::size_t texts_max = 6;         ///< that are kept
  static constexpr std::size_t text_bytes_max = 400;  ///< of each, the rest is cut

  std::string intent;  ///< of the last message
  std::string order;   ///< the number spoken of last
  std::vector<std::string> texts;
  friend bool operator==(const thread&, const thread&) = default;
};
SAGE_DESCRIBE(thread, intent, order, texts)

/// The words of a text in lower case: letters and digits, and what stands between them within addresses and numbers.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

/// The order number in a text: the first run of 4 to 9 digits that is a word, with or without '#'; empty when there
/// is none.
[[nodiscard]] std::string order_number_in(std::string_view text);

/// "refund" and "order" for texts with words of either (refund first, as who wants money back names an order too);
/// "talk" for greetings, thanks and questions about the shop; else, for what can only be meant as an answer ("1003",
/// "yes please"), the intent before.
[[nodiscard]] std::string intent_of(std::string_view text, const thread& so_far);

/// What the conversation of a call is called here: unique among all tenants.
[[nodiscard]] std::string conversation_of(const sage::completion_call& call);

/// Classifies a call by its last message of the user and makes it part of the thread, with those before it. A call
/// that isn't remembered brings its whole past along, and leaves nothing behind.
[[nodiscard]] request classify(thread& known, sage::completion_call call);

}  // namespace agent_service
