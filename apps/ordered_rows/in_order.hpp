/// An operator that several programs use: all rows in one order, whatever the parallelism.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sage/sage.hpp>

namespace ordered_rows {

/// Puts all rows in order: the result of several instances comes in any.
///
/// Shape       Row -> Row; all -> all, in order
/// Emits       at the end of the input
/// Holds back  everything until then
/// Snapshot    all rows
/// Cost        O(n log n); memory for all rows
template <class Row>
class in_order final : public sage::operators::operator_base {
 public:
  using input_type = Row;
  using output_type = Row;

  void open(sage::context& self) override { self_ = &self; }
  sage::operators::flow on_batch(sage::batch_ref records, sage::operators::output& out) override {
    static_cast<void>(out);
    const bool only_owner = records->unique();
    for (Row& row : static_cast<sage::batch<Row>&>(*records)) rows_.push_back(only_owner ? std::move(row) : row);
    fate_.passed += records->size();
    return sage::operators::flow::done;
  }
  sage::operators::flow on_end(sage::operators::output& out) override {
    std::sort(rows_.begin(), rows_.end());
    return resume(out);
  }
  sage::operators::flow resume(sage::operators::output& out) override {
    while (emitted_ < rows_.size()) {
      const std::size_t count = std::min(self_->batch_size(), rows_.size() - emitted_);
      auto made = sage::batch<Row>::make(self_->pool(), count);
      for (std::size_t i = 0; i < count; ++i) made->emplace_back(std::move(rows_[emitted_++]));
      if (!out.emit(sage::operators::main_port, sage::erase(std::move(made))))
        return sage::operators::flow::suspended;
    }
    return sage::operators::flow::done;
  }

  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (sage::encodable<Row>) return std::nullopt;
    return "its rows can't be written: describe their type with SAGE_DESCRIBE";
  }
  void snapshot(sage::state::snapshot_writer& to) override {
    if constexpr (sage::encodable<Row>) {
      // One by one: a checkpoint may be of more rows than a value may have elements.
      std::string bytes;
      for (const Row& row : rows_) {
        bytes.clear();
        sage::append_msgpack(bytes, row);
        to.put_row('r', 0, {}, bytes);
      }
    }
  }
  void restore(const sage::state::snapshot_reader& from) override {
    if constexpr (sage::encodable<Row>) {
      from.for_each_row('r', [&](std::string_view, std::string_view bytes) {
        auto row = sage::from_msgpack<Row>(bytes);
        if (!row) sage::state::refuse_snapshot(from.uid(), row.error().message());
        rows_.push_back(*std::move(row));
      });
    }
  }

 private:
  sage::context* self_ = nullptr;
  std::vector<Row> rows_;
  std::size_t emitted_ = 0;
};

/// The rows as CSV, in order.
template <class Row>
void write_in_order(const sage::data_stream<Row>& rows, const std::string& output, std::string name = "output") {
  rows.transform("in_order_" + name, [] { return std::make_unique<in_order<Row>>(); })
      .parallelism(1)
      .sink(sage::file::csv_sink<Row>(output))
      .name(std::move(name));
}

}  // namespace ordered_rows
