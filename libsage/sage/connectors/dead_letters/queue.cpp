#include "sage/connectors/dead_letters/queue.hpp"

#include <utility>

#include "sage/base/error.hpp"
#include "sage/connectors/dead_letters/letter_sink.hpp"
#include "sage/connectors/dead_letters/replay_source.hpp"

namespace sage {

namespace {

class folder_keeper final : public dead_letter_keeper {
 public:
  explicit folder_keeper(dead_letter_queue_options options) : options_(std::move(options)) {}

  operators::operator_ptr make_sink() override {
    return std::make_unique<letters::letter_sink>(
        *options_.files, letters::log_options{options_.directory, options_.bytes_max, options_.full});
  }
  source_plan plan_replays() override {
    source_plan made;
    split all;
    all.name = options_.directory;
    if (options_.files->status(options_.directory)) {
      all.begin = all.end = letters::letter_folder(*options_.files, options_.directory).facts().at.replays;
    }
    made.splits.push_back(std::move(all));
    return made;
  }
  operators::source_ptr make_replays(std::vector<replay_target> targets) override {
    return std::make_unique<letters::replay_source>(*options_.files, options_.directory, options_.poll,
                                                    std::move(targets));
  }

 private:
  dead_letter_queue_options options_;
};

}  // namespace

std::shared_ptr<dead_letter_keeper> dead_letter_queue(dead_letter_queue_options options) {
  if (options.directory.empty()) {
    throw error(errc::configuration, "the queue of dead letters has no directory", {}, "name one");
  }
  return std::make_shared<folder_keeper>(std::move(options));
}

}  // namespace sage
