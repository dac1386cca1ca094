/// Sinks: where records leave the pipeline, in two phases.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sage/operators/function_operator.hpp"

namespace sage {

/// What a sink descriptor makes for each instance. Called by one thread at a time, in this order: open, recover
/// where the job goes on from a checkpoint, write in any number, then prepare and commit when the whole job succeeds,
/// or abort; close at last. For each checkpoint, prepare and pending; commit follows when the checkpoint is complete.
template <class T>
class sink_writer {
 public:
  virtual ~sink_writer() = default;
  virtual void open(context& self) { static_cast<void>(self); }
  /// Takes the records of one batch; may move them away when `consume`. Throws what went wrong. A writer that answers
  /// finds the items of the records in `records.items()`: it claims each and keeps a share of it until it has
  /// answered.
  virtual void write(batch<T>& records, bool consume) = 0;
  /// Makes everything written so far durable, not yet visible. `epoch` numbers checkpoints; 0 is the end of the job,
  /// behind which nothing is written.
  virtual void prepare(std::uint64_t epoch) { static_cast<void>(epoch); }
  /// Makes what was prepared visible. After a crash it may be called for what was committed before: then it does
  /// nothing.
  virtual void commit(std::uint64_t epoch) { static_cast<void>(epoch); }
  /// Removes what was written; where checkpoints are taken (`context::is_checkpointed`), what was prepared for one
  /// stays.
  virtual void abort() noexcept {}
  [[nodiscard]] virtual sink_guarantee guarantee() const { return sink_guarantee::none; }
  /// What the checkpoint keeps of what was prepared last: all that `recover` needs.
  [[nodiscard]] virtual std::string pending() const { return {}; }
  /// Goes on behind what was prepared for that checkpoint, and takes back what came later.
  virtual void recover(std::string_view pending) { static_cast<void>(pending); }
  virtual void close() {}
};

/// A sink descriptor: a value that opens nothing itself and makes one writer per instance.
template <class S, class T>
concept sink_descriptor = requires(const S& sink) {
  { sink.make_writer() } -> std::convertible_to<std::unique_ptr<sink_writer<T>>>;
};

/// A sink that is an operator of its own, because it has to wait for its outside: `make_operator<T>()` for each
/// instance.
template <class S, class T>
concept operator_sink = requires(const S& sink) {
  { sink.template make_operator<T>() } -> std::convertible_to<operators::operator_ptr>;
};

}  // namespace sage

namespace sage::operators {

/// Feeds a writer.
///
/// Shape       T -> nothing
/// Fails       when the writer throws
/// Items       end here: answered by the writer, or as sunk
template <class T>
class sink_operator final : public operator_base {
 public:
  explicit sink_operator(std::unique_ptr<sink_writer<T>> writer) : writer_(std::move(writer)) {}

  void open(context& self) override {
    self_ = &self;
    writer_->open(self);
  }
  flow on_batch(batch_ref records, output& out) override {
    static_cast<void>(out);
    const std::size_t size = records->size();
    writer_->write(static_cast<batch<T>&>(*records), records->unique());
    fate_.passed += size;
    end_items(*records, 0, records->size(), item_end_reason::sunk, *self_);
    return flow::done;
  }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if (writer_->guarantee() != sink_guarantee::none) return std::nullopt;
    return "its sink can't go on from a checkpoint: override sink_writer::guarantee, pending and recover";
  }
  [[nodiscard]] sink_guarantee guarantee() const override { return writer_->guarantee(); }
  void snapshot(state::snapshot_writer& to) override { to.put("pending", writer_->pending()); }
  void restore(const state::snapshot_reader& from) override {
    if (!from.has_same_parallelism()) {
      throw error(errc::unsupported, "a sink can't be restored with another number of instances", self_->place(),
                  "give it the parallelism that it had");
    }
    writer_->recover(from.get("pending").value_or(std::string_view()));
  }
  void prepare(std::uint64_t epoch) override { writer_->prepare(epoch); }
  void commit(std::uint64_t epoch) override { writer_->commit(epoch); }
  void abort() noexcept override { writer_->abort(); }
  void close() override { writer_->close(); }

 private:
  std::unique_ptr<sink_writer<T>> writer_;
  context* self_ = nullptr;
};

/// Calls the user's function for every record: the sink that is a callable.
///
/// Shape       T -> nothing
/// Fails       by error policy, when the function throws
/// Items       end here: answered by the function through its context, or as sunk
template <class T, class F>
class function_sink_operator final : public function_operator<T, F> {
 public:
  using function_operator<T, F>::function_operator;
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }

 private:
  flow process(output& out) override {
    static_cast<void>(out);
    batch<T>& in = this->template input<T>();
    const std::size_t stop = this->stop_;
    std::size_t i = this->cursor_;
    const std::size_t begun = i;
    {
      const cursor_guard cursor(this->cursor_, i);
      const passed_count passed(this->fate_.passed, begun, i);
      const items_guard sunk(*this, i, item_end_reason::sunk);
      if (this->may_consume()) {
        for (; i < stop; ++i) this->consume(i, in[i]);
      } else {
        for (; i < stop; ++i) this->preserve(i, in[i]);
      }
    }
    return flow::done;
  }

  class passed_count {
   public:
    passed_count(std::uint64_t& passed, std::size_t begun, const std::size_t& position) noexcept
        : passed_(passed), begun_(begun), position_(position) {}
    ~passed_count() { passed_ += position_ - begun_; }
    passed_count(const passed_count&) = delete;
    passed_count& operator=(const passed_count&) = delete;

   private:
    std::uint64_t& passed_;
    std::size_t begun_;
    const std::size_t& position_;
  };
};

}  // namespace sage::operators
