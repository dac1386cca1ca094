/// Checksums of bytes: a quick one against accidents, a cryptographic one that names content.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sage {

/// CRC-32C (Castagnoli), as iSCSI and most file formats use it. O(bytes).
///
/// Source  RFC 3720, appendix B.4, has test vectors
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept;

/// SHA-256, fed piece by piece. For one thread at a time.
class sha256 {
 public:
  sha256();
  ~sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;

  void add(std::string_view bytes);
  /// 64 lower-case hexadecimal digits. Nothing may be added behind it.
  [[nodiscard]] std::string finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

[[nodiscard]] std::string sha256_of(std::string_view bytes);

}  // namespace sage
