#include "sage/operators/record_operator.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/functions/dead_letter.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/operators/kept_record.hpp"
#include "sage/state/ordered_store.hpp"

namespace sage::operators {

namespace {

// What was thrown, as text; to be called in its handler.
std::string text_of_exception() {
  try {
    throw;
  } catch (const state::store_failure&) {
    throw;  // what the disk does is no record's fault
  } catch (const error& problem) {
    if (problem.code() == errc::internal) throw;  // nor is a bug of ours
    return problem.what();
  } catch (const std::exception& problem) {
    return problem.what();
  } catch (...) {
    return "an exception that isn't a std::exception";
  }
}

// Remembers whether an exception came out of an emission: that is a failure of an operator behind, or of the edge,
// and no policy of this operator may forgive it.
class watched_output final : public output {
 public:
  explicit watched_output(output& next) noexcept : next_(next) {}
  bool emit(std::uint32_t port, batch_ref records) override {
    failed_ = true;
    const bool ready = next_.emit(port, std::move(records));
    failed_ = false;
    return ready;
  }
  [[nodiscard]] bool has_failed() const noexcept { return failed_; }

 private:
  output& next_;
  bool failed_ = false;
};

}  // namespace

flow record_operator::on_batch(batch_ref records, output& out) {
  input_ = std::move(records);
  cursor_ = 0;
  failed_at_ = nowhere;
  return drive(out);
}

flow record_operator::resume(output& out) {
  if (finishing_) return finish_input(out);
  return input_ ? drive(out) : continue_time(out);
}

flow record_operator::on_end(output& out) {
  finishing_ = true;
  return finish_input(out);
}

flow record_operator::drive(output& out) {
  // A function that was shown an item must not find it in the context later, when it may be gone.
  struct no_columns {
    context& self;
    ~no_columns() {
      self.set_item(nullptr);
      self.set_timestamp(no_event_time);
      self.set_iteration(0);
    }
  } const cover{*self_};
  find_columns();
  const flow came = drive_on(out);
  if (came == flow::done) {
    items_ = nullptr;
    times_ = nullptr;
    laps_ = nullptr;
  }
  return came;
}

flow record_operator::drive_on(output& out) {
  retry_at_.reset();
  yielded_ = false;
  slice_ = 0;
  const std::size_t size = input_->size();
  watched_output watched(out);
  while (cursor_ < size) {
    const bool measured = part_ < part_whole && size - cursor_ > 1;
    const std::size_t begun_at = cursor_;
    const nanoseconds begun = measured ? self_->time().now() : 0;
    stop_ = measured ? std::min(size, cursor_ + part_) : size;
    try {
      if (process(watched) == flow::suspended) return flow::suspended;
      if (measured) end_part(cursor_ - begun_at, self_->time().now() - begun);
      if (slice_ >= self_->turn_max() && cursor_ < size) {
        yielded_ = true;
        emit_part(watched);
        if (sides_) sides_->flush(watched, 1);
        return flow::suspended;
      }
    } catch (...) {
      if (watched.has_failed()) throw;
      discard_record();
      if (sides_) {
        for (const auto& slot : sides_->slots()) slot->rollback();
      }
      on_exception(out);
      if (retry_at_) return flow::suspended;
    }
  }
  finish_batch(out);  // may hand the input itself on
  if (sides_) sides_->flush(out, 1);
  flush_dead_letters(out);
  input_.reset();
  return flow::done;
}

void record_operator::replace_input(batch_ref records) noexcept {
  input_ = std::move(records);
  find_columns();
}

void record_operator::find_columns() noexcept {
  items_ = input_->items();
  times_ = input_->times();
  laps_ = input_->laps();
}

void record_operator::end_part(std::size_t handled, nanoseconds took) {
  slice_ += took;
  const nanoseconds turn = self_->turn_max();
  if (took > turn) {
    const double fitting = static_cast<double>(handled) * static_cast<double>(turn) / static_cast<double>(took);
    part_ = std::max<std::size_t>(static_cast<std::size_t>(fitting), 1);
  } else if (handled == part_ && took < turn / 4) {
    part_ *= 2;
  }
}

// Decides the fate of the record at cursor_, within the handler of what its function threw.
void record_operator::on_exception(output& out) {
  std::string what = text_of_exception();
  if (failed_at_ != cursor_) attempts_ = 0;
  failed_at_ = cursor_;
  ++attempts_;
  if (attempts_ <= policy_.retries_max) {
    retry_at_ = self_->time().now() + policy_.backoff(attempts_);
    return;
  }
  const item_failure failure = failure_of(std::current_exception());
  switch (policy_.then) {
    case error_policy::action::fail: end_item(cursor_, item_end_reason::failed, what, failure); throw;
    case error_policy::action::drop:
      end_item(cursor_, item_end_reason::dropped, what, failure);
      ++fate_.dropped;
      break;
    case error_policy::action::dead_letter:
      end_item(cursor_, item_end_reason::dead_lettered, what, failure);
      add_dead_letter(std::move(what), show_record(cursor_), input_->record_at(cursor_), out);
      ++fate_.dead;
      break;
  }
  ++cursor_;
}

void record_operator::give_up_result(const std::string& shown, bool counted, output& out) {
  std::string what = text_of_exception();
  if (policy_.then == error_policy::action::fail) throw;
  if (!counted) return;
  if (policy_.then == error_policy::action::drop) {
    ++fate_.dropped;
    return;
  }
  ++fate_.dead;
  attempts_ = 1;
  add_dead_letter(std::move(what), shown, nullptr, out);
  if (!input_) flush_dead_letters(out);
}

void record_operator::begin_sides() noexcept {
  for (const auto& slot : sides_->slots()) slot->begin_record();
}

bool record_operator::settle_sides(std::size_t position, output& out) {
  if (has_columns()) {
    for (const auto& slot : sides_->slots()) {
      if (slot->size() == slot->first()) continue;
      said_aside_ = true;
      share_columns(position, slot->records(), slot->first());
    }
  }
  return sides_->flush(out, self_->batch_size());
}

void record_operator::share_columns(std::size_t position, batch_base& made, std::size_t first) {
  if (times_) {
    event_time* const theirs = made.add_times();
    for (std::size_t i = first; i < made.size(); ++i) theirs[i] = times_[position];
  }
  if (laps_) {
    loop_mark* const theirs = made.add_laps();
    for (std::size_t i = first; i < made.size(); ++i) theirs[i] = laps_[position];
  }
  if (!items_) return;
  ref<item_scope>* const theirs = made.add_items();
  for (std::size_t i = first; i < made.size(); ++i) theirs[i] = items_[position];
}

void record_operator::hand_down(std::size_t position, batch_base& made, std::size_t first) {
  const bool said_aside = std::exchange(said_aside_, false);
  if (first == made.size()) {
    if (items_ && !said_aside) end_item(position, item_end_reason::no_results);
    return;
  }
  share_columns(position, made, first);
  if (items_ && input_->unique()) items_[position].reset();
}

void record_operator::note_unrouted(std::size_t position) {
  if (items_[position]) items_[position]->note_unrouted(self_->operator_name());
}

void record_operator::add_dead_letter(std::string what, std::string shown, const void* record, output& out) {
  if (dead_ && dead_->size() >= self_->batch_size()) flush_dead_letters(out);
  if (!dead_) dead_ = batch_base::make(self_->pool(), record_type_of<dead_letter>(), self_->batch_size());
  dead_letter& made = static_cast<batch<dead_letter>&>(*dead_).emplace_back(dead_letter{
      self_->operator_name(), static_cast<std::uint32_t>(self_->instance()), attempts_, std::move(what),
      input_ ? std::string(input_->type().name) : std::string("window"), std::move(shown), self_->operator_uid()});
  made.input = input_number_;
  if (!record) return;
  made.time = time_of(cursor_);
  if (items_ && items_[cursor_] && items_[cursor_]->trace().is_set()) {
    made.traceparent = items_[cursor_]->trace().to_traceparent();
  }
  keep_record(made, packing(0), record);
}

void record_operator::flush_dead_letters(output& out) {
  // The gate takes them in any case; at most one batch's worth can wait there beyond its credit.
  if (dead_) out.emit(dead_letter_port, std::exchange(dead_, batch_ref{}));
}

}  // namespace sage::operators
