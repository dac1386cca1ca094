// The engine of local_environment: an actor system of its own around the actor engine.
#include <memory>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>

#include "actors/actor_engine.hpp"
#include "sage/base/error.hpp"

namespace sage::actors {

namespace {

// Settings are set in code and read back: CAF reports a wrong one only on stderr and goes on without it.
void configure(caf::actor_system_config& config, const runtime::local_engine_options& options) {
  if (options.scheduler != "sharing" && options.scheduler != "stealing") {
    throw error(errc::configuration, "there is no scheduler '" + options.scheduler + "'", "caf.scheduler.policy",
                "use sharing or stealing");
  }
  const std::size_t threads = options.threads > 0 ? options.threads : runtime::core_count();
  config.set("scheduler.policy", caf::atom_from_string(options.scheduler));
  config.set("scheduler.max-threads", threads);
  config.set("scheduler.max-throughput", options.throughput);
  const auto read_back = caf::get_or(config, "scheduler.max-threads", std::size_t{0});
  if (read_back != threads) throw error(errc::internal, "CAF did not take scheduler.max-threads");
}

class configuration : public caf::actor_system_config {
 public:
  explicit configuration(const runtime::local_engine_options& options) { configure(*this, options); }
};

class local_engine final : public runtime::engine {
 public:
  explicit local_engine(const runtime::local_engine_options& options)
      : configuration_(std::make_unique<configuration>(options)),
        system_(std::make_unique<caf::actor_system>(*configuration_)),
        engine_(*system_) {}

  ~local_engine() override {
    // All jobs have ended or were given up by now. An actor that is still there sits in a function that never
    // returns; waiting for it would hang the process, so its system is left behind with it.
    if (engine_.has_left_behind()) {
      static_cast<void>(system_.release());
      static_cast<void>(configuration_.release());
    }
  }

  std::shared_ptr<runtime::job_control> start(std::shared_ptr<runtime::job_record> job) override {
    return engine_.start(std::move(job));
  }
  [[nodiscard]] bool may_wait() const override { return engine_.may_wait(); }

 private:
  std::unique_ptr<configuration> configuration_;
  std::unique_ptr<caf::actor_system> system_;
  actor_engine engine_;
};

}  // namespace

}  // namespace sage::actors

namespace sage::runtime {

std::unique_ptr<engine> make_local_engine(const local_engine_options& options) {
  return std::make_unique<actors::local_engine>(options);
}

}  // namespace sage::runtime
