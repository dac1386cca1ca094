// Inside somebody's CAF application: actors in, actors out, the job as an actor.
#include <caf/actor_system.hpp>
#include <sage/embedded.hpp>
#include <sage/sage.hpp>

caf::actor embedded(caf::actor_system& system, const caf::actor& handle) {
  sage::embedded_environment env{system};
  auto [inlet, stream] = sage::from_actor<std::string>(env);
  stream.map([](std::string s) { return s + "!"; }).sink(sage::to_actor(handle));
  sage::job job = env.submit("shout");
  return sage::actor_of(job);
}
