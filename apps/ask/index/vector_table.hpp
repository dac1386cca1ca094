/// The vectors of passages, one behind the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ask {

/// Vectors of one dimension and of length 1, numbered from 0. Movable and copyable.
class vector_table {
 public:
  /// Adds the vector of passage `number` of the document at `path`, scaled to length 1. All passages have one or none
  /// has.
  ///
  /// Fails  errc::parse for a vector of another dimension than those before, of numbers that aren't, or of zeros, and
  ///        where some passages have one and others don't
  void add(std::span<const float> vector, std::uint32_t number, std::string_view path);

  /// Appends all of `other`, which becomes empty. Fails as `add` does.
  void append(vector_table&& other);

  [[nodiscard]] bool empty() const noexcept { return numbers_.empty(); }
  [[nodiscard]] std::uint32_t size() const noexcept;
  [[nodiscard]] std::uint32_t dimensions() const noexcept { return dimensions_; }
  [[nodiscard]] std::span<const float> operator[](std::uint32_t number) const noexcept {
    return std::span(numbers_).subspan(std::size_t{number} * dimensions_, dimensions_);
  }

 private:
  std::uint32_t dimensions_ = 0;
  std::vector<float> numbers_;
};

/// `vector` with length 1. Fails errc::parse for numbers that aren't, and for zeros.
[[nodiscard]] std::vector<float> scaled_to_one(std::span<const float> vector, std::string_view where);

}  // namespace ask
