/// A stream cut into windows: what `.window(...)` returns.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sage/api/data_stream.hpp"
#include "sage/operators/windows/calendar_grid.hpp"
#include "sage/operators/windows/pane_operator.hpp"
#include "sage/operators/windows/regular_grid.hpp"
#include "sage/operators/windows/session_operator.hpp"
#include "sage/operators/windows/spilled_windows.hpp"
#include "sage/operators/windows/t_digest.hpp"
#include "sage/operators/windows/trigger_operator.hpp"
#include "sage/operators/windows/window_aggregates.hpp"

namespace sage {

/// The results of a window, with the stream of late records on top.
template <class R, class T>
class window_stream : public data_stream<R>, public api::operator_settings<window_stream<R, T>> {
  using settings = api::operator_settings<window_stream<R, T>>;

 public:
  using settings::name, settings::uid, settings::parallelism, settings::batch_size, settings::start_chain,
      settings::on_error, settings::state_bytes_max, settings::blocking;

  window_stream(api::stream_origin origin, std::shared_ptr<window_settings> shared)
      : data_stream<R>(std::move(origin)), shared_(std::move(shared)) {}

  /// The records that came when all their windows were closed. Without it they are counted as late.
  [[nodiscard]] data_stream<T> late_output() const {
    graph::node& n = this->origin().at();
    if (!std::exchange(shared_->late_output, true)) n.outs.push_back(&record_type_of<T>());
    return data_stream<T>(this->origin().output_of(n, operators::late_port));
  }

 private:
  std::shared_ptr<window_settings> shared_;
};

/// The aggregate of a window: as of `key_by(...).aggregate`, but its `result` may take the window behind the key, and
/// takes no key on a stream without.
template <class A, class T>
concept window_aggregate_function = std::copy_constructible<A> && std::copy_constructible<typename A::accumulator> &&
    std::default_initializable<typename A::accumulator> &&
    requires(A& a, typename A::accumulator& acc, const T& record) {
  a.add(acc, record);
};

/// `f(const K&, window, std::vector<T>&, collector<U>&)`; without the key on a stream that has none. `U` is read off
/// the signature.
template <class F>
concept window_process_function =
    std::copy_constructible<std::decay_t<F>> && !std::is_void_v<functions::collected_t<F>>;

/// Records of `T` in windows, each window of one key `K`. Settings return a new stream; the last call makes the
/// operator.
template <class K, class T, class Extract, bool Keyed, class Windows>
class windowed_stream {
  using key = state::owned_key_t<K>;
  static constexpr bool is_session = std::same_as<Windows, session_windows>;
  static constexpr bool is_global = is_global_windows<Windows>;
  static constexpr bool is_calendar = std::same_as<Windows, calendar_windows>;

 public:
  windowed_stream(api::stream_origin before, Extract extract, const Windows& windows)
      : before_(std::move(before)), extract_(std::move(extract)), windows_(windows) {
    if constexpr (is_global) {
      static_assert(
          window_trigger<decltype(Windows::trigger), T>,
          "a trigger needs `state` and on_record(state&, const T&, trigger_timers&): see sage::window_trigger");
    } else if constexpr (std::same_as<Windows, aligned_windows>) {
      settings_.processing_time = windows.is_of_processing_time;
    }
  }

  /// Keeps windows for that long once they have spoken; each late record within makes them speak again.
  [[nodiscard]] windowed_stream allowed_lateness(std::chrono::milliseconds lateness) const {
    if (lateness.count() < 0 || lateness.count() > window_ms_max) {
      throw error(errc::invalid_argument, "a lateness of " + std::to_string(lateness.count()) + " ms",
                  "allowed_lateness", "use 0 or more");
    }
    refuse_for_global("allowed_lateness");
    if (settings_.processing_time && lateness.count() > 0) {
      throw error(errc::invalid_argument, "nothing comes late by processing time", "allowed_lateness",
                  "leave it out");
    }
    return with([&](window_settings& s) { s.lateness_ms = lateness.count(); });
  }
  /// Open windows that have changed speak every `period` of processing time, besides at their end.
  [[nodiscard]] windowed_stream early_every(std::chrono::nanoseconds period) const {
    if constexpr (is_session) refuse_for_sliding("early_every");
    refuse_for_global("early_every");
    if (period.count() <= 0) {
      throw error(errc::invalid_argument, "an early firing needs a period above zero", "early_every");
    }
    return with([&](window_settings& s) { s.early_every = period.count(); });
  }
  /// The window of a key speaks whenever it has got that many records since it last did, besides at its end.
  [[nodiscard]] windowed_stream every_records(std::uint32_t count) const {
    if (count == 0) throw error(errc::invalid_argument, "every 0 records is never", "every_records", "use 1 or more");
    refuse_for_sliding("every_records");
    return with([&](window_settings& s) { s.every_records = count; });
  }
  /// A window that has spoken begins anew, so that it says only what has come since.
  [[nodiscard]] windowed_stream purging() const {
    refuse_for_sliding("purging");
    return with([](window_settings& s) { s.purging = true; });
  }
  /// What one instance may hold; a record beyond that follows the error policy.
  [[nodiscard]] windowed_stream limits(const window_limits& limits) const {
    return with([&](window_settings& s) { s.limits = limits; });
  }

