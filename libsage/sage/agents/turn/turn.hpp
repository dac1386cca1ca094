/// One turn of an agent as a state machine: effects out, results in.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sage/agents/turn/effect.hpp"
#include "sage/functions/tasks/completion.hpp"

namespace sage::agents {

/// An effect under way: the turn waits for its result. Lives in the frame that waits.
class pending_effect {
 public:
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] effect_kind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& key() const noexcept { return key_; }

  /// Acts for real; the result reaches the turn by itself.
  virtual void perform() = 0;
  /// The result comes from somewhere else: a person, a journal, a test. Throws errc::parse when it is none.
  virtual void resume(const recorded_effect& result) = 0;

 protected:
  ~pending_effect() = default;
  void name(std::string path, effect_kind kind, std::string name, std::string key) {
    path_ = std::move(path);
    kind_ = kind;
    name_ = std::move(name);
    key_ = std::move(key);
  }

 private:
  std::string path_;
  effect_kind kind_ = effect_kind::call;
  std::string name_;
  std::string key_;
};

/// Who carries effects out.
class effect_shell {
 public:
  virtual ~effect_shell() = default;
  /// A new effect waits: perform it now, or later, or let somebody else bring its result.
  virtual void on_effect(pending_effect& effect) = 0;
};

/// Writes down what a turn does, for the time after a crash.
class turn_recorder {
 public:
  /// The effect is about to be performed; `done` gets true when that is on the disk.
  virtual void intend(const pending_effect& what, completion<bool> done) = 0;
  /// The effect has come to this; `done` as above.
  virtual void settle(const recorded_effect& what, completion<bool> done) = 0;
  /// Names the effect to the outside, the same whenever it is tried again.
  [[nodiscard]] virtual std::string key_of(const pending_effect& what) const = 0;

 protected:
  ~turn_recorder() = default;
};

/// Performs every effect at once: what an agent operator does.
class performing_shell final : public effect_shell {
 public:
  void on_effect(pending_effect& effect) override { effect.perform(); }
};

/// What a turn has asked for and has been told.
///
/// Law  an effect whose path was recorded is not asked for again; it must be the same effect, or the turn has
/// diverged Law  the same input, state and results give the same effects in the same order
class turn {
 public:
  /// `keeps_results`: whether `results()` will be asked for; costs a JSON text per effect.
  turn(effect_shell& shell, std::string conversation, std::uint64_t number, bool keeps_results)
      : shell_(&shell), conversation_(std::move(conversation)), number_(number), keeps_results_(keeps_results) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  [[nodiscard]] const std::string& conversation() const noexcept { return conversation_; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] effect_id id_of(const pending_effect& effect) const {
    return {conversation_, number_, effect.path()};
  }

  /// Has every effect written down before and behind it.
  void keep_with(turn_recorder& recorder) noexcept { recorder_ = &recorder; }
  [[nodiscard]] turn_recorder* recorder() const noexcept { return recorder_; }
  /// Results of an earlier run of this turn.
  void restore(std::vector<recorded_effect> results);
  /// All results so far, in the order in which they came.
  [[nodiscard]] const std::vector<recorded_effect>& results() const noexcept { return results_; }
  /// What the turn waits for.
  [[nodiscard]] const std::vector<pending_effect*>& waiting() const noexcept { return waiting_; }
  [[nodiscard]] bool is_parked() const noexcept { return !waiting_.empty(); }

  // ---- for effects

  /// The recorded result of this effect, or null. Throws errc::internal when another effect was recorded in its
  /// place.
  [[nodiscard]] const recorded_effect* find(const pending_effect& effect) const;
  void begin(pending_effect& effect);
  void end(pending_effect& effect) noexcept { std::erase(waiting_, &effect); }
  [[nodiscard]] bool keeps_results() const noexcept { return keeps_results_; }
  void record(const pending_effect& effect, bool failed, std::string value);

 private:
  effect_shell* shell_;
  turn_recorder* recorder_ = nullptr;
  std::string conversation_;
  std::uint64_t number_;
  bool keeps_results_;
  std::vector<recorded_effect> results_;
  std::unordered_map<std::string, std::size_t> by_path_;
  std::vector<pending_effect*> waiting_;
};

/// The error that a recorded failure stands for.
[[nodiscard]] std::exception_ptr problem_of(const recorded_effect& failed);
/// What to record of `problem`.
[[nodiscard]] std::string text_of(const std::exception_ptr& problem);

}  // namespace sage::agents
