/// reply: the sink that answers requests.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sage/llm/answer_part.hpp"
#include "sage/operators/sink.hpp"

namespace sage::serving {

/// What can be an answer: an answer_part, a chat_reply, a text, or any record with a member `text` (and, if it has
/// one, `model`).
template <class T>
concept answerable = std::same_as<T, answer_part> || std::same_as<T, chat_reply> ||
    std::convertible_to<T, std::string_view> || requires(const T& record) {
  { record.text } -> std::convertible_to<std::string_view>;
};

/// Sends `part` to whoever waits for the item's answer, if nobody has answered yet. Does nothing for a record without
/// an item. Throws errc::invalid_argument for an item whose requester takes no such answers.
void send_part(item_scope* item, const answer_part& part);

template <answerable T>
[[nodiscard]] answer_part to_part(const T& record) {
  if constexpr (std::same_as<T, answer_part>) {
    return record;
  } else if constexpr (std::same_as<T, chat_reply>) {
    return to_answer(record);
  } else {
    answer_part whole;
    if constexpr (std::convertible_to<T, std::string_view>) {
      whole.text = std::string(std::string_view(record));
    } else {
      whole.text = std::string(std::string_view(record.text));
      if constexpr (requires { std::string(record.model); }) whole.model = record.model;
    }
    whole.done = true;
    return whole;
  }
}

/// The descriptor of the sink: `answers.sink(sage::serving::reply())`.
///
/// Shape  T -> nothing; a record answers the request that it descends from
/// Note   the first whole answer counts; what comes for an answered request is dropped
class reply {
 public:
  static const char* kind() { return "reply"; }

  template <answerable T>
  class writer final : public sink_writer<T> {
   public:
    void write(batch<T>& records, bool consume) override {
      static_cast<void>(consume);
      ref<item_scope>* const items = records.items();
      if (!items) return;
      for (std::size_t i = 0; i < records.size(); ++i) {
        if (items[i]) send_part(items[i].get(), to_part(records[i]));
      }
    }
    // An answer is out at once.
    [[nodiscard]] sink_guarantee guarantee() const override { return sink_guarantee::at_least_once; }
  };
  struct maker {
    template <answerable T>
    operator std::unique_ptr<sink_writer<T>>() const {  // NOLINT: converts to whatever the stream carries
      return std::make_unique<writer<T>>();
    }
  };
  [[nodiscard]] maker make_writer() const { return {}; }
};

}  // namespace sage::serving
