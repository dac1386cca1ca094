/// Splits text into words.
#pragma once

#include <array>
#include <cstddef>

#include <sage/sage.hpp>

namespace word_count {

/// A word is a maximal run of bytes that are not ASCII white space: space, \t, \n, \v, \f, \r. Case is kept.
struct words {
  void operator()(sage::slice line, sage::collector<sage::slice>& out) const {
    const char* at = line.data();
    const char* const end = at + line.size();
    while (at != end) {
      while (at != end && is_space(*at)) ++at;
      const char* const begin = at;
      while (at != end && !is_space(*at)) ++at;
      if (at != begin) out.push(sage::slice(begin, static_cast<std::size_t>(at - begin)));
    }
  }

 private:
  static bool is_space(char c) noexcept { return spaces_[static_cast<unsigned char>(c)]; }

  static constexpr std::array<bool, 256> spaces_ = [] {
    std::array<bool, 256> table{};
    for (const char c : {' ', '\t', '\n', '\v', '\f', '\r'}) table[static_cast<unsigned char>(c)] = true;
    return table;
  }();
};

}  // namespace word_count
