#include "sage/api/checkpoints.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/base/hash.hpp"
#include "sage/runtime/checkpoint/checkpoint_store.hpp"

namespace sage::api {

namespace {

// Different in each start of a process, for the name of a run; nothing else depends on it.
std::uint64_t moment() {
  const std::int64_t now[2] = {system_clock().wall_ms(), system_clock().now()};
  return hash_bytes(reinterpret_cast<const char*>(now), sizeof now);
}

void refuse_lost_state(const runtime::restored_checkpoint& from, const graph::physical_plan& plan,
                       const std::string& directory) {
  std::string lost;
  for (const runtime::manifest_operator& known : from.content().operators) {
    const auto& nodes = plan.graph.nodes;
    const bool is_there = std::any_of(nodes.begin(), nodes.end(),
                                      [&](const graph::node& n) { return !n.removed && n.uid == known.uid; });
    const bool has_something = from.has(known.uid) || from.source(known.uid);
    if (!is_there && has_something) lost += (lost.empty() ? "'" : ", '") + known.name + "' (uid " + known.uid + ")";
  }
  if (lost.empty()) return;
  throw error(errc::invalid_argument, "the pipeline has no operator for what the checkpoint knows of " + lost,
              directory, "give the operators the uids they had: .uid(\"...\"); or drop it with --allow-lost-state");
}

void refuse_other_job(const runtime::manifest& content, const std::string& job, const std::string& directory) {
  if (content.job == job) return;
  throw error(errc::invalid_argument, "holds checkpoints of the job '" + content.job + "', not of '" + job + "'",
              directory, "name another directory");
}

}  // namespace

runtime::checkpoint_plan prepare_checkpoints(const checkpoint_options& options, const std::string& job,
                                             const graph::physical_plan& plan) {
  if (options.interval.count() <= 0 || options.deadline.count() <= 0 || options.kept == 0) {
    throw error(errc::configuration, "checkpoints need an interval and a deadline above 0, and at least 1 kept",
                options.directory);
  }
  auto store = std::make_unique<runtime::checkpoint_store>(*options.files, options.directory);
  store->take();
  runtime::checkpoint_plan made;
  made.settings.interval = std::chrono::nanoseconds(options.interval).count();
  made.settings.deadline = std::chrono::nanoseconds(options.deadline).count();
  made.settings.run = store->run_name(moment());
  made.settings.may_lose_state = options.allow_lost_state;
  const auto there = store->list();
  if (!there.empty()) made.settings.behind = there.front().epoch;
  if (options.restore.what == restore_from::kind::nothing) {
    if (std::any_of(there.begin(), there.end(),
                    [](const auto& one) { return one.content || one.problem->code() != errc::not_found; })) {
      throw error(errc::invalid_argument, "there are checkpoints already", options.directory,
                  "go on from them with --restore latest, or name an empty directory to begin anew");
    }
  } else {
    const std::optional<std::uint64_t> epoch = options.restore.what == restore_from::kind::epoch
                                                   ? std::optional<std::uint64_t>(options.restore.epoch)
                                                   : std::nullopt;
    runtime::checkpoint_store other(*options.files, options.restore.path);
    runtime::checkpoint_store& from = options.restore.path.empty() ? *store : other;
    made.restored = runtime::find_checkpoint(from, epoch, made.passed_over);
    if (made.restored) {
      refuse_other_job(made.restored->content(), job, from.folder());
      if (!options.allow_lost_state) refuse_lost_state(*made.restored, plan, from.folder());
      if (!options.restore.path.empty()) made.settings.run = made.restored->content().run;
    }
  }
  made.port = options.make_port ? options.make_port(std::move(store), options.kept)
                                : runtime::make_checkpoint_thread(std::move(store), options.kept);
  return made;
}

}  // namespace sage::api
