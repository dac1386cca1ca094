// How a chain goes through a barrier, and what its operators remember.
#include <algorithm>

#include "sage/runtime/chain.hpp"
#include "sage/runtime/chain_link.hpp"

namespace sage::runtime {

using operators::flow;

namespace {

// Beside what the operators write themselves.
constexpr std::string_view watermark_name = "@watermark";

}  // namespace

bool chain::let_go(nanoseconds now, effects& out) {
  now_ = now;
  out_ = &out;
  while (let_go_ < links_.size()) {
    if (!is_ready()) return false;
    link& l = *links_[let_go_];
    at_ = let_go_++;
    if (l.logic() && l.logic()->on_barrier(l) == flow::suspended) suspend(l);
  }
  if (!is_ready()) return false;
  let_go_ = 0;
  return true;
}

bool chain::is_drained() const noexcept {
  return std::all_of(links_.begin(), links_.end(), [](const auto& l) {
    return !l->logic() || !l->logic()->must_drain() || l->logic()->held(l->counters.records_in) == 0;
  });
}

void chain::snapshot(state::snapshot_writer& to, bool finished) {
  for (at_ = finished && !links_.empty() ? links_.size() - 1 : 0; at_ < links_.size(); ++at_) {
    const link& l = *links_[at_];
    if (!l.logic()) continue;
    to.begin_operator(l.uid(), static_cast<std::uint32_t>(l.self().instance()),
                      static_cast<std::uint32_t>(l.self().parallelism()));
    to.put_value(watermark_name, l.logic()->input_watermark());
    l.logic()->snapshot(to);
  }
  at_ = 0;
}

void chain::restore(const restored_checkpoint& from) {
  for (at_ = 0; at_ < links_.size(); ++at_) {
    const link& l = *links_[at_];
    if (!l.logic()) continue;
    const state::snapshot_reader own = from.reader_for(l.uid(), static_cast<std::uint32_t>(l.self().instance()),
                                                       static_cast<std::uint32_t>(l.self().parallelism()));
    if (const auto time = own.get_least(watermark_name)) {
      l.logic()->restore_watermark(*time);
      l.self().set_watermark(*time);
    }
    l.logic()->restore(own);
  }
  at_ = 0;
}

bool chain::has_finished(const restored_checkpoint& in) const {
  return !links_.empty() &&
         std::all_of(links_.begin(), links_.end(), [&](const auto& l) { return in.has_finished(l->uid()); });
}

void chain::prepare(std::uint64_t epoch) {
  for (at_ = 0; at_ < links_.size(); ++at_) {
    if (auto* logic = links_[at_]->logic()) logic->prepare(epoch);
  }
  at_ = 0;
}

void chain::commit(std::uint64_t epoch) {
  for (at_ = 0; at_ < links_.size(); ++at_) {
    if (auto* logic = links_[at_]->logic()) logic->commit(epoch);
  }
  at_ = 0;
}

}  // namespace sage::runtime
