// Which addresses are the public internet and which must never be fetched from.
#include "sage/agents/tools/ip_address.hpp"

#include <random>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage::tools;

namespace {

address_reach reach(const std::string& text) {
  INFO(text);
  const auto address = parse_ip_address(text);
  REQUIRE(address);
  return reach_of(*address);
}

}  // namespace

TEST_CASE("addresses are read strictly", "[agents][address]") {
  for (const char* good : {"0.0.0.0", "255.255.255.255", "::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1",
                           "2001:db8::1:2", "1:2:3:4:5:6:1.2.3.4", "1::8", "fe80::", "1:2:3:4:5:6:7::"}) {
    INFO(good);
    CHECK(parse_ip_address(good));
  }
  for (const char* bad : {"",
                          "1",
                          "1.2.3",
                          "1.2.3.4.5",
                          "1.2.3.256",
                          "01.2.3.4",
                          "1.2.3.4 ",
                          "0x7f.0.0.1",
                          "2130706433",
                          ":",
                          ":::",
                          "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9",
                          "1::2::3",
                          "::1%lo",
                          "[::1]",
                          "12345::",
                          "1:2:3:4:5:6:7:1.2.3.4",
                          "::1.2.3",
                          "1:",
                          ":1",
                          "g::",
                          "1::2:3:4:5:6:7:8",
                          "+1.2.3.4"}) {
    INFO(bad);
    CHECK_FALSE(parse_ip_address(bad));
  }
  CHECK(to_string(*parse_ip_address("192.0.2.7")) == "192.0.2.7");
  CHECK(to_string(*parse_ip_address("2001:db8::7")) == "2001:db8:0:0:0:0:0:7");
}

TEST_CASE("public addresses are public, up to the borders of what isn't", "[agents][address]") {
  for (const char* text :
       {"1.1.1.1",        "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0",      "192.167.255.255", "192.169.0.0",     "198.17.255.255",
        "198.20.0.0",     "223.255.255.255", "2606:4700::1111", "2a00:1450::1",    "2001:4860:4860::8888",
        "::ffff:8.8.8.8", "2003::1",         "3ffe::1"}) {
    INFO(text);
    CHECK(reach(text) == address_reach::public_internet);
  }
}

TEST_CASE("addresses that lead inward are told by kind", "[agents][address]") {
  CHECK(reach("127.0.0.1") == address_reach::loopback);
  CHECK(reach("127.255.255.255") == address_reach::loopback);
  CHECK(reach("::1") == address_reach::loopback);
  CHECK(reach("::ffff:127.0.0.1") == address_reach::loopback);
  CHECK(reach("::ffff:7f00:1") == address_reach::loopback);
  CHECK(reach("0.0.0.0") == address_reach::unspecified);
  CHECK(reach("0.1.2.3") == address_reach::unspecified);
  CHECK(reach("::") == address_reach::unspecified);
  CHECK(reach("10.0.0.1") == address_reach::private_network);
  CHECK(reach("172.16.0.0") == address_reach::private_network);
  CHECK(reach("172.31.255.255") == address_reach::private_network);
  CHECK(reach("192.168.1.1") == address_reach::private_network);
  CHECK(reach("::ffff:192.168.1.1") == address_reach::private_network);
  CHECK(reach("fd00:ec2::254") == address_reach::private_network);
  CHECK(reach("fc00::") == address_reach::private_network);
  CHECK(reach("fec0::1") == address_reach::private_network);
  CHECK(reach("169.254.169.254") == address_reach::link_local);
  CHECK(reach("::ffff:169.254.169.254") == address_reach::link_local);
  CHECK(reach("fe80::1") == address_reach::link_local);
  CHECK(reach("febf::1") == address_reach::link_local);
  CHECK(reach("100.64.0.1") == address_reach::shared);
  CHECK(reach("100.100.100.200") == address_reach::shared);
  CHECK(reach("168.63.129.16") == address_reach::metadata);
  CHECK(reach("224.0.0.1") == address_reach::multicast);
  CHECK(reach("255.255.255.255") == address_reach::multicast);
  CHECK(reach("ff02::1") == address_reach::multicast);
  CHECK(reach("64:ff9b::7f00:1") == address_reach::translated);
  CHECK(reach("64:ff9b:1::1") == address_reach::translated);
  CHECK(reach("2002:7f00:1::") == address_reach::translated);
  CHECK(reach("2001:0:1::") == address_reach::translated);
  CHECK(reach("192.88.99.1") == address_reach::translated);
  for (const char* text : {"192.0.0.192", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
                           "240.0.0.1", "2001:db8::1", "2001:2::1", "3fff::1", "::7f00:1", "::127.0.0.1", "100::1",
                           "5f00::1", "4000::1", "8000::1"}) {
    INFO(text);
    CHECK(reach(text) == address_reach::reserved);
  }
}

TEST_CASE("what is written is read again, and a mapped address is judged as what it is", "[agents][address]") {
  sage::test::for_each_seed(300, [](std::mt19937_64& random) {
    ip_address address;
    address.is_v4 = random() % 2 == 0;
    for (std::size_t i = 0; i < (address.is_v4 ? 4u : 16u); ++i)
      address.bytes[i] = static_cast<std::uint8_t>(random());
    CHECK(parse_ip_address(to_string(address)) == address);
    if (!address.is_v4) return;
    CHECK(reach(to_string(address)) == reach("::ffff:" + to_string(address)));
  });
}
