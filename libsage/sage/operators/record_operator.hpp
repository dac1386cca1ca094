/// The frame of every operator that calls a user function per record: cursor, record law and error policy.
#pragma once

#include <exception>
#include <string>

#include "sage/functions/error_policy.hpp"
#include "sage/functions/side_output.hpp"
#include "sage/operators/item_ends.hpp"
#include "sage/operators/operator.hpp"

namespace sage::operators {

/// Drives one batch at a time through `process`, which a derived class writes as a plain loop. All that happens
/// when a function throws is here and compiled once: the loop only keeps its cursor true. So is the slicing of time:
/// a batch of slow records is handled in parts, so that nobody waits for the whole of it (a cancel, a neighbour, the
/// host's own actors); a batch of quick ones is handled at once.
class record_operator : public operator_base {
 public:
  explicit record_operator(error_policy policy) : policy_(policy) {}

  void open(context& self) override { self_ = &self; }
  flow on_batch(batch_ref records, output& out) final;
  flow resume(output& out) final;
  flow on_end(output& out) final;
  [[nodiscard]] std::optional<nanoseconds> retry_at() const noexcept final { return retry_at_; }
  [[nodiscard]] bool has_yielded() const noexcept final { return yielded_; }
  void on_slow_batch() noexcept final { part_ = part_ < part_min ? part_ : part_min; }
  /// Which input of the operator its records come from: for halves.
  void set_input_number(std::uint32_t number) noexcept { input_number_ = number; }

 protected:
  /// Handles the records from `cursor_` up to `stop_`. When it throws, `cursor_` names the record that did,
  /// everything before it is done and nothing of it is left. Returns suspended when the output wants a pause.
  virtual flow process(output& out) = 0;
  /// Emits what `process` has gathered of this batch; called once after its last record.
  virtual void finish_batch(output& out) { static_cast<void>(out); }
  /// Emits what `process` has made of the batch so far: its turn is over, and nobody should wait for the rest of it.
  virtual void emit_part(output& out) { static_cast<void>(out); }
  /// Emits what is left when the input has ended. May be called again after it returned suspended.
  virtual flow finish_input(output& out) {
    static_cast<void>(out);
    return flow::done;
  }
  /// Goes on with what `on_watermark` or `on_wake` had to leave when they were suspended.
  virtual flow continue_time(output& out) {
    static_cast<void>(out);
    return flow::done;
  }
  /// To be called in the handler of what the function threw while it made a result that belongs to no record in
  /// particular: throws it again where the policy is to fail. Results are not tried again. With `counted`, a record
  /// whose fate was open becomes dropped or dead; without, the books stay as they are.
  void give_up_result(const std::string& shown, bool counted, output& out);
  /// Undoes the half-done work on the record at `cursor_`.
  virtual void discard_record() noexcept {}
  /// The record as text for a dead letter.
  [[nodiscard]] virtual std::string show_record(std::size_t position) const {
    static_cast<void>(position);
    return {};
  }

  /// Goes on with `records`, which are the input's, in a batch that nobody else holds.
  void replace_input(batch_ref records) noexcept;

  template <class T>
  [[nodiscard]] batch<T>& input() noexcept {
    return static_cast<batch<T>&>(*input_);
  }
  template <class T>
  [[nodiscard]] const batch<T>& input() const noexcept {
    return static_cast<const batch<T>&>(*input_);
  }
  // The columns of the input, where it carries any. Whatever the loop makes of a record inherits its item and its
  // event time; a record that ends here ends its item with a reason.

