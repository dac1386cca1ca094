/// Any bytes given to the MessagePack decoder end in a value or an error; a value survives being encoded again.
#include "sage/model/msgpack.hpp"

#include "../unit/model/sample_records.hpp"

namespace {

template <class T>
void try_one(std::string_view bytes, sage::decode_mode mode) {
  const auto value =
      sage::from_msgpack<T>(bytes, {.depth_max = 32, .bytes_max = 1 << 20, .elements_max = 10000}, mode);
  if (!value) {
    if (value.error().message().empty()) __builtin_trap();
    return;
  }
  const std::string encoded = sage::to_msgpack(*value);
  const auto again = sage::from_msgpack<T>(encoded);
  if (!again) __builtin_trap();
  // An unordered map may change its order; its bytes keep their number.
  if (sage::to_msgpack(*again).size() != encoded.size()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  try_one<sage::dynamic_value>(input, sage::decode_mode::tolerant);
  try_one<samples::scalars>(input, sage::decode_mode::tolerant);
  try_one<samples::compounds>(input, sage::decode_mode::tolerant);
  try_one<samples::log_line>(input, sage::decode_mode::strict);
  return 0;
}
