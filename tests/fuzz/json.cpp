/// Any text given to the JSON decoder ends in a value or an error; a value survives being encoded again.
#include "sage/model/json.hpp"

#include "../unit/model/sample_records.hpp"

namespace {

template <class T>
void try_one(std::string_view text, sage::decode_mode mode) {
  const auto value = sage::from_json<T>(text, {.depth_max = 32, .bytes_max = 1 << 20, .elements_max = 10000}, mode);
  if (!value) {
    if (value.error().message().empty()) __builtin_trap();
    return;
  }
  const std::string encoded = sage::to_json(*value);
  const auto again = sage::from_json<T>(encoded);
  if (!again) __builtin_trap();
  // An unordered map may change its order; its text keeps its length.
  if (sage::to_json(*again).size() != encoded.size()) __builtin_trap();
  if (sage::to_shown_json(*value).empty()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try_one<sage::dynamic_value>(text, sage::decode_mode::tolerant);
  try_one<samples::scalars>(text, sage::decode_mode::tolerant);
  try_one<samples::compounds>(text, sage::decode_mode::tolerant);
  try_one<samples::log_line>(text, sage::decode_mode::strict);
  return 0;
}
