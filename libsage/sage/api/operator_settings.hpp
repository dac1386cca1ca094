/// What can be said of every operator, right behind the call that made it.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "sage/api/graph_builder.hpp"
#include "sage/functions/error_policy.hpp"

namespace sage::api {

/// Fluent setters; each concerns the operator whose output the stream is and returns the stream.
template <class Self>
class operator_settings {
 public:
  /// Names the operator in errors, metrics and graphs.
  Self& name(std::string name) {
    graph::node& n = node();
    if (!n.uid_by_user) n.uid = name;
    n.name = std::move(name);
    return self();
  }
  /// Gives the operator an identity that survives changes of the graph around it.
  Self& uid(std::string uid) {
    node().uid = std::move(uid);
    node().uid_by_user = true;
    return self();
  }
  /// Sets the number of instances, 1 to 4096.
  Self& parallelism(std::size_t instances) {
    node().options.parallelism = instances;
    return self();
  }
  /// Sets the records per batch that it aims at, 1 to 2^20.
  Self& batch_size(std::size_t records) {
    node().options.batch_size = records;
    return self();
  }
  /// Keeps the operator out of the actor of the one before it.
  Self& start_chain() {
    node().options.start_chain = true;
    return self();
  }
  /// Says what happens to a record on which the function threw.
  Self& on_error(error_policy policy) {
    node().options.on_error = policy;
    return self();
  }
  /// Bounds what one instance of a keyed operator may remember: of a key (of windows: of one window of a key), and in
  /// all; 0 is without bound. A record whose state would be larger fails with errc::limit, so `on_error` is the
  /// policy. Sizes are estimates (state::value_bytes); measuring accumulators that own containers costs as much as
  /// they hold.
  Self& state_bytes_max(std::size_t of_key, std::size_t in_all) {
    node().options.state_limits = {of_key, in_all};
    return self();
  }
  /// Says that the function may block, so that its instances get threads of their own.
  Self& blocking() {
    node().options.blocking = true;
    return self();
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
  graph::node& node() { return static_cast<Self&>(*this).origin().at(); }
};

/// What ends a stream: the sink's settings.
class sink_handle : public operator_settings<sink_handle> {
 public:
  explicit sink_handle(stream_origin origin) : origin_(std::move(origin)) {}
  [[nodiscard]] const stream_origin& origin() const noexcept { return origin_; }

 private:
  stream_origin origin_;
};

}  // namespace sage::api
