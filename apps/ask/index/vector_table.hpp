/// The vectors of passages, one behind the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ask {

/// Vectors of one dimension and of length 1, numbered from 0; each belongs to a passage, which may have several of
/// them. Movable and copyable.
class vector_table {
 public:
  /// Adds the vectors of passage `number` of the document at `path`, scaled to length 1. Passages come in their
  /// order; all have vectors or none has.
  ///
  /// Fails  errc::parse for a vector of another dimension than those before, of numbers that aren't, or of zeros, and
  ///        where some passages have vectors and others don't
  void add(std::span<const std::vector<float>> vectors, std::uint32_t number, std::string_view path);

  /// Appends all of `other`, which becomes empty; its passages are numbered behind ours. Fails as `add` does.
  void append(vector_table&& other);

  [[nodiscard]] bool empty() const noexcept { return owners_.empty(); }
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(owners_.size()); }
  /// Passages that have vectors.
  [[nodiscard]] std::uint32_t passages() const noexcept { return owners_.empty() ? 0 : owners_.back() + 1; }
  [[nodiscard]] std::uint32_t dimensions() const noexcept { return dimensions_; }
  [[nodiscard]] std::span<const float> operator[](std::uint32_t number) const noexcept {
    return std::span(numbers_).subspan(std::size_t{number} * dimensions_, dimensions_);
  }
  /// The passage of each vector, ascending.
  [[nodiscard]] const std::vector<std::uint32_t>& owners() const noexcept { return owners_; }

 private:
  void add(std::span<const float> vector, std::string_view path);

  std::uint32_t dimensions_ = 0;
  std::vector<float> numbers_;
  std::vector<std::uint32_t> owners_;
};

/// `vector` with length 1. Fails errc::parse for numbers that aren't, and for zeros.
[[nodiscard]] std::vector<float> scaled_to_one(std::span<const float> vector, std::string_view where);

}  // namespace ask
