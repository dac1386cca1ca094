/// A whole job on one thread, one step at a time: whoever drives it decides who is next and what time it is.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sage/model/batch_pool.hpp"
#include "sage/runtime/coordinator.hpp"
#include "sage/runtime/instance.hpp"
#include "sage/runtime/job.hpp"

namespace sage::runtime {

/// The instances of a job, its coordinator, and what is under way between them.
class stepped_run {
 public:
  using event = std::function<void(coordinator&, std::vector<order>&)>;
  /// Makes the engine's ear of an instance.
  using ear_maker = std::function<std::shared_ptr<waker>(instance_id)>;
  /// Takes events for the coordinator from anywhere, perhaps on another thread.
  using mail_box = std::function<void(event)>;

  stepped_run(std::shared_ptr<job_record> job, ear_maker make_ear, mail_box post);

  /// Makes the instances, which go on from `restored`, and opens them. Throws what making them does.
  void begin(const restored_ptr& restored);
  /// The same in the place of a run that ended in a crash: its coordinator goes on from `restored`, whatever the
  /// job's settings say.
  void begin_life(const restored_ptr& restored);
  [[nodiscard]] bool is_over() const noexcept { return is_final(coordinator_.state()); }

  /// Instances with something to do, those first that have waited longest.
  [[nodiscard]] std::size_t runnable() const noexcept { return runnable_.size(); }
  /// Lets one of them work for one activation. Precondition: number < runnable().
  void run(std::size_t number);
  void wake(instance_id who);
  void handle(const event& what);
  /// Fires what is due; O(1) when nothing is.
  void fire_timers(nanoseconds now);
  /// The next moment at which something is due.
  [[nodiscard]] std::optional<nanoseconds> next_timer() const noexcept;

 private:
  static constexpr instance_id nobody = ~instance_id{0};
  struct timer {
    instance_id who = nobody;
    job_timer what = job_timer::stop_deadline;
    std::uint64_t epoch = 0;
  };

  void assemble_all(const restored_ptr& restored);
  void enqueue(instance_id id);
  void interpret(instance_id from);
  void carry_out();
  bool carry_out_for_job(const order& o);
  [[nodiscard]] std::shared_ptr<const error> rebuild(const restored_ptr& restored);
  [[nodiscard]] instance& receiver_of(channel_id channel);

  std::shared_ptr<job_record> job_;
  ear_maker make_ear_;
  mail_box post_;
  coordinator coordinator_;
  ref<batch_pool> pool_;
  std::vector<std::unique_ptr<instance>> instances_;
  std::deque<instance_id> runnable_;
  std::map<instance_id, bool> queued_;
  std::multimap<nanoseconds, timer> timers_;
  effects effects_;
  std::vector<order> orders_;
};

}  // namespace sage::runtime
