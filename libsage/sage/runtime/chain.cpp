#include "sage/runtime/chain.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "sage/base/assert.hpp"
#include "sage/runtime/chain_link.hpp"

namespace sage::runtime {

using operators::flow;
using operators::main_port;

// Timing every batch of every operator would cost as much as a cheap operator does: one in so many is timed and
// stands for the others.
constexpr std::uint64_t timed_one_in = 16;

chain::chain(std::vector<chained_operator> operators, std::vector<gate_binding> bindings,
             std::vector<std::unique_ptr<output_gate>>& gates)
    : gates_(gates) {
  for (std::size_t i = 0; i < operators.size(); ++i) {
    links_.push_back(std::make_unique<link>(*this, i, std::move(operators[i])));
  }
  if (!links_.empty()) source_ = links_.front()->source();
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (links_[i]->logic() && links_[i]->logic()->is_async()) async_.push_back(i);
  }
  for (const gate_binding& b : bindings) {
    if (!links_.empty()) links_[b.position]->gates.emplace_back(b.port, b.gate);
  }
}

chain::~chain() = default;

const context& chain::self(std::size_t position) const noexcept {
  return links_[position]->self();
}

std::string chain::place() const {
  return links_.empty() ? "router" : links_[at_]->self().place();
}

void chain::open() {
  try {
    for (; opened_ < links_.size(); ++opened_) {
      at_ = opened_;
      link& l = *links_[opened_];
      if (l.source()) {
        l.source()->open(l.self());
      } else {
        l.logic()->open(l.self());
      }
    }
  } catch (...) {
    const std::size_t failed = at_;
    const std::exception_ptr first = std::current_exception();
    try {
      close();
    } catch (...) {  // the error of open is the cause; what close says on top of it would only hide it
    }
    at_ = failed;
    std::rethrow_exception(first);
  }
}

void chain::close() {
  std::exception_ptr first;
  std::size_t place = 0;
  while (opened_ > 0) {
    link& l = *links_[--opened_];
    try {
      at_ = opened_;
      if (l.source()) {
        l.source()->close();
      } else {
        l.logic()->close();
      }
    } catch (...) {
      if (!first) {
        first = std::current_exception();
        place = at_;
      }
    }
  }
  if (first) {
    at_ = place;
    std::rethrow_exception(first);
  }
}

bool chain::gates_ready() const noexcept {
  return std::all_of(gates_.begin(), gates_.end(), [](const auto& gate) { return gate->is_ready(); });
}

bool chain::is_ready() const noexcept {
  return suspended_ == 0 && gates_ready();
}

bool chain::has_yielded() const noexcept {
  return suspended_ > 0 && gates_ready() && std::any_of(links_.begin(), links_.end(), [](const auto& l) {
           return l->suspended && l->logic() && l->logic()->has_yielded();
         });
}

void chain::on_slow_batch() noexcept {
  for (const auto& l : links_) {
    if (l->logic()) l->logic()->on_slow_batch();
  }
}

std::optional<nanoseconds> chain::take_retry_at() noexcept {
  if (suspended_ == 0) return std::nullopt;
  for (const auto& l : links_) {
    // Each suspension asks once: moments may repeat, on a clock that stands still or with a back-off of zero.
    if (!l->retry_asked && l->suspended && l->logic()) {
      l->retry_asked = true;
      if (const auto at = l->logic()->retry_at()) return at;
    }
  }
  return std::nullopt;
}

void chain::suspend(link& l) noexcept {
  l.suspended = true;
  l.retry_asked = false;
  ++suspended_;
}

bool chain::emit(std::size_t position, std::uint32_t port, batch_ref records) {
  link& from = *links_[position];
  if (port == main_port && position + 1 < links_.size()) {
    feed(position + 1, std::move(records), 0);
  } else {
    std::size_t last = from.gates.size();
    for (std::size_t i = 0; i < from.gates.size(); ++i) {
      if (from.gates[i].first != port) continue;
      if (last != from.gates.size()) gates_[from.gates[last].second]->push(records, now_, *out_);
      last = i;
    }
    SAGE_ASSERT(last != from.gates.size());  // the checker has seen to it that no output hangs in the air
    gates_[from.gates[last].second]->push(std::move(records), now_, *out_);
  }
  at_ = position;
  return is_ready();
}

