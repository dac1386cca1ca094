#include "sage/runtime/checkpoint/tracker.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "sage/base/assert.hpp"
#include "sage/base/hash.hpp"
#include "sage/runtime/checkpoint/books.hpp"

namespace sage::runtime {

checkpoint_tracker::checkpoint_tracker(const graph::physical_plan& plan, std::string job,
                                       checkpoint_settings settings)
    : plan_(plan),
      job_(std::move(job)),
      settings_(std::move(settings)),
      parts_(plan.instances.size()),
      ended_(plan.instances.size()),
      written_(plan.instances.size()),
      handed_in_(plan.instances.size(), false) {}

void checkpoint_tracker::begin_behind(const restored_checkpoint* restored) {
  active_ = false;
  late_ = 0;
  std::fill(parts_.begin(), parts_.end(), nullptr);
  std::fill(ended_.begin(), ended_.end(), nullptr);
  epoch_ = std::max(epoch_, settings_.behind);
  if (restored) epoch_ = std::max(epoch_, restored->content().epoch);
  complete_ = restored ? restored->content().epoch : 0;
  splits_.clear();
  for (const graph::node& n : plan_.graph.nodes) {
    if (!n.splits) continue;
    std::vector<split_position>& all = splits_[n.id];
    const manifest_source* known = restored ? restored->source(n.uid) : nullptr;
    if (known) {
      const bool same = restored->parallelism_of(n.uid) == n.parallelism;
      for (const manifest_split& s : known->left) {
        all.push_back(
            split_position{split{s.name, s.begin, s.end, s.number}, s.position, same ? s.reader : std::nullopt});
      }
    } else {
      for (const split& s : n.splits->splits) all.push_back(split_position{s, s.begin, std::nullopt});
    }
  }
}

std::uint64_t checkpoint_tracker::begin(bool last) {
  SAGE_ASSERT(may_begin());
  ++epoch_;
  active_ = true;
  last_ = last;
  missing_ = parts_.size();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    handed_in_[i] = ended_[i] != nullptr;
    parts_[i] = ended_[i];
    written_[i] = {};
  }
  return epoch_;
}

bool checkpoint_tracker::on_snapshot(instance_id who, std::uint64_t epoch, snapshot_ptr part) {
  if (epoch != epoch_ || handed_in_[who]) return false;
  handed_in_[who] = true;
  if (!active_) {
    if (late_ > 0) --late_;
    return false;
  }
  parts_[who] = std::move(part);
  return true;
}

bool checkpoint_tracker::on_finished(instance_id who, snapshot_ptr part) {
  ended_[who] = std::move(part);
  // The one under way keeps what it was handed before.
  if (handed_in_[who]) return false;
  handed_in_[who] = true;
  if (active_) parts_[who] = ended_[who];
  if (!active_ && late_ > 0) --late_;
  return active_;
}

std::vector<instance_id> checkpoint_tracker::finished() const {
  std::vector<instance_id> all;
  for (std::size_t i = 0; i < ended_.size(); ++i) {
    if (ended_[i]) all.push_back(static_cast<instance_id>(i));
  }
  return all;
}

bool checkpoint_tracker::on_written(instance_id who, std::uint64_t epoch, manifest_file file) {
  if (!active_ || epoch != epoch_) return false;
  written_[who] = std::move(file);
  return --missing_ == 0;
}

void checkpoint_tracker::give_up() {
  if (!std::exchange(active_, false)) return;
  late_ = static_cast<std::size_t>(std::count(handed_in_.begin(), handed_in_.end(), false));
}

void checkpoint_tracker::on_complete() {
  complete_ = epoch_;
  active_ = false;
}

std::uint64_t checkpoint_tracker::bytes() const noexcept {
  std::uint64_t all = 0;
  for (const manifest_file& one : written_) all += one.bytes;
  return all;
}

manifest_source checkpoint_tracker::left_of(const graph::node& source) const {
  manifest_source left{source.uid, {}};
  std::set<std::uint32_t> done;
  struct reading_one {
    std::uint64_t position;
    std::uint32_t reader;
  };
  std::map<std::uint32_t, reading_one> reading;
  for (const graph::planned_instance& one : plan_.instances) {
    if (one.is_router() || one.chain.front() != source.id || !parts_[one.id]->source) continue;
    const source_progress& its = *parts_[one.id]->source;
    done.insert(its.done.begin(), its.done.end());
    if (its.current) reading[its.current->part.number] = {its.current->position, one.number};
  }
  // Those that are being read come first, so that time goes on where it was.
  for (const bool begun : {true, false}) {
    for (const split_position& one : splits_.at(source.id)) {
      const auto at = reading.find(one.part.number);
      if (done.contains(one.part.number) || (at != reading.end()) != begun) continue;
      left.left.push_back(manifest_split{one.part.name, one.part.begin, one.part.end, one.part.number,
                                         begun ? at->second.position : one.position,
                                         begun ? std::optional(at->second.reader) : one.reader});
    }
  }
  return left;
}

manifest checkpoint_tracker::make_manifest(std::int64_t now_ms) const {
  manifest made;
  made.job = job_;
  made.run = settings_.run;
  made.epoch = epoch_;
  made.final = last_;
  made.taken_at_ms = now_ms;
  made.key_groups = key_groups_default;
  for (const graph::node& n : plan_.graph.nodes) {
    if (n.removed) continue;
    manifest_operator described{n.uid, n.name, n.kind, static_cast<std::uint32_t>(n.parallelism), true, {}};
    for (const graph::planned_instance& one : plan_.instances) {
      const auto its = std::find(one.chain.begin(), one.chain.end(), n.id);
      if (its == one.chain.end()) continue;
      if (!parts_[one.id]->finished) described.finished = false;
      const auto& books = parts_[one.id]->counters.operators;
      const auto position = static_cast<std::size_t>(its - one.chain.begin());
      if (position < books.size()) add_to_books(described.books, books[position]);
    }
    made.operators.push_back(std::move(described));
    if (n.is_source()) made.sources.push_back(left_of(n));
  }
  for (const graph::planned_instance& one : plan_.instances) {
    made.instances.push_back(manifest_instance{one.name, parts_[one.id]->finished, written_[one.id]});
  }
  return made;
}

std::vector<instance_counters> checkpoint_tracker::books() const {
  std::vector<instance_counters> all;
  for (const snapshot_ptr& part : parts_) all.push_back(part ? part->counters : instance_counters{});
  return all;
}

}  // namespace sage::runtime
