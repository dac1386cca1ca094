/// Patterns of events: what follows what, within which time. The matcher alone; keyed_stream::match puts it to work.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/base/event_time.hpp"
#include "sage/model/describe.hpp"
#include "sage/model/value_shape.hpp"

namespace sage {

/// The events that a pattern has found, by the names of its stages. Valid during the call it is handed to.
template <class T>
class pattern_match {
 public:
  struct part {
    std::string_view name;
    const T* event;
  };
  pattern_match(const std::vector<part>& parts, event_time start, event_time end) noexcept
      : parts_(parts), start_(start), end_(end) {}

  /// The events of a stage, in order of time; empty for one that was left out.
  [[nodiscard]] std::vector<const T*> all(std::string_view stage) const {
    std::vector<const T*> found;
    for (const part& one : parts_) {
      if (one.name == stage) found.push_back(one.event);
    }
    return found;
  }
  /// The first event of a stage, or null.
  [[nodiscard]] const T* first(std::string_view stage) const noexcept {
    for (const part& one : parts_) {
      if (one.name == stage) return one.event;
    }
    return nullptr;
  }
  /// The latest event of a stage, or null.
  [[nodiscard]] const T* last(std::string_view stage) const noexcept {
    const T* found = nullptr;
    for (const part& one : parts_) {
      if (one.name == stage) found = one.event;
    }
    return found;
  }
  [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }
  /// The event times of its first and its latest event.
  [[nodiscard]] event_time start() const noexcept { return start_; }
  [[nodiscard]] event_time end() const noexcept { return end_; }

 private:
  const std::vector<part>& parts_;
  event_time start_;
  event_time end_;
};

/// What becomes of other partial matches when one is complete.
enum class after_match : std::uint8_t {
  no_skip,         ///< nothing: an event may be part of many matches
  skip_past_last,  ///< those that have begun are given up: matches don't overlap
};

/// How large the memory of a key may get.
struct pattern_limits {
  std::size_t partial_matches_max = 1000;
  std::size_t events_max = 100'000;  ///< that partial matches hold, and that wait for their time
};

/// A sequence of stages, each an event (or several) that a condition holds for:
///
///   sage::pattern<reading>("low", is_low).one_or_more().followed_by("spike", is_spike).within(10s)
///
/// `next`: the very next event of the key; `followed_by`: any later one, others between are passed over (skip till
/// next match); `not_followed_by`: none such before the next stage, or, at the end, within the time of `within`.
/// Conditions take the event, or the event and the match so far. They are called through a pointer.
template <class T>
class pattern {
 public:
  using condition = std::function<bool(const T&, const pattern_match<T>&)>;
  enum class contiguity : std::uint8_t { strict, relaxed };
  struct stage {
    std::string name;
    condition holds;
    contiguity how = contiguity::relaxed;
    bool negated = false;
    std::uint32_t least = 1;
    std::uint32_t most = 1;
  };
  static constexpr std::uint32_t any_number = ~std::uint32_t{0};

  template <class F>
  pattern(std::string name, F&& holds) {
    add(std::move(name), std::forward<F>(holds), contiguity::relaxed, false);
  }
  template <class F>
  pattern next(std::string name, F&& holds) const {
    return with(std::move(name), std::forward<F>(holds), contiguity::strict, false);
  }
  template <class F>
  pattern followed_by(std::string name, F&& holds) const {
    return with(std::move(name), std::forward<F>(holds), contiguity::relaxed, false);
  }
  template <class F>
  pattern not_followed_by(std::string name, F&& holds) const {
    return with(std::move(name), std::forward<F>(holds), contiguity::relaxed, true);
  }

  // Of the stage named last:
  /// It is so many events.
  pattern times(std::uint32_t count) const { return with_times(count, count); }
  pattern times(std::uint32_t least, std::uint32_t most) const { return with_times(least, most); }
  pattern one_or_more() const { return with_times(1, any_number); }
  /// It may be left out. Not for the first stage.
  pattern optional() const {
    pattern changed = *this;
    if (stages_.size() == 1) refuse("the first stage can't be optional", "begin with a stage that must be there");
    changed.stages_.back().least = 0;
    return changed;
  }

  /// From the first to the latest event less than so much time passes.
  pattern within(std::chrono::milliseconds time) const {
    if (time.count() <= 0) refuse("within needs a time above 0", "say how long it may take");
    pattern changed = *this;
    changed.within_ms_ = time.count();
    return changed;
  }
  pattern after(after_match what) const {
    pattern changed = *this;
    changed.after_ = what;
    return changed;
  }
  pattern limits(const pattern_limits& limits) const {
    pattern changed = *this;
    changed.limits_ = limits;
    return changed;
  }

