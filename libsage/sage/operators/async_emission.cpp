// How results leave an async operator: in order or as they are ready, and what becomes of those without one.
#include <utility>

#include "sage/functions/dead_letter.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/operators/async_operator.hpp"
#include "sage/operators/kept_record.hpp"

namespace sage::operators {

using stage = async_call::stage;

void async_operator::end_without_results(async_call& call) {
  if (call.item && makes_any_number() && !call.has_emitted) {
    call.item->note_end(item_end_reason::no_results, self_->operator_name());
  }
}

bool async_operator::emit_results(output& out) {
  return bounds_.order == result_order::ordered ? emit_in_order(out) : emit_as_ready(out);
}

bool async_operator::emit_as_ready(output& out) {
  while (!core_->emitting.empty()) {
    async_call& call = *core_->emitting.pop_front();
    call.in_emitting_queue = false;
    if (call.at != stage::running && call.at != stage::ended) continue;
    if (take_emitted(call) >= self_->batch_size() && !emit_made(out)) return false;
  }
  while (!results_.empty()) {
    async_call& call = *results_.pop_front();
    const std::size_t made = take_result(call);
    end_without_results(call);
    release(call);
    if (made >= self_->batch_size() && !emit_made(out)) return false;
  }
  return true;
}

bool async_operator::emit_in_order(output& out) {
  while (!core_->emitting.empty()) core_->emitting.pop_front()->in_emitting_queue = false;
  while (!in_order_.empty()) {
    async_call& first = *in_order_.front();
    std::size_t made = 0;
    if (first.at == stage::given_up) {
      in_order_.pop_front();
      release(first);
      continue;
    }
    if (first.at == stage::ended) {
      in_order_.pop_front();
      made = take_result(first);
      end_without_results(first);
      release(first);
    } else {
      // What the first in order has emitted may go; what others have waits for their turn.
      made = take_emitted(first);
      if (made < self_->batch_size()) return true;
    }
    if (made >= self_->batch_size() && !emit_made(out)) return false;
  }
  return true;
}

bool async_operator::emit_made(output& out) {
  batch_ref made = take_made();
  if (!made || made->empty()) return true;
  return out.emit(main_port, std::move(made));
}

void async_operator::add_dead_letter(const async_call& call, const std::exception_ptr& problem) {
  std::string what = text_of_problem(problem);
  if (!dead_ || dead_->room() == 0) {
    // Emitted at the end of the drive: as many as can be given up in one turn.
    batch_ref bigger = batch_base::make(self_->pool(), record_type_of<dead_letter>(),
                                        dead_ ? dead_->size() * 2 : self_->batch_size());
    if (dead_) {
      auto& from = static_cast<batch<dead_letter>&>(*dead_);
      for (dead_letter& one : from) static_cast<batch<dead_letter>&>(*bigger).emplace_back(std::move(one));
    }
    dead_ = std::move(bigger);
  }
  dead_letter& made = static_cast<batch<dead_letter>&>(*dead_).emplace_back(
      dead_letter{self_->operator_name(), static_cast<std::uint32_t>(self_->instance()), call.attempts,
                  std::move(what), std::string(record_name()), show_record(call), self_->operator_uid()});
  made.time = call.time;
  if (call.item && call.item->trace().is_set()) made.traceparent = call.item->trace().to_traceparent();
  if (const void* record = record_of(call)) keep_record(made, packing(0), record);
}

}  // namespace sage::operators
