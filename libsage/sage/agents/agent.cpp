#include "sage/agents/agent.hpp"

namespace sage {

namespace {

task<> sleep_once(nanoseconds wait) {
  co_await sleep_for(std::chrono::nanoseconds(wait));
}
task<std::int64_t> read_wall(context& surroundings) {
  co_return surroundings.time().wall_ms();
}
task<std::uint64_t> draw(context& surroundings) {
  co_return surroundings.random();
}

}  // namespace

task<> agent_base::sleep(nanoseconds wait) {
  const auto make = [wait] { return sleep_once(wait); };
  agents::effect_awaiter<void, decltype(make)> slept(*turn_, effect_kind::sleep, "sleep", std::to_string(wait), make);
  co_await slept;
}

task<std::int64_t> agent_base::wall_ms() {
  const auto make = [this] { return read_wall(*surroundings_); };
  agents::effect_awaiter<std::int64_t, decltype(make)> read(*turn_, effect_kind::clock, "wall_ms", {}, make);
  const std::int64_t now = co_await read;
  co_return now;
}

task<std::uint64_t> agent_base::random() {
  const auto make = [this] { return draw(*surroundings_); };
  agents::effect_awaiter<std::uint64_t, decltype(make)> drawn(*turn_, effect_kind::random, "random", {}, make);
  const std::uint64_t bits = co_await drawn;
  co_return bits;
}

const agents::successor& agent_base::find_successor(const std::string& name, std::type_index in,
                                                    std::type_index emits) const {
  const auto found = others_->find(name);
  if (found == others_->end()) {
    std::string known;
    for (const auto& [other, its] : *others_) known += (known.empty() ? "" : ", ") + other;
    throw error(
        errc::not_found, "no agent is called '" + name + "'", "hand_off",
        known.empty() ? "name it: agent_operator(...).agent(\"" + name + "\", function)" : "there are: " + known);
  }
  if (found->second.in != in) {
    throw error(errc::invalid_argument, "the agent '" + name + "' takes another type of record", "hand_off");
  }
  if (found->second.emits != emits) {
    throw error(errc::invalid_argument, "the agent '" + name + "' answers in another way", "hand_off",
                "agents that stream hand over with their emitter, to agents that stream the same");
  }
  return found->second;
}

}  // namespace sage