  /// Throws errc::invalid_argument for a pattern that nothing could match, or that would never be over.
  void check() const {
    if (stages_.back().negated && within_ms_ == 0) {
      refuse("it ends with what must not follow, and has no time to wait for that", "add .within(...)");
    }
  }
  [[nodiscard]] const std::vector<stage>& stages() const noexcept { return stages_; }
  [[nodiscard]] std::int64_t within_ms() const noexcept { return within_ms_; }
  [[nodiscard]] after_match after() const noexcept { return after_; }
  [[nodiscard]] const pattern_limits& limits() const noexcept { return limits_; }

 private:
  template <class F>
  void add(std::string name, F&& holds, contiguity how, bool negated) {
    for (const stage& known : stages_) {
      if (known.name == name) refuse("two stages are named '" + name + "'", "give each stage a name of its own");
    }
    stage one;
    one.name = std::move(name);
    if constexpr (std::is_invocable_r_v<bool, std::decay_t<F>&, const T&, const pattern_match<T>&>) {
      one.holds = std::forward<F>(holds);
    } else {
      one.holds = [holds = std::forward<F>(holds)](const T& event, const pattern_match<T>&) mutable {
        return holds(event);
      };
    }
    one.how = how;
    one.negated = negated;
    stages_.push_back(std::move(one));
  }
  template <class F>
  pattern with(std::string name, F&& holds, contiguity how, bool negated) const {
    pattern changed = *this;
    if (negated && stages_.back().negated) refuse("two negations follow each other", "make one condition of them");
    changed.add(std::move(name), std::forward<F>(holds), how, negated);
    return changed;
  }
  pattern with_times(std::uint32_t least, std::uint32_t most) const {
    if (least == 0 || most < least) refuse("a stage of 0 events", "use 1 or more, or optional()");
    pattern changed = *this;
    if (stages_.back().negated) refuse("what must not follow has no number", "leave it out");
    changed.stages_.back().least = least;
    changed.stages_.back().most = most;
    return changed;
  }
  [[noreturn]] static void refuse(std::string what, std::string advice) {
    throw error(errc::invalid_argument, std::move(what), "pattern", std::move(advice));
  }

  std::vector<stage> stages_;
  std::int64_t within_ms_ = 0;
  after_match after_ = after_match::no_skip;
  pattern_limits limits_;
};

namespace functions {

/// A partial match: how far it has come, and its events by number.
struct pattern_run {
  std::uint32_t stage = 0;  ///< the stage of its latest event
  std::uint32_t count = 0;  ///< events of that stage
  event_time start = 0;
  event_time end = 0;
  std::vector<std::uint64_t> events{};
  std::vector<std::uint32_t> stages{};  ///< of each event
};
SAGE_DESCRIBE(pattern_run, stage, count, start, end, events, stages)

/// What a pattern remembers of one key: its partial matches, and the events that they share.
template <class T>
struct pattern_memory {
  std::vector<T> events{};
  std::uint64_t first = 0;  ///< number of the first of them
  std::vector<pattern_run> runs{};
};
template <class T, class Visitor>
requires encodable<T>
constexpr decltype(auto) sage_describe(const pattern_memory<T>*, Visitor&& visitor) {
  using described_type = pattern_memory<T>;
  return visitor(SAGE_EXPAND(SAGE_FIELDS(described_type, events, first, runs)));
}

/// Takes the events of one key in order of their times, and says what is found.
///
/// Cost    O(partial matches) conditions per event; an event is kept once, while a partial match holds it
/// Errors  errc::limit beyond pattern_limits
/// Source  Agrawal, Diao, Gyllstrom, Immerman, "Efficient pattern matching over event streams", SIGMOD 2008 (runs of
/// an
///         NFA over a shared buffer; skip till next match)
template <class T>
class pattern_matcher {
 public:
  explicit pattern_matcher(pattern<T> wanted) : pattern_(std::move(wanted)) {}
  [[nodiscard]] const pattern<T>& wanted() const noexcept { return pattern_; }

  /// Time has come to `now`: partial matches that can't be completed any more go to `on_timeout`; those that waited
  /// for nothing to happen are complete.
  template <class OnMatch, class OnTimeout>
  void advance(pattern_memory<T>& of, event_time now, OnMatch&& on_match, OnTimeout&& on_timeout) {
    if (pattern_.within_ms() == 0) return;
    std::vector<pattern_run> over;
    std::erase_if(of.runs, [&](pattern_run& run) {
      if (add_time(run.start, pattern_.within_ms()) > now) return false;
      over.push_back(std::move(run));
      return true;
    });
    for (const pattern_run& run : over) {
      if (is_complete_but_for_negation(run)) {
        tell(of, run, on_match);
      } else if (!is_complete(run)) {
        tell(of, run, on_timeout);
      }
    }
    forget_events(of);
  }

