#include "sage/testing/simulation.hpp"

#include <deque>
#include <functional>
#include <utility>

#include "sage/runtime/checkpoint/checkpoint_store.hpp"
#include "sage/runtime/stepped_run.hpp"

namespace sage::testing {

namespace {

using runtime::stepped_run;

// Does what it is asked for when the simulation lets it, one thing at a time; a crash takes the rest.
class delayed_port final : public runtime::checkpoint_port {
 public:
  explicit delayed_port(std::shared_ptr<runtime::checkpoint_port> real) : real_(std::move(real)) {}

  void begin(std::uint64_t epoch, std::function<void(result<void>)> done) override {
    add([=, this] { real_->begin(epoch, done); });
  }
  void write(std::uint64_t epoch, std::uint32_t instance, runtime::snapshot_ptr what,
             std::function<void(result<runtime::manifest_file>)> done) override {
    add([=, this] { real_->write(epoch, instance, what, done); });
  }
  void complete(runtime::manifest content, std::function<void(result<void>)> done) override {
    add([=, this] { real_->complete(content, done); });
  }
  void discard(std::uint64_t epoch) override {
    add([=, this] { real_->discard(epoch); });
  }
  void load(std::function<void(result<runtime::restored_ptr>)> done) override {
    add([=, this] { real_->load(done); });
  }

  [[nodiscard]] bool has_work() const noexcept { return !tasks_.empty(); }
  void work() {
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
  void forget() { tasks_.clear(); }

 private:
  void add(std::function<void()> task) { tasks_.push_back(std::move(task)); }

  std::shared_ptr<runtime::checkpoint_port> real_;
  std::deque<std::function<void()>> tasks_;
};

class quiet_waker final : public waker {
 public:
  quiet_waker(std::weak_ptr<std::deque<std::uint32_t>> woken, std::uint32_t who)
      : woken_(std::move(woken)), who_(who) {}
  void wake() noexcept override {
    if (const auto list = woken_.lock()) list->push_back(who_);
  }
  bool stop_requested() const noexcept override { return false; }

 private:
  std::weak_ptr<std::deque<std::uint32_t>> woken_;
  std::uint32_t who_;
};

class no_control final : public runtime::job_control {
 public:
  void cancel() override {}
  void drain() override {}
  void suspend() override {}
};

const std::string& folder() {
  static const std::string name = "checkpoints";
  return name;
}

}  // namespace

struct simulation::world {
  world(std::uint64_t seed, const simulation_options& given) : options(given), random(seed), disk(random.next()) {}

  simulation_options options;
  rng random;
  simulated_disk disk;
  manual_clock time;
  simulation_report report;
  std::shared_ptr<delayed_port> port;

  void note(std::uint64_t what) noexcept { report.trace = (report.trace ^ what) * 0x100000001b3u; }

  // The engine's start: all lives of the job.
  void run(const std::shared_ptr<runtime::job_record>& job) {
    report = {};
    struct while_it_runs {
      simulated_disk& disk;
      ~while_it_runs() { disk.how = {}; }
    } const faults{disk};
    disk.how = options.faults;
    runtime::restored_ptr restored = job->settings().checkpoints->restored;
    while (!live(job, restored)) {
      ++report.crashes;
      port->forget();
      disk.crash();
      runtime::checkpoint_store store(disk, folder());
      std::vector<error> passed_over;
      try {
        restored = runtime::find_checkpoint(store, std::nullopt, passed_over);
      } catch (const error& problem) {
        job->report(job_state::failed, std::make_shared<error>(problem));
        return;
      }
      report.restored += restored ? 1 : 0;
      note(restored ? restored->content().epoch : 0);
    }
    report.checkpoints = job->checkpoints().completed;
  }

