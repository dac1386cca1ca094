/// Sinks into memory: a vector of the caller, and nowhere.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "sage/operators/sink.hpp"

namespace sage {

/// Where `collect_into` puts records: shared between the pipeline and whoever reads it after the job has ended.
template <class T>
class collected {
 public:
  collected() : state_(std::make_shared<state>()) {}

  /// The records so far. Of several instances, those of one instance are in order.
  [[nodiscard]] std::vector<T> records() const {
    const std::lock_guard lock(state_->mutex);
    return state_->records;
  }
  /// Takes the records out; the way for records that can't be copied.
  [[nodiscard]] std::vector<T> take() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->records, {});
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(state_->mutex);
    return state_->records.size();
  }

  void add(batch<T>& records, bool consume) {
    const std::lock_guard lock(state_->mutex);
    for (T& record : records) {
      if constexpr (std::copy_constructible<T>) {
        if (!consume) {
          state_->records.push_back(std::as_const(record));
          continue;
        }
      }
      state_->records.push_back(std::move(record));
    }
  }

 private:
  struct state {
    std::mutex mutex;
    std::vector<T> records;
  };
  std::shared_ptr<state> state_;
};

/// The sink into a `collected<T>`. One lock per batch.
template <class T>
class collection_sink {
 public:
  static_assert(!std::is_same_v<T, slice>, "a slice lives as long as its batch: map it to std::string first");
  explicit collection_sink(collected<T> into) : into_(std::move(into)) {}
  static const char* kind() { return "collect_into"; }
  [[nodiscard]] std::unique_ptr<sink_writer<T>> make_writer() const { return std::make_unique<writer>(into_); }

 private:
  class writer final : public sink_writer<T> {
   public:
    explicit writer(collected<T> into) : into_(std::move(into)) {}
    void write(batch<T>& records, bool consume) override { into_.add(records, consume); }
    // What it holds dies with the process, so there is nothing to go on from but within it.
    [[nodiscard]] sink_guarantee guarantee() const override { return sink_guarantee::at_least_once; }

   private:
    collected<T> into_;
  };
  collected<T> into_;
};
template <class T>
[[nodiscard]] collection_sink<T> collect_into(const collected<T>& into) {
  return collection_sink<T>(into);
}

/// The sink that takes anything and keeps nothing.
class discard {
 public:
  static const char* kind() { return "discard"; }
  template <class T>
  struct anything final : sink_writer<T> {
    void write(batch<T>& records, bool consume) override {
      static_cast<void>(records);
      static_cast<void>(consume);
    }
    [[nodiscard]] sink_guarantee guarantee() const override { return sink_guarantee::exactly_once; }
  };
  struct maker {
    template <class T>
    operator std::unique_ptr<sink_writer<T>>() const {  // NOLINT: converts to whatever the stream carries
      return std::make_unique<anything<T>>();
    }
  };
  [[nodiscard]] maker make_writer() const { return {}; }
};

}  // namespace sage
