#include "actors/embedded/environment.hpp"

#include <utility>

#include "actors/actor_engine.hpp"

namespace sage {

embedded_environment::embedded_environment(caf::actor_system& system, environment_options options)
    : environment(std::make_unique<actors::actor_engine>(system), std::move(options)), system_(system) {}

embedded_environment::~embedded_environment() {
  stop_all();
}

caf::actor actor_of(const job& running) {
  return actors::actor_of(*running.control(), *running.record());
}

}  // namespace sage