  /// Folds each window into an accumulator; emits `result(key, window, accumulator)` or `result(key, accumulator)`,
  /// without the key on a stream that has none. Sliding windows need `merge`.
  template <window_aggregate_function<T> A>
  auto aggregate(A function) const {
    using fold = operators::aggregate_fold<A, T, key, Keyed>;
    if constexpr (!fold::is_mergeable) refuse_for_sliding("an aggregate without merge");
    return add("window_aggregate", fold{std::move(function)});
  }
  /// Folds each window with `function(T, const T&)`, which must be associative for sliding windows.
  template <class F>
      auto reduce(F&&function) const requires std::is_invocable_r_v < T,
      std::decay_t<F>
  &, T, const T& > {
    using fold = operators::reduce_fold<std::decay_t<F>, T, key>;
    return add("window_reduce", fold{std::forward<F>(function)});
  }
  /// Calls `function(key, window, records, collector<U>&)` with all records of each window. They are kept until it
  /// is closed.
  template <window_process_function F>
  auto process(F&& function) const {
    using fold = operators::gather_fold<std::decay_t<F>, T, key, functions::collected_t<F>, Keyed>;
    return add("window_process", fold{std::forward<F>(function)});
  }

  /// Counts the records of each window: `window_result<K, std::uint64_t>`.
  auto count() const { return aggregate(operators::counting{}); }
  /// Sums what `extract(record)` (callable or member pointer) returns, in 64 bits.
  template <class F>
  auto sum(F extract) const {
    return aggregate(operators::summing<F, T>(std::move(extract)));
  }
  /// The value below which a share `q` of what `extract` returns lies, 0 to 1: `window_result<K, double>`. An
  /// estimate: see t_digest.
  template <class F>
  auto quantile(double q, F extract) const {
    return aggregate(operators::quantile_of<F, T>(std::move(extract), q));
  }
  template <class F>
  auto avg(F extract) const {
    return aggregate(operators::averaging<F, T>(std::move(extract)));
  }
  template <class F>
  auto min(F extract) const {
    return aggregate(operators::choosing<F, T, std::less<>>(std::move(extract)));
  }
  template <class F>
  auto max(F extract) const {
    return aggregate(operators::choosing<F, T, std::greater<>>(std::move(extract)));
  }
  /// The `n` records with the greatest `extract(record)`, the greatest first: `window_result<K, std::vector<T>>`.
  /// O(n) per record, and n records of memory per key and slice.
  template <class F>
  auto top_n(std::size_t n, F extract) const {
    if (n == 0) throw error(errc::invalid_argument, "the top 0 are none", "top_n", "use 1 or more");
    return aggregate(operators::topping<F, T>(std::move(extract), n));
  }

 private:
  template <class Change>
  windowed_stream with(Change&& change) const {
    windowed_stream next = *this;
    change(next.settings_);
    return next;
  }
  void refuse_for_sliding(const std::string& what) const {
    if constexpr (is_session) {
      throw error(errc::invalid_argument, what + " is not possible with sessions, which may join", "window",
                  "use tumbling windows, or leave it out");
    } else if constexpr (is_global) {
      refuse_for_global(what);
      return;
    } else if constexpr (is_calendar) {
      return;
    } else if (windows_.size_ms == windows_.slide_ms) {
      return;
    }
    throw error(errc::invalid_argument, what + " is not possible with sliding windows, whose records are shared",
                "window", "use tumbling windows, or leave it out");
  }

  void refuse_for_global(const std::string& what) const {
    if constexpr (is_global) {
      if (what == "an aggregate without merge" && windows_.parts_max == 1) return;
      throw error(errc::invalid_argument, what + " is not possible with windows that a trigger lets speak", "window",
                  "let the trigger decide, or leave it out");
    }
  }

  template <class Fold>
  static operators::operator_ptr make(const Extract& extract, const Windows& windows, const Fold& fold,
                                      window_settings settings, const graph::operator_options& options) {
    const error_policy policy = options.on_error.value_or(error_policy{});
    settings.state_limits = options.state_limits;
    if constexpr (is_session) {
      return std::make_unique<operators::session_operator<T, Extract, Fold>>(extract, fold, policy, windows.gap_ms,
                                                                             settings);
    } else if constexpr (is_global) {
      return std::make_unique<operators::trigger_operator<T, Extract, Fold, Windows>>(extract, fold, policy, windows,
                                                                                      settings);
    } else {
      using grid = std::conditional_t<is_calendar, operators::calendar_grid, operators::regular_grid>;
      if (options.spills && !settings.processing_time) {
        return std::make_unique<operators::spilled_windows<T, Extract, Fold, grid>>(extract, fold, policy, windows,
                                                                                    settings);
      }
      return std::make_unique<operators::pane_operator<T, Extract, Fold, grid>>(extract, fold, policy, windows,
                                                                                settings);
    }
  }

  template <class Fold>
  auto add(std::string_view kind, Fold fold) const {
    using result = typename Fold::result;
    graph::node& n = before_.append(kind, record_type_of<T>());
    n.keyed = Keyed;
    n.limits_state = true;
    n.order_needed = !Keyed;  // all records in one place
    n.emits_at_end = true;
    n.outs = {&record_type_of<result>()};
    n.unsupported_retry = !std::copy_constructible<T>;
    auto shared = std::make_shared<window_settings>(settings_);
    n.make = [shared, windows = windows_, extract = extract_, fold = std::move(fold)](
                 const graph::operator_options& options) { return make(extract, windows, fold, *shared, options); };
    return window_stream<result, T>(before_.output_of(n), std::move(shared));
  }

  api::stream_origin before_;
  Extract extract_;
  Windows windows_;
  window_settings settings_;
};

/// The key of a stream that has none.
struct whole_stream {
  template <class T>
  std::uint8_t operator()(const T& record) const noexcept {
    static_cast<void>(record);
    return 0;
  }
};

template <class T>
template <window_kind Windows>
auto data_stream<T>::window(const Windows& windows) const {
  return windowed_stream<std::uint8_t, T, whole_stream, false, Windows>(origin_, whole_stream{}, windows);
}

}  // namespace sage
