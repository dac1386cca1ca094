/// Sources from memory: collections, ranges of numbers, generators.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/connectors/memory/turn_watch.hpp"
#include "sage/functions/function.hpp"
#include "sage/operators/source.hpp"

namespace sage {

/// The records of a vector, in order; one split. Copyable records are copied from the vector, which all readers
/// share, so that a job can be restarted; others are moved out of it, once.
template <class T>
class collection {
 public:
  using record_type = T;
  explicit collection(std::vector<T> records) : records_(std::make_shared<std::vector<T>>(std::move(records))) {}

  static const char* kind() { return "collection"; }
  [[nodiscard]] source_plan plan() const {
    source_plan p;
    p.splits = {split{"collection", 0, records_->size(), 0}};
    p.records_total = records_->size();
    return p;
  }
  [[nodiscard]] std::unique_ptr<source_reader<T>> make_reader() const { return std::make_unique<reader>(records_); }

 private:
  class reader final : public source_reader<T> {
   public:
    explicit reader(std::shared_ptr<std::vector<T>> records) : records_(std::move(records)) {}
    void start(const split& part, std::uint64_t position) override {
      static_cast<void>(part);
      next_ = position;
    }
    read_status read(batch<T>& into, std::size_t records_max) override {
      const std::size_t count = std::min<std::size_t>(records_max, records_->size() - next_);
      for (std::size_t i = 0; i < count; ++i, ++next_) {
        if constexpr (std::copy_constructible<T>) {
          into.emplace_back(std::as_const((*records_)[next_]));
        } else {
          into.emplace_back(std::move((*records_)[next_]));
        }
      }
      return next_ == records_->size() ? read_status::end_of_split : read_status::more;
    }
    std::uint64_t position() const override { return next_; }

   private:
    std::shared_ptr<std::vector<T>> records_;
    std::size_t next_ = 0;
  };
  std::shared_ptr<std::vector<T>> records_;
};

/// The integers of [begin, end) in order, in `splits` parts of about equal size.
template <std::integral T = std::int64_t>
class range {
 public:
  using record_type = T;
  range(T begin, T end, std::size_t splits = 1)
      : begin_(begin), end_(std::max(begin, end)), splits_(std::max<std::size_t>(splits, 1)) {}

  static const char* kind() { return "range"; }
  [[nodiscard]] source_plan plan() const {
    source_plan p;
    const std::uint64_t size = static_cast<std::uint64_t>(end_) - static_cast<std::uint64_t>(begin_);
    for (std::size_t i = 0; i < splits_; ++i) {
      p.splits.push_back(split{"range", size / splits_ * i + std::min<std::uint64_t>(i, size % splits_),
                               size / splits_ * (i + 1) + std::min<std::uint64_t>(i + 1, size % splits_), 0});
    }
    p.records_total = size;
    return p;
  }
  [[nodiscard]] std::unique_ptr<source_reader<T>> make_reader() const { return std::make_unique<reader>(begin_); }

 private:
  class reader final : public source_reader<T> {
   public:
    explicit reader(T base) : base_(base) {}
    void start(const split& part, std::uint64_t position) override {
      next_ = position;
      end_ = part.end;
    }
    read_status read(batch<T>& into, std::size_t records_max) override {
      const std::size_t count = std::min<std::uint64_t>(records_max, end_ - next_);
      T* const target = into.end();
      const T first = static_cast<T>(static_cast<std::uint64_t>(base_) + next_);
      for (std::size_t i = 0; i < count; ++i) target[i] = static_cast<T>(first + static_cast<T>(i));
      into.set_size(into.size() + count);
      next_ += count;
      return next_ == end_ ? read_status::end_of_split : read_status::more;
    }
    std::uint64_t position() const override { return next_; }

   private:
    T base_;
    std::uint64_t next_ = 0;
    std::uint64_t end_ = 0;
  };
  T begin_;
  T end_;
  std::size_t splits_;
};

/// A function without arguments that returns `std::optional<T>`; nothing ends the stream.
template <class F>
concept generator_function = requires(functions::instantiated_t<F>& f) {
  { f().has_value() } -> std::convertible_to<bool>;
  *f();
};

/// Records that a function makes until it returns nothing. One split; not replayable.
template <class F>
requires generator_function<F>
class generator {
  using prototype = functions::instantiated<F>;
  using function_type = typename prototype::type;

 public:
  using record_type = std::remove_cvref_t<decltype(*std::declval<function_type&>()())>;
  explicit generator(F make) : make_(std::move(make)) {}

  /// Says that the function may block, so that it gets a thread of its own.
  generator& blocking() {
    blocking_ = true;
    return *this;
  }
  static const char* kind() { return "generator"; }
  [[nodiscard]] source_plan plan() const {
    source_plan p;
    p.splits = {split{"generator", 0, 0, 0}};
    p.blocking = blocking_;
    p.replayable = false;
    return p;
  }
  [[nodiscard]] std::unique_ptr<source_reader<record_type>> make_reader() const {
    return std::make_unique<reader>(prototype::make(make_), blocking_);
  }

 private:
  class reader final : public source_reader<record_type> {
   public:
    reader(function_type make, bool blocking) : make_(std::move(make)), blocking_(blocking) {}
    void open(context& self) override {
      turn_.open(self);
      functions::open(make_, self);
    }
    void start(const split& part, std::uint64_t position) override {
      static_cast<void>(part);
      position_ = position;
    }
    read_status read(batch<record_type>& into, std::size_t records_max) override {
      // A function that blocks has one record at a time to give: it leaves at once.
      const std::size_t count = blocking_ ? 1 : records_max;
      turn_.begin();
      for (std::size_t i = 0; i < count && !turn_.is_over(i); ++i) {
        auto next = make_();
        if (!next) return read_status::end_of_split;
        into.emplace_back(*std::move(next));
        ++position_;
      }
      return read_status::more;
    }
    std::uint64_t position() const override { return position_; }
    void close() override { functions::close(make_); }

   private:
    function_type make_;
    bool blocking_;
    turn_watch turn_;
    std::uint64_t position_ = 0;
  };
  F make_;
  bool blocking_ = false;
};
template <class F>
generator(F) -> generator<F>;

}  // namespace sage
