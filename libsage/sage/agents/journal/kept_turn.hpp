/// One turn and what the journal knows of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/agents/journal/effect_journal.hpp"
#include "sage/agents/turn/turn.hpp"
#include "sage/model/msgpack.hpp"

namespace sage::agents {

/// Writes down what a turn does. Lives as long as the turn; one that goes without `end` has failed.
class kept_turn final : public turn_recorder {
 public:
  /// Throws errc::invalid_argument when the request was answered before for another input.
  kept_turn(std::shared_ptr<effect_journal> journal, turn_name name, byte_string input);
  ~kept_turn();
  kept_turn(const kept_turn&) = delete;
  kept_turn& operator=(const kept_turn&) = delete;

  /// The answer that the request has had already; then nothing is to be done.
  [[nodiscard]] const std::optional<remembered_answer>& answer() const noexcept { return answer_; }
  /// What an attempt before this one had done.
  [[nodiscard]] std::vector<recorded_effect> take_results() { return std::move(begun_.results); }

  void intend(const pending_effect& what, completion<bool> done) override;
  void settle(const recorded_effect& what, completion<bool> done) override;
  [[nodiscard]] std::string key_of(const pending_effect& what) const override;

  /// The turn has ended well: to be waited for before its answer counts.
  void end(std::uint64_t turns, bool remembers, byte_string state, std::vector<byte_string> answers,
           completion<bool> done);

 private:
  std::shared_ptr<effect_journal> journal_;
  turn_name name_;
  std::string digest_;
  std::optional<remembered_answer> answer_;
  effect_journal::begun_turn begun_;
  bool ended_ = false;
};

/// A value as the journal keeps it.
template <encodable T>
[[nodiscard]] byte_string to_kept(const T& value) {
  const std::string packed = to_msgpack(value);
  const auto* const begin = reinterpret_cast<const std::byte*>(packed.data());
  return byte_string(begin, begin + packed.size());
}
/// Throws errc::parse for what isn't a T.
template <encodable T>
[[nodiscard]] T from_kept(const byte_string& kept) {
  decode_limits limits;
  limits.bytes_max = ~std::uint64_t{0};
  limits.elements_max = ~std::uint64_t{0};
  auto value = from_msgpack<T>({reinterpret_cast<const char*>(kept.data()), kept.size()}, limits);
  if (!value) throw error(errc::parse, "the journal of effects holds another type: " + value.error().message());
  return *std::move(value);
}

}  // namespace sage::agents
