/// Sinks into memory: a vector of the caller, and nowhere.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/operators/sink.hpp"

namespace sage {

/// Where `collect_into` puts records: shared between the pipeline and whoever reads it after the job has ended.
template <class T>
class collected {
 public:
  collected() : state_(std::make_shared<state>()) {}

  /// The records so far: those of one instance behind those of the one before it, each in order.
  [[nodiscard]] std::vector<T> records() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<T> all;
    for (const auto& [instance, records] : state_->records) all.insert(all.end(), records.begin(), records.end());
    return all;
  }
  /// Takes the records out; the way for records that can't be copied.
  [[nodiscard]] std::vector<T> take() {
    const std::lock_guard lock(state_->mutex);
    std::vector<T> all;
    for (auto& [instance, records] : state_->records) {
      all.insert(all.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
      records.clear();
    }
    return all;
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(state_->mutex);
    std::size_t all = 0;
    for (const auto& [instance, records] : state_->records) all += records.size();
    return all;
  }

  // ---- for writers

  void add(std::size_t instance, batch<T>& records, bool consume) {
    const std::lock_guard lock(state_->mutex);
    std::vector<T>& own = state_->records[instance];
    for (T& record : records) {
      if constexpr (std::copy_constructible<T>) {
        if (!consume) {
          own.push_back(std::as_const(record));
          continue;
        }
      }
      own.push_back(std::move(record));
    }
  }
  [[nodiscard]] std::size_t size_of(std::size_t instance) const {
    const std::lock_guard lock(state_->mutex);
    const auto own = state_->records.find(instance);
    return own == state_->records.end() ? 0 : own->second.size();
  }
  /// Takes back all but the first `size` records of the instance; false when there are fewer.
  [[nodiscard]] bool cut(std::size_t instance, std::size_t size) {
    const std::lock_guard lock(state_->mutex);
    std::vector<T>& own = state_->records[instance];
    if (own.size() < size) return false;
    own.erase(own.begin() + static_cast<std::ptrdiff_t>(size), own.end());
    return true;
  }

 private:
  struct state {
    std::mutex mutex;
    std::map<std::size_t, std::vector<T>> records;  // by instance
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
    void open(context& self) override {
      instance_ = self.instance();
      place_ = self.place();
    }
    void write(batch<T>& records, bool consume) override { into_.add(instance_, records, consume); }
    // Within one process: what it holds dies with that.
    [[nodiscard]] sink_guarantee guarantee() const override { return sink_guarantee::exactly_once; }
    [[nodiscard]] std::string pending() const override { return std::to_string(into_.size_of(instance_)); }
    void recover(std::string_view pending) override {
      const std::size_t size = pending.empty() ? 0 : std::stoull(std::string(pending));
      if (into_.cut(instance_, size)) return;
      throw error(errc::unsupported, "the records that were collected up to the checkpoint aren't there", place_,
                  "they were in the memory of another process: write to a file to go on from a checkpoint");
    }

   private:
    collected<T> into_;
    std::size_t instance_ = 0;
    std::string place_;
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
