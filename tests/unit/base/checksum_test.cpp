#include "sage/base/checksum.hpp"

#include <boost/crc.hpp>

#include "sage/base/rng.hpp"
#include "tests/catch.hpp"

using namespace sage;

TEST_CASE("CRC-32C is that of the standard's vectors", "[base][checksum]") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xE3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43);
}

TEST_CASE("CRC-32C is the same by whatever the machine has", "[base][checksum]") {
  rng random(11);
  for (int i = 0; i < 300; ++i) {
    std::string bytes;
    for (std::uint64_t left = random.below(200); left > 0; --left) bytes += static_cast<char>(random.below(256));
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    CHECK(crc32c(bytes) == crc.checksum());
  }
}

TEST_CASE("SHA-256 is that of the standard's vectors", "[base][checksum]") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
