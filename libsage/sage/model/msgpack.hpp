/// Records as MessagePack and back: `to_msgpack(click)`, `from_msgpack<click>(bytes)`.
///
/// Maps by field name; unknown fields are skipped, missing ones keep their default, one that is there twice is an
/// error. docs/formats/msgpack.md says how each type looks.
#pragma once

#include <string>
#include <string_view>

#include "sage/base/result.hpp"
#include "sage/model/decode_limits.hpp"
#include "sage/model/decode_problem.hpp"
#include "sage/model/value_codec.hpp"

namespace sage {

namespace codecs {
void append_msgpack(std::string& out, const void* value, write_function write);
[[nodiscard]] bool decode_msgpack(std::string_view bytes, void* value, read_function read, decode_problem& problem,
                                  const decode_limits& limits, decode_mode mode);
}  // namespace codecs

/// Appends `value`. Secrets are left out. Throws errc::invalid_argument or errc::limit, with `out` as it was, for a
/// time beyond 64 bits of milliseconds, a value nested too deep or too large.
template <encodable T>
void append_msgpack(std::string& out, const T& value) {
  codecs::append_msgpack(out, &value, &codecs::write_erased<T>);
}

/// `value` as bytes; as `append_msgpack`.
template <encodable T>
[[nodiscard]] std::string to_msgpack(const T& value) {
  std::string out;
  append_msgpack(out, value);
  return out;
}

/// Reads `bytes` into `value`, which holds defaults for what is missing. False fills `problem` and leaves `value`
/// half read. O(bytes).
template <encodable T>
[[nodiscard]] bool decode_msgpack(std::string_view bytes, T& value, decode_problem& problem,
                                  const decode_limits& limits = {}, decode_mode mode = decode_mode::tolerant) {
  return codecs::decode_msgpack(bytes, &value, &codecs::read_erased<T>, problem, limits, mode);
}

/// The value that `bytes` are, or an error with the position and the path to the field.
template <encodable T>
[[nodiscard]] result<T> from_msgpack(std::string_view bytes, const decode_limits& limits = {},
                                     decode_mode mode = decode_mode::tolerant) {
  T value{};
  decode_problem problem;
  if (!decode_msgpack(bytes, value, problem, limits, mode)) return problem.to_error();
  return value;
}

}  // namespace sage
