/// A source that emits one record at a time at a steady rate, each stamped with the moment it left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <time.h>

#include "sage/operators/source.hpp"

namespace sage::bench {

/// Nanoseconds of the clock that never goes back.
[[nodiscard]] inline std::int64_t nanoseconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

/// Sleeps until `at`, which may have passed.
inline void sleep_until_ns(std::int64_t at) {
  const timespec until{at / 1'000'000'000, at % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

/// `count` time stamps, one every `interval_ns`. Sleeps on a thread of its own, as a reader of a device would.
class paced_source {
 public:
  using record_type = std::int64_t;
  paced_source(std::uint64_t count, std::int64_t interval_ns) : count_(count), interval_ns_(interval_ns) {}

  [[nodiscard]] source_plan plan() const {
    source_plan p;
    p.splits = {split{"clock", 0, count_, 0}};
    p.blocking = true;
    return p;
  }
  [[nodiscard]] std::unique_ptr<source_reader<std::int64_t>> make_reader() const {
    return std::make_unique<reader>(interval_ns_);
  }

 private:
  class reader final : public source_reader<std::int64_t> {
   public:
    explicit reader(std::int64_t interval_ns) : interval_ns_(interval_ns) {}
    void start(const split& part, std::uint64_t position) override {
      next_ = position;
      end_ = part.end;
      due_ = nanoseconds_now();
    }
    read_status read(batch<std::int64_t>& into, std::size_t records_max) override {
      static_cast<void>(records_max);
      due_ += interval_ns_;
      sleep_until_ns(due_);
      into.push_back(nanoseconds_now());
      return ++next_ == end_ ? read_status::end_of_split : read_status::more;
    }
    std::uint64_t position() const override { return next_; }

   private:
    std::int64_t interval_ns_;
    std::int64_t due_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t end_ = 0;
  };
  std::uint64_t count_;
  std::int64_t interval_ns_;
};

}  // namespace sage::bench
