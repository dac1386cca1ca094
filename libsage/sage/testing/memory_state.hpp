/// A store of keyed state for tests: in memory, watched, and failing when it is told to.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sage/state/ordered_store.hpp"

namespace sage::testing {

/// Keeps what operators move out of their memory in a map. Operators keep `rows_max` rows themselves.
class memory_state final : public state::state_backend {
 public:
  explicit memory_state(std::size_t rows_max) : rows_max_(rows_max) {}

  [[nodiscard]] std::unique_ptr<state::ordered_store> open(const std::string& operator_name,
                                                           std::size_t instance) override {
    static_cast<void>(operator_name);
    static_cast<void>(instance);
    return std::make_unique<store>(*this);
  }
  [[nodiscard]] std::size_t row_bytes_max() const noexcept override { return ~std::size_t{0}; }
  [[nodiscard]] std::size_t rows_max() const noexcept override { return rows_max_; }

  /// Rows read and found, and rows written or erased.
  [[nodiscard]] std::size_t reads() const noexcept { return reads_; }
  [[nodiscard]] std::size_t writes() const noexcept { return writes_; }
  /// The write after `writes` more of them fails, and so do all behind it.
  void fail_after(std::size_t writes) noexcept { fails_at_ = writes_ + writes; }

 private:
  class store final : public state::ordered_store {
   public:
    explicit store(memory_state& owner) noexcept : owner_(owner) {}
    void get(std::span<const std::string_view> keys, const found& each) override {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto at = values_.find(keys[i]);
        if (at == values_.end()) continue;
        ++owner_.reads_;
        each(i, at->second);
      }
    }
    void write(const state::write_group& group) override {
      for (std::size_t i = 0; i < group.size(); ++i) {
        if (owner_.fails_at_ && owner_.writes_ >= *owner_.fails_at_) {
          throw state::store_failure(errc::io, "no space left in the test's store");
        }
        ++owner_.writes_;
        const state::write_group::write one = group.at(i);
        if (one.is_put) {
          values_.insert_or_assign(std::string(one.key), std::string(one.value));
        } else if (const auto at = values_.find(one.key); at != values_.end()) {
          values_.erase(at);
        }
      }
    }
    void scan(std::string_view from, std::string_view to, const visit& each) override {
      const auto frozen = values_;  // what is written meanwhile isn't seen
      for (auto at = frozen.lower_bound(from); at != frozen.end() && at->first < to; ++at) {
        if (!each(at->first, at->second)) return;
      }
    }

   private:
    memory_state& owner_;
    std::map<std::string, std::string, std::less<>> values_;
  };

  std::size_t rows_max_;
  std::size_t reads_ = 0;
  std::size_t writes_ = 0;
  std::optional<std::size_t> fails_at_;
};

}  // namespace sage::testing
