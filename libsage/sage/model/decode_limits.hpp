/// What a decoder accepts from outside before it gives up.
#pragma once

#include <cstdint>

namespace sage {

/// Bounds of one decoded value. Beyond any of them decoding ends with errc::limit.
struct decode_limits {
  std::uint32_t depth_max = 64;                ///< lists, maps and records inside each other: bounds the stack
  std::uint64_t bytes_max = 64 * 1024 * 1024;  ///< of encoded input: bounds the time
  std::uint64_t elements_max = 1000 * 1000;    ///< list elements and map entries in all: bounds the memory
};

/// How a decoder meets input that does not fit the type exactly.
enum class decode_mode : std::uint8_t {
  tolerant,  ///< unknown fields are skipped, missing ones keep their default: versions may differ
  complete,  ///< unknown fields are skipped, a missing one is an error unless it is optional
  strict,    ///< an unknown field is an error, and so is a missing one unless it is optional
};

}  // namespace sage
