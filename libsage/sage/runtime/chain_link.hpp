/// One operator of a chain: where it emits into, and what is counted of it. Part of chain.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sage/runtime/chain.hpp"

namespace sage::runtime {

class chain::link final : public operators::output {
 public:
  link(chain& owner, std::size_t position, chained_operator op)
      : owner_(owner), position_(position), op_(std::move(op)) {}

  bool emit(std::uint32_t port, batch_ref records) override {
    if (records->empty()) return owner_.is_ready();  // operators behind rely on never seeing one
    counters.records_out += records->size();
    ++counters.batches_out;
    emitted_on(port).records += records->size();
    return owner_.emit(position_, port, std::move(records));
  }

  [[nodiscard]] operators::operator_base* logic() const noexcept { return op_.logic.get(); }
  [[nodiscard]] operators::source_base* source() const noexcept { return op_.source.get(); }
  [[nodiscard]] context& self() const noexcept { return *op_.self; }
  [[nodiscard]] const std::string& uid() const noexcept { return op_.uid; }

  std::vector<std::pair<std::uint32_t, std::size_t>> gates;  // port -> gate
  bool suspended = false;
  bool retry_asked = false;  // whether the moment of this suspension's retry was taken
  operator_counters counters;
  std::uint64_t nested_ns = 0;  // of the operators behind, while this one is timed
  std::vector<port_counters> emitted;
  event_time told = no_event_time;  // what those behind know of its watermark
  bool told_idle = false;

 private:
  // Operators have few ports, so looking is quicker than a map.
  port_counters& emitted_on(std::uint32_t port) {
    for (port_counters& known : emitted) {
      if (known.port == port) return known;
    }
    return emitted.emplace_back(port_counters{position_, port, 0});
  }

  chain& owner_;
  std::size_t position_;
  chained_operator op_;
};

}  // namespace sage::runtime
