/// The source through which dead letters go back into the operators that gave up on them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "sage/connectors/dead_letters/letter_folder.hpp"
#include "sage/operators/dead_letter_keeper.hpp"

namespace sage::letters {

class change_watch;

/// Shape       nothing -> the records of the targets, replay_progress, dead_letter: a port each, in this order
/// Emits       a replay when somebody asks for it; one that can't go back becomes a dead letter that says why
/// Ends        when it is drained and has delivered what was asked for
class replay_source final : public operators::source_base {
 public:
  replay_source(file_system& files, std::string folder, std::chrono::milliseconds poll,
                std::vector<replay_target> targets);
  ~replay_source() override;

  void open(context& self) override;
  void start(const split& part, std::uint64_t position) override;
  read_status read(operators::output& out) override;
  /// What has been asked for is delivered.
  bool drain() override {
    drained_ = true;
    return false;
  }
  [[nodiscard]] std::uint64_t position() const override { return taken_; }
  [[nodiscard]] std::uint64_t dropped() const override { return 0; }
  void close() override;

 private:
  void load();
  [[nodiscard]] std::string problem_of(const kept_letter& letter, const replay_target*& target) const;
  void emit(asked_replay& replay, operators::output& out);
  void refuse(const kept_letter& letter, const std::string& why, operators::output& out);

  letter_folder folder_;
  std::chrono::milliseconds poll_;
  std::vector<replay_target> targets_;
  context* self_ = nullptr;
  std::unique_ptr<change_watch> watch_;
  std::vector<asked_replay> waiting_;
  bool drained_ = false;
  std::size_t at_ = 0;            // in waiting_
  std::uint64_t taken_ = 0;       // the last replay that was emitted
  std::uint64_t seen_bytes_ = 0;  // of the file of changes, when it was read to its end
};

}  // namespace sage::letters