  [[nodiscard]] bool has_items() const noexcept { return items_ != nullptr; }
  [[nodiscard]] bool has_columns() const noexcept {
    return items_ != nullptr || times_ != nullptr || laps_ != nullptr;
  }
  [[nodiscard]] event_time time_of(std::size_t position) const noexcept {
    return times_ ? times_[position] : no_event_time;
  }
  /// Lets the function ask the context for the item and the event time of the record at `position`.
  void show_columns(std::size_t position) noexcept {
    self_->set_item(items_ ? items_[position].get() : nullptr);
    self_->set_timestamp(time_of(position));
    self_->set_iteration(laps_ ? laps_[position].iterations : 0);
  }
  void end_item(std::size_t position, item_end_reason why, const std::string& text = {},
                const item_failure& failure = {}) {
    operators::end_items(*input_, position, position + 1, why, *self_, text, failure);
  }
  /// The records of `made` from `first` on are all that was made of the one at `position`.
  void hand_down(std::size_t position, batch_base& made, std::size_t first);
  /// Where functions have side outputs: to be called before and behind each call. What it has pushed gets the columns
  /// of the record at `position`.
  void use_side_outputs(functions::side_outputs& sides) noexcept { sides_ = &sides; }
  void begin_side_outputs() noexcept {
    if (sides_) [[unlikely]]
      begin_sides();
  }
  /// False when the output wants a pause.
  bool settle_side_outputs(std::size_t position, output& out) { return !sides_ || settle_sides(position, out); }
  /// The record at `position` goes where nobody wanted to have it in particular.
  void note_unrouted(std::size_t position);

  /// Whether the batch at hand will be handled at once, as far as is known.
  [[nodiscard]] bool is_quick() const noexcept { return part_ >= input_->size(); }
  /// Whether the loop may edit or move away the input's records.
  [[nodiscard]] bool may_consume() const noexcept { return !policy_.keeps_record() && input_->unique(); }

  context* self_ = nullptr;
  error_policy policy_;
  batch_ref input_;
  std::size_t cursor_ = 0;
  std::size_t stop_ = 0;  // at most the input's size

 private:
  friend class items_guard;

  flow drive(output& out);
  void find_columns() noexcept;
  [[nodiscard]] flow drive_on(output& out);
  void on_exception(output& out);
  void begin_sides() noexcept;
  bool settle_sides(std::size_t position, output& out);
  void share_columns(std::size_t position, batch_base& made, std::size_t first);
  void add_dead_letter(std::string what, std::string shown, const void* record, output& out);
  void flush_dead_letters(output& out);

  void end_part(std::size_t handled, nanoseconds took);

  static constexpr std::size_t nowhere = ~std::size_t{0};
  // A function that is new, or has been slow, is tried on few records first; parts double while they are quick. Once
  // whole batches are, no clock is read any more.
  static constexpr std::size_t part_min = 4;
  static constexpr std::size_t part_whole = 4096;

  std::size_t part_ = part_min;  // records to handle between two looks at the clock
  nanoseconds slice_ = 0;        // used of this turn
  bool yielded_ = false;

  std::uint32_t attempts_ = 0;  // calls on the record at failed_at_ that threw
  std::size_t failed_at_ = nowhere;
  std::uint32_t input_number_ = 0;
  bool finishing_ = false;
  std::optional<nanoseconds> retry_at_;
  batch_ref dead_;
  functions::side_outputs* sides_ = nullptr;
  bool said_aside_ = false;           // the record at hand has side results
  ref<item_scope>* items_ = nullptr;  // of the input
  const event_time* times_ = nullptr;
  const loop_mark* laps_ = nullptr;
};

/// Ends the items of the records that a loop has handled, whichever way it is left.
class items_guard {
 public:
  items_guard(record_operator& owner, const std::size_t& position, item_end_reason why) noexcept
      : owner_(owner), position_(position), begun_(position), why_(why) {}
  ~items_guard() {
    if (owner_.has_items()) operators::end_items(*owner_.input_, begun_, position_, why_, *owner_.self_);
  }
  items_guard(const items_guard&) = delete;
  items_guard& operator=(const items_guard&) = delete;

 private:
  record_operator& owner_;
  const std::size_t& position_;
  std::size_t begun_;
  item_end_reason why_;
};

/// Writes a loop's position back to the operator whichever way the loop is left.
class cursor_guard {
 public:
  cursor_guard(std::size_t& home, const std::size_t& position) noexcept : home_(home), position_(position) {}
  ~cursor_guard() { home_ = position_; }
  cursor_guard(const cursor_guard&) = delete;
  cursor_guard& operator=(const cursor_guard&) = delete;

 private:
  std::size_t& home_;
  const std::size_t& position_;
};

}  // namespace sage::operators
