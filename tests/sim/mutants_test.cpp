// What the simulation is worth: each of these mistakes must be found by it. They are made between the job and its
// checkpoints, and on the disk; what they break is the same as if the code around them was wrong.
#include <functional>
#include <map>

#include "sage/testing/simulation.hpp"
#include "tests/sim/pipelines.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using sage::testing::simulation;
using sage::testing::simulation_options;

namespace {

using runtime::instance_snapshot;
using runtime::manifest;
using runtime::manifest_file;
using runtime::snapshot_ptr;

// Passes everything on but for what a mutant changes.
class mutant_port : public runtime::checkpoint_port {
 public:
  explicit mutant_port(std::shared_ptr<runtime::checkpoint_port> real) : real_(std::move(real)) {}
  void begin(std::uint64_t epoch, std::function<void(result<void>)> done) override { real_->begin(epoch, done); }
  void write(std::uint64_t epoch, std::uint32_t instance, snapshot_ptr what,
             std::function<void(result<manifest_file>)> done) override {
    real_->write(epoch, instance, change(instance, std::move(what)), done);
  }
  void complete(manifest content, std::function<void(result<void>)> done) override {
    change(content);
    real_->complete(std::move(content), done);
  }
  void discard(std::uint64_t epoch) override { real_->discard(epoch); }
  void load(std::function<void(result<runtime::restored_ptr>)> done) override { real_->load(done); }

 protected:
  virtual snapshot_ptr change(std::uint32_t instance, snapshot_ptr what) {
    static_cast<void>(instance);
    return what;
  }
  virtual void change(manifest& content) { static_cast<void>(content); }
  std::shared_ptr<runtime::checkpoint_port> real_;
};

// Changes the parts.
class part_mutant final : public mutant_port {
 public:
  using changer = std::function<snapshot_ptr(std::uint32_t, snapshot_ptr)>;
  part_mutant(std::shared_ptr<runtime::checkpoint_port> real, changer change)
      : mutant_port(std::move(real)), change_(std::move(change)) {}

 private:
  snapshot_ptr change(std::uint32_t instance, snapshot_ptr what) override { return change_(instance, what); }
  changer change_;
};

// Changes the manifest, unless it is the last one.
class manifest_mutant final : public mutant_port {
 public:
  using changer = std::function<void(manifest&)>;
  manifest_mutant(std::shared_ptr<runtime::checkpoint_port> real, changer change)
      : mutant_port(std::move(real)), change_(std::move(change)) {}

 private:
  void change(manifest& content) override {
    if (!content.final) change_(content);
  }
  changer change_;
};

// Says that a checkpoint is complete and does it when the next one begins.
class early_complete final : public mutant_port {
 public:
  using mutant_port::mutant_port;
  void begin(std::uint64_t epoch, std::function<void(result<void>)> done) override {
    if (late_) real_->complete(*std::exchange(late_, std::nullopt), [](const result<void>&) {});
    real_->begin(epoch, done);
  }
  void complete(manifest content, std::function<void(result<void>)> done) override {
    late_ = std::move(content);
    done(result<void>());
  }

