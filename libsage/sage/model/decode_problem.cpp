#include "sage/model/decode_problem.hpp"

#include "sage/base/utf8.hpp"

namespace sage {

namespace {
constexpr std::size_t name_bytes_max = 64;  // map keys come from outside; a path is for people
}  // namespace

void decode_problem::in_field(std::string_view name) {
  std::string longer;
  append_repaired_utf8(longer, name.substr(0, name_bytes_max));
  if (name.size() > name_bytes_max) longer += "...";
  if (!path.empty() && path.front() != '[') longer += '.';
  path.insert(0, longer);
}

void decode_problem::in_element(std::size_t index) {
  std::string longer = "[" + std::to_string(index) + "]";
  if (!path.empty() && path.front() != '[') longer += '.';
  path.insert(0, longer);
}

error decode_problem::to_error(std::string_view source, std::uint64_t lines_before) const {
  std::string where(source);
  if (line != 0) {
    if (!where.empty()) where += ':';
    where += std::to_string(lines_before + line) + ":" + std::to_string(column);
  } else if (offset != 0) {
    if (!where.empty()) where += ": ";
    where += "byte " + std::to_string(offset);
  }
  return error(code, path.empty() ? message : path + ": " + message, where, advice);
}

}  // namespace sage
