#include "sage/routing/partitioner.hpp"

#include <string>

#include "sage/base/error.hpp"
#include "sage/base/hash.hpp"

namespace sage::routing {

namespace {

class forward_partitioner final : public partitioner {
 public:
  decision route(batch_base&, std::span<const bool>, std::uint32_t*) override { return {}; }
};

class round_robin_partitioner final : public partitioner {
 public:
  round_robin_partitioner(std::uint32_t targets, std::uint32_t first) : targets_(targets), next_(first % targets) {}

  decision route(batch_base&, std::span<const bool> free, std::uint32_t*) override {
    // A target without credit is passed over while another one has some: the slow get less, nobody waits for them.
    std::uint32_t chosen = next_;
    for (std::uint32_t tried = 0; tried < targets_; ++tried) {
      const std::uint32_t candidate = (next_ + tried) % targets_;
      if (free[candidate]) {
        chosen = candidate;
        break;
      }
    }
    next_ = (chosen + 1) % targets_;
    return {decision::kind::one, chosen};
  }

 private:
  std::uint32_t targets_;
  std::uint32_t next_;
};

class broadcast_partitioner final : public partitioner {
 public:
  decision route(batch_base&, std::span<const bool>, std::uint32_t*) override { return {decision::kind::all, 0}; }
};

class hash_partitioner final : public partitioner {
 public:
  hash_partitioner(key_hasher hasher, std::uint32_t targets, std::uint32_t groups)
      : hasher_(std::move(hasher)), targets_(targets), groups_(groups) {}

  decision route(batch_base& records, std::span<const bool>, std::uint32_t* targets) override {
    if (targets_ == 1 && !records.unique()) return {};  // nobody would get to see the hashes
    const std::uint64_t* const hashes = hasher_(records, room_);
    if (targets_ == 1) return {};
    const std::size_t size = records.size();
    for (std::size_t i = 0; i < size; ++i) {
      targets[i] = instance_of_group(key_group(hashes[i], groups_), targets_, groups_);
    }
    return {decision::kind::each, 0};
  }

 private:
  key_hasher hasher_;
  std::uint32_t targets_;
  std::uint32_t groups_;
  std::vector<std::uint64_t> room_;  // for batches that others hold too
};

class custom_partitioner final : public partitioner {
 public:
  custom_partitioner(record_chooser chooser, std::uint32_t targets)
      : chooser_(std::move(chooser)), targets_(targets) {}

  decision route(batch_base& records, std::span<const bool>, std::uint32_t* targets) override {
    chooser_(records, targets_, targets);
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (targets[i] < targets_) continue;
      throw error(
          errc::user_function,
          "the partitioner returned instance " + std::to_string(targets[i]) + " of " + std::to_string(targets_), {},
          "return a number below the second argument");
    }
    return {decision::kind::each, 0};
  }

 private:
  record_chooser chooser_;
  std::uint32_t targets_;
};

}  // namespace

std::string_view to_string(partitioning kind) noexcept {
  switch (kind) {
    case partitioning::forward: return "forward";
    case partitioning::rebalance: return "rebalance";
    case partitioning::hash: return "hash";
    case partitioning::broadcast: return "broadcast";
    case partitioning::custom: return "custom";
  }
  return "unknown";
}

std::unique_ptr<partitioner> make_partitioner(const partitioner_spec& spec, std::uint32_t targets,
                                              std::uint32_t sender) {
  switch (spec.kind) {
    case partitioning::forward: return std::make_unique<forward_partitioner>();
    case partitioning::rebalance: return std::make_unique<round_robin_partitioner>(targets, sender);
    case partitioning::hash: return std::make_unique<hash_partitioner>(spec.hasher, targets, spec.key_groups);
    case partitioning::broadcast: return std::make_unique<broadcast_partitioner>();
    case partitioning::custom: return std::make_unique<custom_partitioner>(spec.chooser, targets);
  }
  throw error(errc::internal, "an unknown kind of partitioning");
}

}  // namespace sage::routing