void chain::feed(std::size_t position, batch_ref records, std::uint32_t input) {
  link& l = *links_[position];
  // Between two operators of a chain only one batch is ever under way: the one before stops when this one does.
  SAGE_ASSERT(!l.suspended);
  l.counters.records_in += records->size();
  ++l.counters.batches_in;
  at_ = position;
  const nanoseconds begun = start_timing(l);
  if (l.logic()->on_input(input, std::move(records), l) == flow::suspended) suspend(l);
  stop_timing(position, begun);
}

void chain::advance(std::size_t position, event_time time) {
  link& l = *links_[position];
  if (time <= l.logic()->input_watermark()) return;
  at_ = position;
  l.self().set_watermark(time);
  if (l.logic()->advance(time, l) == flow::suspended) suspend(l);
}

// Tells those behind each operator how far its time has come. What an operator does about it may fill the gates or
// suspend somebody; then the rest waits until the chain is ready again.
void chain::pass_on_progress() {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    link& l = *links_[i];
    if (!l.logic()) continue;
    const event_time time = l.logic()->watermark();
    const bool idle = l.logic()->is_idle();
    if (time <= l.told && idle == l.told_idle) continue;
    if (!is_ready()) return;
    l.told = std::max(l.told, time);
    l.told_idle = idle;
    for (const auto& [port, gate] : l.gates) gates_[gate]->on_progress(l.told, idle);
    if (i + 1 == links_.size()) continue;
    links_[i + 1]->logic()->set_idle(idle);
    advance(i + 1, l.told);
  }
}

void chain::on_progress(event_time time, bool idle, nanoseconds now, effects& out) {
  now_ = now;
  out_ = &out;
  if (links_.empty()) {
    for (const auto& gate : gates_) gate->on_progress(time, idle);
    return;
  }
  links_.front()->logic()->set_idle(idle);
  advance(0, time);
  pass_on_progress();
}

nanoseconds chain::start_timing(link& l) {
  l.nested_ns = 0;
  return timing_ ? l.self().time().now() : 0;
}

void chain::stop_timing(std::size_t position, nanoseconds begun) {
  if (!timing_) return;
  link& l = *links_[position];
  const auto whole = static_cast<std::uint64_t>(l.self().time().now() - begun);
  l.counters.service_ns += whole - std::min(whole, l.nested_ns);
  if (position > 0) links_[position - 1]->nested_ns += whole;
}

void chain::on_batch(std::uint32_t input, batch_ref records, nanoseconds now, effects& out, std::size_t position) {
  now_ = now;
  out_ = &out;
  if (links_.empty()) {  // a router: an instance whose only work is its gate's
    gates_.front()->push(std::move(records), now, out);
    return;
  }
  timing_ = taken_++ % timed_one_in == 0;
  feed(position, std::move(records), input);
  timing_ = false;
  pass_on_progress();
}

void chain::on_feedback(batch_ref records, nanoseconds now, effects& out) {
  now_ = now;
  out_ = &out;
  link& head = *links_.front();
  head.counters.records_in += records->size();
  ++head.counters.batches_in;
  at_ = 0;
  // The head stays suspended if it is: it waits for room, and this is what makes some.
  static_cast<void>(head.logic()->on_feedback(std::move(records), head));
}

std::uint64_t chain::held() const noexcept {
  std::uint64_t all = 0;
  for (const auto& l : links_) all += l->logic()->held(l->counters.records_in);
  // Somebody in the middle of a batch may have counted all of it, and still hold what he made of it.
  return all + suspended_;
}

void chain::start_split(const split& part, std::uint64_t position) {
  at_ = 0;
  split_begin_ = part.begin;
  split_size_ = part.end - part.begin;
  positions_before_ = positions_;
  split_number_ = part.number;
  source_->start(part, position);
  if (links_.size() > 1) links_[1]->logic()->on_split(part.number, true);
}

bool chain::drain_source() {
  at_ = 0;
  return source_->drain();
}

read_status chain::read(nanoseconds now, effects& out) {
  now_ = now;
  out_ = &out;
  at_ = 0;
  timing_ = taken_++ % timed_one_in == 0;
  const nanoseconds begun = start_timing(*links_.front());
  const std::uint64_t before = links_.front()->counters.records_out;
  const read_status status = source_->read(*links_.front());
  read_short_ = links_.front()->counters.records_out - before < links_.front()->self().batch_size();
  stop_timing(0, begun);
  std::uint64_t advanced = source_->position() - split_begin_;
  // The last record of a split may end behind it.
  if (split_size_ > 0 && (advanced > split_size_ || status == read_status::end_of_split)) advanced = split_size_;
  positions_ = positions_before_ + advanced;
  timing_ = false;
  if (status == read_status::end_of_split && links_.size() > 1) links_[1]->logic()->on_split(split_number_, false);
  pass_on_progress();
  return status;
}

