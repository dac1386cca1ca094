/// Side outputs: what a function says besides its results, as streams of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/collector.hpp"
#include "sage/functions/context.hpp"
#include "sage/model/record_type.hpp"

namespace sage {

/// Names a side output and says what its records are: `const sage::output_tag<alert> alerts{"alerts"};`. Two tags of
/// one name and type are the same.
template <class T>
struct output_tag {
  using record_type = T;
  std::string name;
};

namespace functions {

/// Where a side output leaves its operator.
struct side_port {
  std::string name;
  const record_type* type = nullptr;
  std::uint32_t port = 0;
};

/// What a function has pushed to one side output and has not left yet.
class side_slot {
 public:
  explicit side_slot(std::uint32_t port) noexcept : port_(port) {}
  virtual ~side_slot() = default;
  [[nodiscard]] std::uint32_t port() const noexcept { return port_; }

  virtual void begin_record() noexcept = 0;
  virtual void rollback() noexcept = 0;
  /// Records that were pushed since `begin_record` are those from `first()` on.
  [[nodiscard]] virtual std::size_t first() const noexcept = 0;
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  /// Precondition: size() > 0.
  [[nodiscard]] virtual batch_base& records() noexcept = 0;
  [[nodiscard]] virtual batch_ref take() noexcept = 0;

 private:
  std::uint32_t port_;
};

template <class T>
class typed_side_slot final : public side_slot {
 public:
  typed_side_slot(std::uint32_t port, const context& self) noexcept : side_slot(port), self_(self) {}
  void push(T record) {
    if (!made_.has_batch()) made_.begin(self_.pool(), self_.batch_size() + self_.batch_size() / 4);
    made_.push(std::move(record));
  }
  void begin_record() noexcept override { before_ = size(); }
  void rollback() noexcept override {
    if (made_.has_batch()) made_.truncate(before_);
  }
  [[nodiscard]] std::size_t first() const noexcept override { return before_; }
  [[nodiscard]] std::size_t size() const noexcept override { return made_.has_batch() ? made_.size() : 0; }
  [[nodiscard]] batch_base& records() noexcept override { return made_.records(); }
  [[nodiscard]] batch_ref take() noexcept override {
    before_ = 0;
    return made_.take();
  }

 private:
  const context& self_;
  collector<T> made_;
  std::size_t before_ = 0;
};

/// The side outputs of one instance.
class side_outputs {
 public:
  explicit side_outputs(std::vector<side_port> ports) : ports_(std::move(ports)) {}

  /// The slot of a tag; null when nobody takes it. Throws errc::invalid_argument when its records are of another
  /// type.
  template <class T>
  typed_side_slot<T>* declare(const output_tag<T>& tag, const context& self) {
    for (const side_port& known : ports_) {
      if (known.name != tag.name) continue;
      if (known.type != &record_type_of<T>()) {
        throw error(errc::invalid_argument, "the side output '" + tag.name + "' is used with two types", self.place(),
                    "use one output_tag for both");
      }
      for (const auto& slot : slots_) {
        if (slot->port() == known.port) return static_cast<typed_side_slot<T>*>(slot.get());
      }
      auto made = std::make_unique<typed_side_slot<T>>(known.port, self);
      typed_side_slot<T>* const slot = made.get();
      slots_.push_back(std::move(made));
      return slot;
    }
    return nullptr;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<side_slot>>& slots() const noexcept { return slots_; }
  /// Emits the slots with `at_least` records or more; false when the output wants a pause.
  template <class Output>
  bool flush(Output& out, std::size_t at_least) {
    bool goes_on = true;
    for (const auto& slot : slots_) {
      if (slot->size() >= at_least) goes_on = out.emit(slot->port(), slot->take()) && goes_on;
    }
    return goes_on;
  }

 private:
  std::vector<side_port> ports_;
  std::vector<std::unique_ptr<side_slot>> slots_;
};

}  // namespace functions

/// The function's end of a side output. Make it in `open`: `alerts_ = sage::side_output(self, alerts);`, push to it
/// like to a collector, and take the stream behind the operator: `stream.side_output(alerts)`. A record that is
/// pushed while nobody takes the stream is forgotten. What a call that threw has pushed is undone, as its results
/// are.
template <class T>
class side_output {
 public:
  side_output() = default;
  side_output(context& self, const output_tag<T>& tag) {
    if (!self.side_outputs()) {
      throw error(errc::invalid_argument,
                  "the side output '" + tag.name + "' is opened outside of a process function", self.place(),
                  "open it in open(context&) of a function given to process or co_process");
    }
    slot_ = self.side_outputs()->declare(tag, self);
  }
  void push(T record) {
    if (slot_) slot_->push(std::move(record));
  }
  /// Whether anybody takes what is pushed.
  [[nodiscard]] bool is_taken() const noexcept { return slot_ != nullptr; }

 private:
  functions::typed_side_slot<T>* slot_ = nullptr;
};

}  // namespace sage
