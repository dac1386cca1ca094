/// distinct: the first record of each key.
#pragma once

#include <utility>
#include <vector>

#include "sage/operators/keyed_operator.hpp"

namespace sage::operators {

/// Stands where a function operator wants a function and the operator has none.
struct no_function {};

/// Passes the first record of each key on and filters the others.
///
/// Shape       keyed<K, T> -> T; 1 -> 0..1
/// Emits       at once, in order
/// Drops       records of a key already seen, counted as filtered
/// Fails       by error policy, when the key's extractor throws
/// Items       go with their records; those of repeats end as filtered
/// Cost        O(1) per record; memory O(keys)
template <class T, class Extract>
class distinct_operator final : public keyed_operator<T, Extract, no_function> {
 public:
  distinct_operator(Extract extract, error_policy policy)
      : keyed_operator<T, Extract, no_function>(std::move(extract), no_function{}, policy) {}

 private:
  struct seen {};

  flow process(output& out) override {
    static_cast<void>(out);
    if (this->cursor_ == 0) {
      first_.clear();
      this->prepare_hashes();
    }
    const batch<T>& in = this->template input<T>();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    const bool items = this->has_items();
    for (const std::size_t stop = this->stop_; i < stop; ++i) {
      const std::size_t before = table_.size();
      table_.find_or_insert(this->key_of(in[i]), this->hashes_[i], [] { return seen{}; });
      if (table_.size() > before) {
        first_.push_back(static_cast<std::uint32_t>(i));
        ++this->fate_.passed;
      } else {
        ++this->fate_.filtered;
        if (items) this->end_item(i, item_end_reason::filtered);
      }
    }
    return flow::done;
  }

  void finish_batch(output& out) override {
    if (first_.size() == this->input_->size()) {
      out.emit(main_port, std::move(this->input_));
    } else if (!first_.empty()) {
      out.emit(main_port, select(this->input_, first_.data(), first_.size()));
    }
    first_.clear();
  }

  state::keyed_table<key_type_t<Extract, T>, seen> table_;
  std::vector<std::uint32_t> first_;
};

}  // namespace sage::operators