bool chain::is_ahead() {
  for (std::size_t i = 1; i < links_.size(); ++i) {
    if (links_[i]->logic()->is_ahead()) return true;
  }
  return false;
}

bool chain::resume(nanoseconds now, effects& out) {
  now_ = now;
  out_ = &out;
  for (std::size_t i = links_.size(); i-- > 0 && suspended_ > 0;) {
    link& l = *links_[i];
    if (!l.suspended) continue;
    if (!gates_ready()) return false;
    if (const auto retry = l.logic()->retry_at(); retry && *retry > l.self().time().now()) return false;
    at_ = i;
    l.suspended = false;
    --suspended_;
    if (l.logic()->resume(l) == flow::suspended) {
      suspend(l);
      return false;
    }
    if (!is_ready()) i = links_.size();  // an operator behind was suspended by what this one emitted
  }
  pass_on_progress();
  return is_ready();
}

void chain::attend(nanoseconds now, effects& out) {
  now_ = now;
  out_ = &out;
  for (std::size_t i = async_.size(); i-- > 0;) {
    link& l = *links_[async_[i]];
    if (!l.logic()->has_news()) continue;
    const bool may_emit = !l.suspended && gates_ready() &&
                          std::none_of(links_.begin() + static_cast<std::ptrdiff_t>(async_[i]), links_.end(),
                                       [](const auto& behind) { return behind->suspended; });
    at_ = async_[i];
    if (!may_emit) {
      l.logic()->attend();
    } else if (l.logic()->on_wake(l) == flow::suspended) {
      suspend(l);
    }
  }
  pass_on_progress();
}

std::optional<nanoseconds> chain::wake_at() const noexcept {
  std::optional<nanoseconds> next;
  for (const std::size_t i : async_) {
    if (const auto at = links_[i]->logic()->wake_at(); at && (!next || *at < *next)) next = at;
  }
  return next;
}

bool chain::end(nanoseconds now, effects& out) {
  now_ = now;
  out_ = &out;
  while (ended_ < links_.size()) {
    if (!is_ready()) return false;
    link& l = *links_[ended_];
    if (l.logic() && !std::exchange(end_is_near_, true)) {
      advance(ended_, end_of_time);
      if (!is_ready()) return false;
    }
    at_ = ended_++;
    end_is_near_ = false;
    if (l.logic() && l.logic()->on_end(l) == flow::suspended) suspend(l);
  }
  return suspended_ == 0;
}

void chain::abort() noexcept {
  for (std::size_t i = 0; i < opened_; ++i) {
    if (auto* logic = links_[i]->logic()) logic->abort();
  }
}

void chain::count(instance_counters& to) const {
  to.operators.clear();
  to.emitted.clear();
  // The batches that were timed stand for all: of the first few, one for itself alone.
  const std::uint64_t timed = (taken_ + timed_one_in - 1) / timed_one_in;
  const double all_per_timed = timed == 0 ? 0 : static_cast<double>(taken_) / static_cast<double>(timed);
  for (const auto& l : links_) {
    operator_counters& its = to.operators.emplace_back(l->counters);
    its.service_ns = static_cast<std::uint64_t>(static_cast<double>(its.service_ns) * all_per_timed);
    to.emitted.insert(to.emitted.end(), l->emitted.begin(), l->emitted.end());
    if (const auto* source = l->source()) its.dropped = source->dropped();
    if (const auto* logic = l->logic()) {
      const operators::fate& f = logic->fates();
      its.passed = f.passed;
      its.filtered = f.filtered;
      its.dropped = f.dropped;
      its.dead = f.dead;
      its.gone = f.gone;
      its.late = f.late;
      its.restored = logic->restored();
      its.held = logic->held(l->counters.records_in);
      const operators::state_size size = logic->state_size_now();
      its.state_rows = size.rows;
      its.state_bytes = size.bytes;
      its.watermark = logic->watermark();
    }
  }
}

}  // namespace sage::runtime
