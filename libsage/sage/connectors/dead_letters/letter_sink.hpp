/// The operator that writes dead letters into a queue.
#pragma once

#include <optional>
#include <string>

#include "sage/connectors/dead_letters/letter_log.hpp"
#include "sage/functions/dead_letter.hpp"
#include "sage/operators/operator.hpp"

namespace sage::letters {

/// Shape       dead_letter, replay_progress -> nothing
/// Fails       when the queue is full or can't be written
class letter_sink final : public operators::operator_base {
 public:
  letter_sink(file_system& files, log_options options) { log_.emplace(files, std::move(options)); }

  void open(context& self) override;
  operators::flow on_batch(batch_ref records, operators::output& out) override;
  operators::flow on_input(std::uint32_t input, batch_ref records, operators::output& out) override;
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }
  [[nodiscard]] sink_guarantee guarantee() const override { return sink_guarantee::exactly_once; }
  void snapshot(state::snapshot_writer& to) override { to.put("pending", log_->pending()); }
  void restore(const state::snapshot_reader& from) override {
    log_->recover(from.get("pending").value_or(std::string_view()));
  }
  void prepare(std::uint64_t epoch) override;
  void commit(std::uint64_t epoch) override { log_->commit(epoch); }
  void close() override { log_.reset(); }

 private:
  [[nodiscard]] kept_letter keep(dead_letter& letter) const;

  std::optional<letter_log> log_;
  context* self_ = nullptr;
  std::uint64_t replays_ = 0;  // seen
};

}  // namespace sage::letters
