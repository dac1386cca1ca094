#include "sage/agents/journal/kept_turn.hpp"

#include "sage/base/checksum.hpp"
#include "sage/base/error.hpp"

namespace sage::agents {

kept_turn::kept_turn(std::shared_ptr<effect_journal> journal, turn_name name, byte_string input)
    : journal_(std::move(journal)),
      name_(std::move(name)),
      digest_(sha256_of({reinterpret_cast<const char*>(input.data()), input.size()})),
      answer_(journal_->answer(name_)) {
  if (!answer_) {
    begun_ = journal_->begin(name_, std::move(input));
  } else if (answer_->input_digest != digest_) {
    ended_ = true;
    throw error(errc::invalid_argument, "this Idempotency-Key belongs to another request", {},
                "give every request a key of its own, and the same one only to repeat it as it was");
  }
}

kept_turn::~kept_turn() {
  if (!answer_ && !ended_) journal_->fail(begun_.turn);
}

void kept_turn::intend(const pending_effect& what, completion<bool> done) {
  journal_->intend(effect_intent{begun_.turn, what.path(), what.kind(), what.name(), what.key()}, std::move(done));
}

void kept_turn::settle(const recorded_effect& what, completion<bool> done) {
  journal_->settle(effect_result{begun_.turn, what}, std::move(done));
}

std::string kept_turn::key_of(const pending_effect& what) const {
  return journal_->key_of(begun_.turn, what.path());
}

void kept_turn::end(std::uint64_t turns, bool remembers, byte_string state, std::vector<byte_string> answers,
                    completion<bool> done) {
  turn_end what;
  what.turn = begun_.turn;
  what.name = name_;
  what.at_ms = journal_->time().wall_ms();
  what.input_digest = digest_;
  what.turns = turns;
  what.remembers = remembers;
  if (remembers) what.state = std::move(state);
  if (may_be_repeated(name_.request)) what.answers = std::move(answers);
  ended_ = true;
  journal_->end(std::move(what), std::move(done));
}

}  // namespace sage::agents