  // One life of the process; false when it ends in a crash.
  bool live(const std::shared_ptr<runtime::job_record>& job, const runtime::restored_ptr& restored) {
    auto woken = std::make_shared<std::deque<std::uint32_t>>();
    std::deque<stepped_run::event> mail;
    stepped_run run(
        job, [&](runtime::instance_id who) { return std::make_shared<quiet_waker>(woken, who); },
        [&mail](stepped_run::event what) { mail.push_back(std::move(what)); });
    try {
      run.begin_life(restored);
    } catch (const error& problem) {
      job->report(job_state::failed, std::make_shared<error>(problem));
      return true;
    }
    while (!run.is_over()) {
      if (++report.steps > options.steps_max) {
        job->report(job_state::failed, std::make_shared<error>(errc::timeout, "the simulated job hangs"));
        return true;
      }
      if (report.crashes < options.crashes_max && random.below(options.steps_between_crashes) == 0) return false;
      step(run, mail, *woken);
    }
    return true;
  }

  void step(stepped_run& run, std::deque<stepped_run::event>& mail, std::deque<std::uint32_t>& woken) {
    while (!woken.empty()) {
      run.wake(woken.front());
      woken.pop_front();
    }
    run.fire_timers(time.now());
    const std::uint64_t wish = random.below(8);
    note(wish);
    if (wish == 0 && !mail.empty()) {
      const auto what = std::move(mail.front());
      mail.pop_front();
      run.handle(what);
    } else if (wish == 1 && port->has_work()) {
      port->work();
    } else if (wish == 2) {
      time.advance(static_cast<nanoseconds>(random.below(200'000)));
    } else if (run.runnable() > 0) {
      const std::uint64_t who = random.below(run.runnable());
      note(who);
      run.run(who);
    } else if (mail.empty() && !port->has_work()) {
      if (const auto next = run.next_timer()) time.advance_to(*next);
    }
  }
};

namespace {

class simulated_engine final : public runtime::engine {
 public:
  explicit simulated_engine(std::function<void(const std::shared_ptr<runtime::job_record>&)> run)
      : run_(std::move(run)) {}
  std::shared_ptr<runtime::job_control> start(std::shared_ptr<runtime::job_record> job) override {
    run_(job);
    return std::make_shared<no_control>();
  }

 private:
  std::function<void(const std::shared_ptr<runtime::job_record>&)> run_;
};

environment_options options_of(simulation::world& world) {
  environment_options made;
  made.cores = 2;
  made.parallelism = world.options.parallelism;
  made.batch_size = world.options.batch_size;
  made.flow.window_batches = 4;
  made.flow.activation_records_max = 64;
  if (!world.options.fused) made.disabled_passes = {"chain-fusion", "router-fusion"};
  made.time = &world.time;
  made.checkpoints.directory = folder();
  made.checkpoints.interval = world.options.checkpoint_interval;
  made.checkpoints.files = &world.disk;
  made.checkpoints.make_port = [&world](std::unique_ptr<runtime::checkpoint_store> store, std::size_t kept) {
    auto real = runtime::make_inline_checkpoints(std::move(store), kept);
    if (world.options.wrap_port) real = world.options.wrap_port(std::move(real));
    world.port = std::make_shared<delayed_port>(std::move(real));
    return world.port;
  };
  made.restarts.restarts_max = 1'000'000;
  return made;
}

}  // namespace

simulation::simulation(std::uint64_t seed, simulation_options options)
    : simulation(std::make_shared<world>(seed, options)) {}

simulation::simulation(std::shared_ptr<world> made)
    : environment(std::make_unique<simulated_engine>(
                      [its = made.get()](const std::shared_ptr<runtime::job_record>& job) { its->run(job); }),
                  options_of(*made)),
      world_(std::move(made)) {}

simulation::~simulation() {
  stop_all();
}

simulated_disk& simulation::disk() noexcept {
  return world_->disk;
}

manual_clock& simulation::time() noexcept {
  return world_->time;
}

const simulation_report& simulation::report() const noexcept {
  return world_->report;
}

}  // namespace sage::testing