  template <class OnMatch>
  void step(pattern_memory<T>& of, const T& event, event_time time, OnMatch&& on_match) {
    const std::uint64_t number = of.first + of.events.size();
    of.events.push_back(event);
    std::vector<pattern_run> next;
    std::vector<pattern_run> complete;
    for (pattern_run& run : of.runs) extend(of, run, event, number, time, next, complete);
    if (holds(of, 0, event, pattern_run{})) {
      pattern_run begun{0, 1, time, time, {number}, {0}};
      if (is_complete(begun)) complete.push_back(begun);
      if (may_go_on(begun)) next.push_back(std::move(begun));
    }
    if (!complete.empty() && pattern_.after() == after_match::skip_past_last) {
      complete.resize(1);  // the one that began first
      next.clear();
    }
    of.runs = std::move(next);
    for (const pattern_run& run : complete) tell(of, run, on_match);
    forget_events(of);
    if (of.runs.size() > pattern_.limits().partial_matches_max || of.events.size() > pattern_.limits().events_max) {
      throw error(errc::limit,
                  "a pattern has " + std::to_string(of.runs.size()) + " partial matches of one key with " +
                      std::to_string(of.events.size()) + " events",
                  "pattern", "give it a time (.within), skip overlaps (.after), or raise it with .limits(...)");
    }
  }

 private:
  using stage = typename pattern<T>::stage;

  [[nodiscard]] bool holds(const pattern_memory<T>& of, std::size_t number, const T& event, const pattern_run& run) {
    const stage& at = pattern_.stages()[number];
    const auto parts = parts_of(of, run);
    return at.holds(event, pattern_match<T>(parts, run.start, run.end));
  }

  // The ways in which a run goes on with an event: none of them, one, or several.
  void extend(const pattern_memory<T>& of, pattern_run& run, const T& event, std::uint64_t number, event_time time,
              std::vector<pattern_run>& next, std::vector<pattern_run>& complete) {
    const auto& stages = pattern_.stages();
    bool taken = false;
    const auto take = [&](std::uint32_t into) {
      pattern_run longer = run;
      longer.count = into == run.stage ? run.count + 1 : 1;
      longer.stage = into;
      longer.end = time;
      longer.events.push_back(number);
      longer.stages.push_back(into);
      if (is_complete(longer)) complete.push_back(longer);
      if (may_go_on(longer)) next.push_back(std::move(longer));
      taken = true;
    };
    if (run.count < stages[run.stage].most && holds(of, run.stage, event, run)) take(run.stage);
    bool strict = run.count < stages[run.stage].least && stages[run.stage].how == pattern<T>::contiguity::strict;
    if (run.count >= stages[run.stage].least) {
      // The next stage, and those behind optional ones.
      for (std::uint32_t to = run.stage + 1; to < stages.size(); ++to) {
        const stage& at = stages[to];
        if (at.negated) {
          if (holds(of, to, event, run)) return;  // what must not follow has followed
          continue;
        }
        if (holds(of, to, event, run)) take(to);
        strict = strict || (at.how == pattern<T>::contiguity::strict && at.least > 0);
        if (at.least > 0) break;
      }
    }
    // Passed over, where something may lie between.
    if (!taken && !strict) next.push_back(std::move(run));
  }

  // Whether all stages are there that must be.
  [[nodiscard]] bool is_complete(const pattern_run& run) const noexcept {
    const auto& stages = pattern_.stages();
    if (run.count < stages[run.stage].least) return false;
    for (std::size_t to = run.stage + 1; to < stages.size(); ++to) {
      if (stages[to].negated || stages[to].least > 0) return false;
    }
    return true;
  }
  [[nodiscard]] bool is_complete_but_for_negation(const pattern_run& run) const noexcept {
    const auto& stages = pattern_.stages();
    if (!stages.back().negated || run.count < stages[run.stage].least) return false;
    for (std::size_t to = run.stage + 1; to + 1 < stages.size(); ++to) {
      if (stages[to].negated || stages[to].least > 0) return false;
    }
    return true;
  }
  [[nodiscard]] bool may_go_on(const pattern_run& run) const noexcept {
    return run.count < pattern_.stages()[run.stage].most || run.stage + 1 < pattern_.stages().size();
  }

  [[nodiscard]] std::vector<typename pattern_match<T>::part> parts_of(const pattern_memory<T>& of,
                                                                      const pattern_run& run) const {
    std::vector<typename pattern_match<T>::part> parts;
    for (std::size_t i = 0; i < run.events.size(); ++i) {
      parts.push_back({pattern_.stages()[run.stages[i]].name, &of.events[run.events[i] - of.first]});
    }
    return parts;
  }
  template <class Tell>
  void tell(const pattern_memory<T>& of, const pattern_run& run, Tell&& to) const {
    const auto parts = parts_of(of, run);
    to(pattern_match<T>(parts, run.start, run.end));
  }

  // Events before the first that a run holds.
  static void forget_events(pattern_memory<T>& of) {
    std::uint64_t needed = of.first + of.events.size();
    for (const pattern_run& run : of.runs) needed = std::min(needed, run.events.front());
    of.events.erase(of.events.begin(), of.events.begin() + static_cast<std::ptrdiff_t>(needed - of.first));
    of.first = needed;
  }

  pattern<T> pattern_;
};

}  // namespace functions
}  // namespace sage
