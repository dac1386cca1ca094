/// Random pipelines of every operator there is, whose results depend on the seed alone: not on order, nor on how the
/// optimizer lays them out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sage/sage.hpp"

namespace sage::test {

/// Declares one pipeline in an environment and keeps what its sinks collect.
class random_pipeline {
 public:
  random_pipeline(environment& env, std::uint64_t seed) : env_(env), random_(seed) {
    for (std::uint64_t sources = 1 + draw(2); sources > 0; --sources) {
      open_.push_back(env_.from_source(range<int>(0, static_cast<int>(10 + draw(50)), 1 + draw(3))));
    }
    for (std::uint64_t steps = 2 + draw(9); steps > 0; --steps) grow();
    while (!open_.empty()) close(take());
    if (letters_) env_.dead_letters().map([](const dead_letter& d) { return std::stoi(d.record); }).sink(collect());
  }

  /// What each sink has got, sorted.
  [[nodiscard]] std::vector<std::vector<int>> results() const {
    std::vector<std::vector<int>> all;
    for (const collected<int>& sink : sinks_) {
      all.push_back(sink.records());
      std::sort(all.back().begin(), all.back().end());
    }
    return all;
  }

 private:
  using stream = data_stream<int>;

  std::uint64_t draw(std::uint64_t bound) { return random_() % bound; }
  int number(std::uint64_t below) { return static_cast<int>(draw(below)); }

  // An open stream, which then is used up; sometimes it stays open for another consumer.
  stream take() {
    const std::size_t at = draw(open_.size());
    stream taken = open_[at];
    if (open_.size() > 6 || draw(4) > 0) open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
    return taken;
  }
  void close(const stream& last) {
    const std::string name = "sink_" + std::to_string(++named_);
    switch (draw(4)) {
      case 0: last.sink(discard()).name(name); break;
      case 1: {
        collected<int> out;
        sinks_.push_back(out);
        last.sink([out](int x) mutable {
              auto one = batch<int>::make(batch_pool::make(), 1);
              one->emplace_back(x);
              out.add(0, *one, true);
            })
            .name(name);
        break;
      }
      default: last.sink(collect()).name(name); break;
    }
  }
  collection_sink<int> collect() {
    sinks_.emplace_back();
    return collect_into(sinks_.back());
  }

  // Adds what was made to the open streams, with random settings.
  template <class Stream>
  void add(Stream made) {
    made.name("op_" + std::to_string(++named_));
    if (draw(5) == 0) made.parallelism(1 + draw(4));
    if (draw(5) == 0) made.batch_size(1 + draw(9));
    if (draw(8) == 0) made.start_chain();
    open_.push_back(made);
  }

  // Sometimes an exchange asked for by the user.
  stream exchanged(const stream& from) {
    switch (draw(8)) {
      case 0: return from.rebalance();
      case 1: return exchanges_++ < 2 ? from.broadcast() : from;
      case 2:
        return from.route(to_instance([](const int& x, std::size_t n) { return static_cast<std::size_t>(x) % n; }));
      default: return from;
    }
  }

  void grow() {
    const stream from = exchanged(take());
    const int k = 2 + number(9);
    const auto key = [k](const int& x) { return x % k; };
    switch (draw(17)) {
      case 0: add(from.map([k](int x) { return (x * 7 + k) % 1000; })); break;
      case 1:
      case 2: add(from.filter([k](const int& x) { return x % k != 1; })); break;
      case 3:
        add(from.flat_map([k](int x) { return std::vector<int>(static_cast<std::size_t>((x + k) % 3), x); }));
        break;
      case 4: add(from.inspect([](const int&) {})); break;
      case 5: add(from.distinct()); break;
      case 6:
      case 7: {
        auto counts = from.key_by(key).aggregate(sage::count{});
        if (draw(3) == 0) counts.emit(every_update);
        add(counts.map(
            [](const std::pair<int, std::uint64_t>& p) { return p.first * 101 + static_cast<int>(p.second); }));
        break;
      }
      case 8: {
        const auto sum = [](int a, const int& b) { return (a + b) % 100'000; };
        add(from.key_by(key).filter([k](const int& x) { return x % (k + 1) > 0; }).reduce(sum));
        break;
      }
      case 9: {
        struct numbering {
          value_state<int> seen;
          void open(context& self) { seen = value_state<int>(self, "seen"); }
          void operator()(const int& x, collector<int>& out) {
            static_cast<void>(x);
            seen.set(seen.value_or(0) + 1);
            out.push(seen.value_or(0));
          }
        };
        add(from.key_by(key).process(numbering{}));
        break;
      }
      case 10: add(from.union_with(open_.empty() ? from : take())); break;
      case 11: {
        auto parts = from.split([k](const int& x) { return x % k > k / 2; });
        parts.name("op_" + std::to_string(++named_));
        open_.push_back(parts.matching());
        open_.push_back(parts.rest());
        break;
      }
      case 12: {
        auto routed = from.route([](const int& x) { return std::to_string(x % 4); }, {"0", "2"});
        routed.name("op_" + std::to_string(++named_));
        open_.push_back(routed["0"]);
        open_.push_back(routed["2"]);
        open_.push_back(routed.otherwise());
        break;
      }
      case 13:
        add(from.collect(static_cast<std::size_t>(k)).flat_map([](const std::vector<int>& some) { return some; }));
        break;
      case 14: add(from.map([k](int x) { return x / k; }).memoize({.entries_max = 8})); break;
      case 15:
        add(from.map([k](int x) { return x % k == 0 ? throw std::runtime_error("no") : x; }).on_error(drop));
        break;
      case 16:
        letters_ = true;
        add(from.filter([k](const int& x) { return x % k == 0 ? throw std::runtime_error("no") : x % 3 > 0; })
                .on_error(dead_letters));
        break;
    }
  }

  environment& env_;
  std::mt19937_64 random_;
  std::vector<stream> open_;
  std::vector<collected<int>> sinks_;
  int named_ = 0;
  int exchanges_ = 0;
  bool letters_ = false;
};

}  // namespace sage::test