 private:
  std::optional<manifest> late_;
};

struct mutant {
  const char* name;
  std::function<void(simulation_options&)> make;
};

std::function<void(simulation_options&)> with_parts(part_mutant::changer change) {
  return [change](simulation_options& options) {
    options.wrap_port = [change](std::shared_ptr<runtime::checkpoint_port> real) {
      return std::make_shared<part_mutant>(std::move(real), change);
    };
  };
}
std::function<void(simulation_options&)> with_manifest(manifest_mutant::changer change) {
  return [change](simulation_options& options) {
    options.wrap_port = [change](std::shared_ptr<runtime::checkpoint_port> real) {
      return std::make_shared<manifest_mutant>(std::move(real), change);
    };
  };
}

void each_split(manifest& content, const std::function<void(runtime::manifest_split&)>& change) {
  for (auto& source : content.sources) {
    for (auto& one : source.left) change(one);
  }
}

snapshot_ptr without_blocks(const snapshot_ptr& what) {
  auto changed = std::make_shared<instance_snapshot>(*what);
  changed->blocks.clear();
  return changed;
}

std::vector<mutant> mutants() {
  return {
      {"a file's sync does nothing", [](simulation_options& options) { options.faults.sync_lies = true; }},
      {"a folder's sync does nothing", [](simulation_options& options) { options.faults.folder_sync_lies = true; }},
      {"what was written behind a checkpoint isn't cut off",
       [](simulation_options& options) { options.faults.cuts_nothing = true; }},
      {"a name is there before its content is",
       [](simulation_options& options) { options.faults.rename_copies_late = true; }},
      {"the last instance's part is empty", with_parts([](std::uint32_t instance, snapshot_ptr what) {
         return instance == 3 ? without_blocks(what) : what;
       })},
      {"every part but the first is empty", with_parts([](std::uint32_t instance, snapshot_ptr what) {
         return instance > 0 ? without_blocks(what) : what;
       })},
      {"a part is that of the checkpoint before",
       with_parts([before = std::make_shared<std::map<std::uint32_t, snapshot_ptr>>()](std::uint32_t instance,
                                                                                       snapshot_ptr what) {
         auto& known = (*before)[instance];
         const snapshot_ptr written = known && instance % 2 == 0 ? known : what;
         known = what;
         return written;
       })},
      {"a part lacks its last block's end", with_parts([](std::uint32_t, snapshot_ptr what) {
         auto changed = std::make_shared<instance_snapshot>(*what);
         if (!changed->blocks.empty()) changed->blocks.back().resize(changed->blocks.back().size() / 2);
         return snapshot_ptr(changed);
       })},
      {"sources go on one record too late", with_manifest([](manifest& content) {
         each_split(content,
                    [](auto& one) { one.position += one.position < one.end && one.position > one.begin ? 1 : 0; });
       })},
      {"sources go on one record too early", with_manifest([](manifest& content) {
         each_split(content, [](auto& one) { one.position -= one.position > one.begin ? 1 : 0; });
       })},
      {"sources begin their split again",
       with_manifest([](manifest& content) { each_split(content, [](auto& one) { one.position = one.begin; }); })},
      {"a split that is left is forgotten", with_manifest([](manifest& content) {
         for (auto& source : content.sources) {
           if (!source.left.empty()) source.left.pop_back();
         }
       })},
      {"a split is read twice", with_manifest([](manifest& content) {
         for (auto& source : content.sources) {
           if (!source.left.empty()) source.left.push_back(source.left.front());
         }
       })},
      {"instances are taken for finished", with_manifest([](manifest& content) {
         for (auto& one : content.instances) one.finished = true;
       })},
      {"a part counts as that of another instance", with_parts([](std::uint32_t, snapshot_ptr what) {
         auto changed = std::make_shared<instance_snapshot>(*what);
         for (std::string& block : changed->blocks) {
           const std::size_t number = 2 + static_cast<std::size_t>(block[1]);  // behind the uid
           if (block[number + 1] == 2) block[number] ^= 1;
         }
         return snapshot_ptr(changed);
       })},
      {"an operator has another name in the checkpoint", with_parts([](std::uint32_t, snapshot_ptr what) {
         auto changed = std::make_shared<instance_snapshot>(*what);
         for (std::string& block : changed->blocks) {
           if (block.size() > 3) block[3] ^= 1;
         }
         return snapshot_ptr(changed);
       })},
      {"a checkpoint counts as complete before it is",
       [](simulation_options& options) {
         options.wrap_port = [](std::shared_ptr<runtime::checkpoint_port> real) {
           return std::make_shared<early_complete>(std::move(real));
         };
       }},
  };
}

// Whether a job with the mistake comes to another result than one without, or fails.
bool is_found(const mutant& one, std::uint64_t seed) {
  for (const test::simulated_pipeline& pipeline : test::simulated_pipelines()) {
    simulation_options options;
    options.steps_between_crashes = 150;
    one.make(options);
    simulation sim(seed, options);
    pipeline.build(sim, sim.disk());
    try {
      sim.execute(pipeline.name);
    } catch (const error&) {
      return true;
    }
    sim.disk().crash();
    if (test::left_by(pipeline, sim.disk()) != test::undisturbed(pipeline)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the simulation finds every mistake that was planted", "[simulation][mutants]") {
  for (const mutant& one : mutants()) {
    bool found = false;
    for (std::uint64_t seed = 1; seed <= 20 && !found; ++seed) found = is_found(one, seed);
    INFO(one.name);
    CHECK(found);
  }
}
