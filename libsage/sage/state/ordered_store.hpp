/// The port behind state that is larger than memory: bytes by bytes, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/error.hpp"

namespace sage::state {

/// A store that can't do its work. It fails the job: no record is to blame, and no error policy may forgive it.
class store_failure : public error {
 public:
  using error::error;
};

/// Writes that take effect together, in their order.
class write_group {
 public:
  struct write {
    std::string_view key;
    std::string_view value;
    bool is_put;
  };

  void put(std::string_view key, std::string_view value) { add(key, value, true); }
  void erase(std::string_view key) { add(key, {}, false); }
  [[nodiscard]] std::size_t size() const noexcept { return spans_.size(); }
  [[nodiscard]] bool empty() const noexcept { return spans_.empty(); }
  [[nodiscard]] write at(std::size_t number) const noexcept {
    const span& s = spans_[number];
    const std::string_view all = bytes_;
    return {all.substr(s.at, s.key), all.substr(s.at + s.key, s.value), s.is_put};
  }
  void clear() noexcept {
    bytes_.clear();
    spans_.clear();
  }

 private:
  struct span {
    std::size_t at;
    std::size_t key;
    std::size_t value;
    bool is_put;
  };
  void add(std::string_view key, std::string_view value, bool is_put) {
    spans_.push_back({bytes_.size(), key.size(), value.size(), is_put});
    bytes_.append(key).append(value);
  }

  std::string bytes_;
  std::vector<span> spans_;
};

/// A map from bytes to bytes, ordered by unsigned bytes. Belongs to one instance: one thread at a time. Every call
/// throws store_failure with errc::io when the disk fails.
class ordered_store {
 public:
  using found = std::function<void(std::size_t number, std::string_view value)>;
  using visit = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~ordered_store() = default;
  /// Looks all `keys` up and calls `each` for those that are there.
  virtual void get(std::span<const std::string_view> keys, const found& each) = 0;
  virtual void write(const write_group& group) = 0;
  /// Visits what lies in [from, to) in order until `each` returns false. What is written meanwhile isn't seen.
  virtual void scan(std::string_view from, std::string_view to, const visit& each) = 0;
};

/// Where the operators of one job keep state that doesn't fit into memory. Thread-safe.
class state_backend {
 public:
  virtual ~state_backend() = default;
  /// An empty store for one instance of an operator. Throws errc::io.
  [[nodiscard]] virtual std::unique_ptr<ordered_store> open(const std::string& operator_name,
                                                            std::size_t instance) = 0;
  /// How many bytes of rows one instance keeps in memory before it moves the coldest out.
  [[nodiscard]] virtual std::size_t row_bytes_max() const noexcept = 0;
  /// The same as a number of rows, for tests that want few; 0 is by bytes alone.
  [[nodiscard]] virtual std::size_t rows_max() const noexcept { return 0; }
};

}  // namespace sage::state
