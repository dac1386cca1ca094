/// A value or the error that took its place: how libsage reports expected failures inside.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "sage/base/error.hpp"

namespace sage {

/// Holds a `T` or a `sage::error`. Expected failures travel in it; the public API turns it into an exception
/// with `value()`.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}                // NOLINT: implicit by design
  result(sage::error problem) : content_(std::in_place_index<1>, std::move(problem)) {}  // NOLINT

  [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& operator*() & noexcept { return *std::get_if<0>(&content_); }
  [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&content_); }
  [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<0>(&content_)); }
  [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&content_); }
  [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&content_); }

  [[nodiscard]] const sage::error& error() const noexcept { return *std::get_if<1>(&content_); }

  /// The value, or throws the error. Of a temporary result by value, so that `for (x : list().value())` is safe.
  T& value() & {
    if (!has_value()) throw error();
    return **this;
  }
  T value() && {
    if (!has_value()) throw error();
    return std::move(*std::get_if<0>(&content_));
  }

 private:
  std::variant<T, sage::error> content_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(sage::error problem) : problem_(std::move(problem)) {}  // NOLINT: implicit by design

  [[nodiscard]] bool has_value() const noexcept { return !problem_; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] const sage::error& error() const noexcept { return *problem_; }
  void value() const {
    if (problem_) throw *problem_;
  }

 private:
  std::optional<sage::error> problem_;
};

}  // namespace sage
