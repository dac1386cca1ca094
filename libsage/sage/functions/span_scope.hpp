/// A span of a call that belongs to an item: begun here, recorded when it ends.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "sage/functions/context.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/observability/spans.hpp"

namespace sage::functions {

/// Does nothing where nobody records, or the record at hand belongs to no request. What goes on below it has it as
/// its parent.
class span_scope {
 public:
  span_scope(context* self, std::string name, span_kind kind) : self_(self) {
    if (!self || !self->spans() || !self->item()) return;
    const trace_context& trace = self->item()->trace();
    its_.trace_high = trace.trace_high;
    its_.trace_low = trace.trace_low;
    its_.id = self->spans()->next_id();
    its_.parent = self->span() != 0 ? self->span() : trace.parent_span;
    its_.name = std::move(name);
    its_.kind = kind;
    its_.begun_ms = self->time().wall_ms();
    begun_ = self->time().now();
    is_open_ = true;
  }
  span_scope(const span_scope&) = delete;
  span_scope& operator=(const span_scope&) = delete;
  /// A span that nobody has ended was stopped.
  ~span_scope() {
    if (is_open_) end("stopped");
  }

  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  [[nodiscard]] std::uint64_t id() const noexcept { return its_.id; }
  void add(std::string name, span::value value) {
    if (is_open_) its_.attributes.emplace_back(std::move(name), std::move(value));
  }
  void end(std::string problem = {}) {
    if (!std::exchange(is_open_, false)) return;
    its_.took = self_->time().now() - begun_;
    its_.problem = std::move(problem);
    self_->spans()->record(std::move(its_));
  }

 private:
  context* self_;
  span its_;
  nanoseconds begun_ = 0;
  bool is_open_ = false;
};

}  // namespace sage::functions
