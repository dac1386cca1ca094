/// assign_timestamps: the node behind the call.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "sage/api/data_stream.hpp"

namespace sage {

template <class T>
template <class F, class G>
data_stream<T> data_stream<T>::add_timestamps(F&& extract, G generator, const operators::watermark_rules& rules,
                                              std::shared_ptr<functions::alignment_group> group) const {
  graph::node& n = origin_.append("assign_timestamps", record_type_of<T>());
  n.outs = {&record_type_of<T>()};
  n.one_to_one = true;
  n.holds_source = group != nullptr;
  n.make = [extract = std::decay_t<F>(std::forward<F>(extract)), generator = std::move(generator), rules,
            group = std::move(group)](const graph::operator_options& options) -> operators::operator_ptr {
    using op = operators::timestamp_operator<T, std::decay_t<F>, G>;
    return std::make_unique<op>(extract, generator, rules, policy_of(options), group);
  };
  return data_stream<T>(origin_.output_of(n));
}

}  // namespace sage
