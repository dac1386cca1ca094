/// A source that does what the test tells it, when the test tells it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sage/operators/source.hpp"

namespace sage::testing {

/// A source descriptor and its remote control in one: a light handle whose copies share the script. Commands may be
/// given before the job starts and while it runs, from any thread; without one the source is idle. One split, hence
/// one instance.
///
/// Emits  what `emit` was given, in order; a batch never spans two calls of `emit`
/// Fails  with what `fail` was given, at that place of the script
template <class T>
class scripted_source {
 public:
  using record_type = T;
  scripted_source() : script_(std::make_shared<script>()) {}

  scripted_source& emit(std::vector<T> records) { return add(command{command::kind::emit, std::move(records), {}}); }
  /// Ends the stream; what is told afterwards is never read.
  scripted_source& end() { return add(command{command::kind::end, {}, {}}); }
  /// The read throws `std::runtime_error(what)`.
  scripted_source& fail(std::string what) { return add(command{command::kind::fail, {}, std::move(what)}); }

  /// Records read so far.
  [[nodiscard]] std::size_t position() const {
    const std::lock_guard lock(script_->mutex);
    return script_->position;
  }
  /// Whether the source has done all it was told and said so.
  [[nodiscard]] bool is_idle() const {
    const std::lock_guard lock(script_->mutex);
    return script_->idle;
  }

  static const char* kind() { return "scripted"; }
  [[nodiscard]] source_plan plan() const {
    source_plan p;
    p.splits = {split{"script", 0, 0, 0}};
    return p;
  }
  [[nodiscard]] std::unique_ptr<source_reader<T>> make_reader() const { return std::make_unique<reader>(script_); }

 private:
  struct command {
    enum class kind : std::uint8_t { emit, end, fail };
    kind what;
    std::vector<T> records;
    std::string problem;
  };
  struct script {
    std::mutex mutex;
    std::deque<command> commands;
    std::size_t taken = 0;  // records of the first command that were read
    std::size_t position = 0;
    bool idle = false;
    std::shared_ptr<waker> engine;
  };

  scripted_source& add(command next) {
    std::shared_ptr<waker> engine;
    {
      const std::lock_guard lock(script_->mutex);
      script_->commands.push_back(std::move(next));
      engine = script_->engine;
    }
    if (engine) engine->wake();
    return *this;
  }

  class reader final : public source_reader<T> {
   public:
    explicit reader(std::shared_ptr<script> shared) : script_(std::move(shared)) {}
    void open(context& self) override {
      const std::lock_guard lock(script_->mutex);
      script_->engine = self.engine();
    }
    void start(const split& part, std::uint64_t position) override {
      static_cast<void>(part);
      static_cast<void>(position);
    }
    read_status read(batch<T>& into, std::size_t records_max) override {
      const std::lock_guard lock(script_->mutex);
      script_->idle = script_->commands.empty();
      if (script_->idle) return read_status::idle;
      command& next = script_->commands.front();
      if (next.what == command::kind::end) return read_status::end_of_split;
      if (next.what == command::kind::fail) throw std::runtime_error(next.problem);
      const std::size_t count = std::min(records_max, next.records.size() - script_->taken);
      for (std::size_t i = 0; i < count; ++i) into.emplace_back(std::move(next.records[script_->taken++]));
      script_->position += count;
      if (script_->taken == next.records.size()) {
        script_->commands.pop_front();
        script_->taken = 0;
      }
      return read_status::more;
    }
    std::uint64_t position() const override {
      const std::lock_guard lock(script_->mutex);
      return script_->position;
    }
    void close() override {
      const std::lock_guard lock(script_->mutex);
      script_->engine = nullptr;
    }

   private:
    std::shared_ptr<script> script_;
  };

  std::shared_ptr<script> script_;
};

}  // namespace sage::testing
