/// Streams with several outputs: split and route.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/api/data_stream.hpp"

namespace sage {

/// The two outputs of `split`, for structured bindings.
template <class T>
class split_streams : public api::operator_settings<split_streams<T>> {
 public:
  explicit split_streams(api::stream_origin origin) : origin_(std::move(origin)) {}
  [[nodiscard]] const api::stream_origin& origin() const noexcept { return origin_; }

  /// Where the predicate holds.
  [[nodiscard]] data_stream<T> matching() const { return output(0); }
  /// Where it doesn't.
  [[nodiscard]] data_stream<T> rest() const { return output(1); }

  template <std::size_t I>
  [[nodiscard]] data_stream<T> get() const {
    return output(I);
  }

 private:
  [[nodiscard]] data_stream<T> output(std::uint32_t port) const {
    return data_stream<T>(origin_.output_of(origin_.at(), port));
  }
  api::stream_origin origin_;
};

/// The outputs of `route`, by label.
template <class T>
class routed_stream : public api::operator_settings<routed_stream<T>> {
 public:
  routed_stream(api::stream_origin origin, std::vector<std::string> labels)
      : origin_(std::move(origin)), labels_(std::move(labels)) {}
  [[nodiscard]] const api::stream_origin& origin() const noexcept { return origin_; }

  /// The records with this label. Throws errc::invalid_argument for a label that `route` wasn't given.
  [[nodiscard]] data_stream<T> operator[](std::string_view label) const {
    const auto found = std::find(labels_.begin(), labels_.end(), label);
    if (found == labels_.end()) {
      throw error(errc::invalid_argument, "there is no label '" + std::string(label) + "'", origin_.at().name,
                  "use one of the labels given to route");
    }
    return output(static_cast<std::uint32_t>(found - labels_.begin()));
  }
  /// The records with any other label.
  [[nodiscard]] data_stream<T> otherwise() const { return output(static_cast<std::uint32_t>(labels_.size())); }

 private:
  [[nodiscard]] data_stream<T> output(std::uint32_t port) const {
    return data_stream<T>(origin_.output_of(origin_.at(), port));
  }
  api::stream_origin origin_;
  std::vector<std::string> labels_;
};

/// A partitioner of the user: `stream.route(sage::to_instance([](const T& r, std::size_t n) { return r.id % n; }))`.
template <class F>
struct instance_partitioner {
  F choose;
};
template <class F>
[[nodiscard]] instance_partitioner<std::decay_t<F>> to_instance(F&& choose) {
  return {std::forward<F>(choose)};
}

template <class T>
template <filter_function<T> F>
split_streams<T> data_stream<T>::split(F&& predicate) const {
  using prototype = functions::instantiated<std::decay_t<F>>;
  graph::node& n = origin_.append("split", record_type_of<T>());
  n.outs = {&record_type_of<T>(), &record_type_of<T>()};
  n.one_to_one = n.stateless = true;
  auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(predicate));
  n.make = [shared](const graph::operator_options& options) -> operators::operator_ptr {
    using op = operators::split_operator<T, typename prototype::type, operators::choose_by_predicate>;
    return std::make_unique<op>(prototype::make(*shared), policy_of(options), operators::choose_by_predicate{}, 2);
  };
  return split_streams<T>(origin_.output_of(n));
}

template <class T>
template <label_function<T> F, class Label>
routed_stream<T> data_stream<T>::route(F&& label_of, std::initializer_list<Label> labels) const {
  using prototype = functions::instantiated<std::decay_t<F>>;
  std::vector<std::string> names;
  for (const Label& label : labels) names.emplace_back(label);
  graph::node& n = origin_.append("route", record_type_of<T>());
  n.outs.assign(names.size() + 1, &record_type_of<T>());
  n.one_to_one = n.stateless = true;
  auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(label_of));
  n.make = [shared, names](const graph::operator_options& options) -> operators::operator_ptr {
    using choose = operators::choose_by_label<std::string>;
    using op = operators::split_operator<T, typename prototype::type, choose>;
    return std::make_unique<op>(prototype::make(*shared), policy_of(options), choose{names}, names.size() + 1);
  };
  return routed_stream<T>(origin_.output_of(n), std::move(names));
}

template <class T>
template <partition_function<T> F>
data_stream<T> data_stream<T>::route(instance_partitioner<F> chooser) const {
  api::stream_origin next = origin_;
  next.partitioning = {};
  next.partitioning.kind = routing::partitioning::custom;
  next.partitioning.chooser = [choose = std::move(chooser.choose)](const batch_base& records, std::uint32_t instances,
                                                                   std::uint32_t* targets) {
    for (const T& record : static_cast<const batch<T>&>(records)) {
      *targets++ = static_cast<std::uint32_t>(choose(record, instances));
    }
  };
  next.partitioning_by_user = true;
  return data_stream<T>(std::move(next));
}

}  // namespace sage

template <class T>
struct std::tuple_size<sage::split_streams<T>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I, class T>
struct std::tuple_element<I, sage::split_streams<T>> {
  using type = sage::data_stream<T>;
};
