#include "sage/runtime/ledger.hpp"

#include <string>

namespace sage::runtime {

namespace {

error violation(const std::string& name, const std::string& left, std::uint64_t a, const std::string& right,
                std::uint64_t b) {
  return error(errc::ledger,
               "the books don't balance: " + left + " " + std::to_string(a) + ", " + right + " " + std::to_string(b),
               name, "records were lost or made up here; please report it");
}

// The books of one job, law by law. Each function returns the first violation it finds.
class auditor {
 public:
  auditor(const graph::physical_plan& plan, const std::vector<instance_counters>& counters, bool at_barrier)
      : plan_(plan), counters_(counters), at_barrier_(at_barrier) {}

  std::optional<error> run() const {
    for (const graph::planned_instance& one : plan_.instances) {
      for (std::size_t i = 0; i < one.chain.size(); ++i) {
        if (auto found = check_operator(one, i)) return found;
      }
      if (auto found = check_entry(one)) return found;
      for (std::size_t g = 0; g < one.gates.size(); ++g) {
        if (auto found = check_gate(one, g)) return found;
      }
    }
    for (const graph::planned_channel& channel : plan_.channels) {
      if (auto found = check_channel(channel)) return found;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::string place(const graph::planned_instance& one, std::size_t position) const {
    if (one.is_router()) return one.name;
    return plan_.graph.at(one.chain[position]).name + "[" + std::to_string(one.number) + "]";
  }
  [[nodiscard]] operator_counters books(const graph::planned_instance& one, std::size_t position) const {
    const auto& all = counters_[one.id].operators;
    return position < all.size() ? all[position] : operator_counters{};
  }
  [[nodiscard]] std::uint64_t emitted(const graph::planned_instance& one, std::size_t position,
                                      std::uint32_t port) const {
    for (const port_counters& p : counters_[one.id].emitted) {
      if (p.position == position && p.port == port) return p.records;
    }
    return 0;
  }
  static std::uint64_t of_channel(const std::vector<channel_counters>& all, std::uint32_t channel) {
    for (const channel_counters& c : all) {
      if (c.channel == channel) return c.records;
    }
    return 0;
  }
  [[nodiscard]] gate_counters gate(const graph::planned_instance& one, std::size_t number) const {
    const auto& all = counters_[one.id].gates;
    return number < all.size() ? all[number] : gate_counters{};
  }

  [[nodiscard]] std::optional<error> check_operator(const graph::planned_instance& one, std::size_t i) const {
    const graph::node& n = plan_.graph.at(one.chain[i]);
    const operator_counters its = books(one, i);
    const std::string where = place(one, i);
    const std::uint64_t held = at_barrier_ ? its.held : 0;
    const std::uint64_t fates = its.passed + its.filtered + its.dropped + its.dead + its.gone + its.late + held;
    if (!n.is_source() && its.records_in + its.restored != fates) {
      return violation(where, "in", its.records_in + its.restored, "accounted for", fates);
    }
    if (const std::uint64_t letters = emitted(one, i, operators::dead_letter_port); letters != its.dead) {
      return violation(where, "dead", its.dead, "dead letters", letters);
    }
    if (n.one_to_one && its.records_out != its.passed + its.dead) {
      return violation(where, "passed", its.passed, "out", its.records_out - its.dead);
    }
    if (i + 1 < one.chain.size()) {
      const std::uint64_t given = emitted(one, i, operators::main_port) + taken_at(one, i + 1);
      const std::uint64_t in = books(one, i + 1).records_in;
      if (given != in) return violation(place(one, i + 1), "sent to it", given, "in", in);
    }
    return std::nullopt;
  }

  // What the channels have brought for the operator at this position of the chain.
  [[nodiscard]] std::uint64_t taken_at(const graph::planned_instance& one, std::size_t position) const {
    std::uint64_t taken = 0;
    for (const channel_counters& c : counters_[one.id].taken) {
      if (plan_.channels[c.channel].position == position) taken += c.records;
    }
    return taken;
  }

  // What the channels brought is what the head of the chain was given; a router's is its gate.
  [[nodiscard]] std::optional<error> check_entry(const graph::planned_instance& one) const {
    if (!one.is_router() && plan_.graph.at(one.chain.front()).is_source()) return std::nullopt;
    const std::uint64_t taken = taken_at(one, 0);
    const std::uint64_t in = one.is_router() ? gate(one, 0).records : books(one, 0).records_in;
    if (taken != in) return violation(place(one, 0), "taken from its channels", taken, "in", in);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<error> check_gate(const graph::planned_instance& one, std::size_t number) const {
    const graph::planned_gate& planned = one.gates[number];
    const gate_counters its = gate(one, number);
    const std::string where = place(one, planned.position);
    if (!one.is_router()) {
      const std::uint64_t given = emitted(one, planned.position, planned.port);
      if (given != its.records) {
        return violation(where, "emitted on port " + std::to_string(planned.port), given, "given to its gate",
                         its.records);
      }
    }
    std::uint64_t sent = 0;
    for (const channel_counters& c : its.sent) sent += c.records;
    const bool broadcast =
        !planned.to_router && plan_.graph.edges[planned.edge].partitioning.kind == routing::partitioning::broadcast;
    const std::uint64_t wanted = its.records * (broadcast ? planned.channels.size() : 1);
    if (sent != wanted) return violation(where, "to be sent", wanted, "sent", sent);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<error> check_channel(const graph::planned_channel& channel) const {
    const graph::planned_instance& from = plan_.instances[channel.from];
    const graph::planned_instance& to = plan_.instances[channel.to];
    std::uint64_t sent = 0;
    for (const gate_counters& g : counters_[from.id].gates) sent += of_channel(g.sent, channel.id);
    const std::uint64_t taken = of_channel(counters_[to.id].taken, channel.id);
    if (sent != taken) return violation(place(to, 0), "sent to it by '" + from.name + "'", sent, "taken", taken);
    return std::nullopt;
  }

  const graph::physical_plan& plan_;
  const std::vector<instance_counters>& counters_;
  bool at_barrier_;
};

}  // namespace

std::optional<error> audit(const graph::physical_plan& plan, const std::vector<instance_counters>& counters,
                           bool at_barrier) {
  return auditor(plan, counters, at_barrier).run();
}

}  // namespace sage::runtime
