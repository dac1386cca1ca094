#include "sage/model/msgpack.hpp"

#include <limits>
#include <string>

#include "tests/catch.hpp"
#include "tests/unit/model/sample_records.hpp"

using sage::from_msgpack;
using sage::to_msgpack;

namespace {

std::string bytes_of(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out.push_back(static_cast<char>(byte));
  return out;
}

template <class T>
std::string error_of(const std::string& bytes, const sage::decode_limits& limits = {},
                     sage::decode_mode mode = sage::decode_mode::tolerant) {
  const auto value = from_msgpack<T>(bytes, limits, mode);
  return value ? "no error" : value.error().what();
}

struct version_1 {
  std::string name;
  int count = 0;
  bool operator==(const version_1&) const = default;
};
SAGE_DESCRIBE(version_1, name, count)

struct version_2 {
  int count = 0;
  std::vector<std::string> tags;
  std::string name;
  double weight = 2.5;
  bool operator==(const version_2&) const = default;
};
SAGE_DESCRIBE(version_2, count, tags, name, weight)

}  // namespace

TEST_CASE("a record is a map by field name, each number in its shortest form", "[model][msgpack]") {
  CHECK(to_msgpack(version_1{"ab", 300}) ==
        bytes_of({0x82, 0xa4, 'n', 'a', 'm', 'e', 0xa2, 'a', 'b', 0xa5, 'c', 'o', 'u', 'n', 't', 0xcd, 0x01, 0x2c}));
  CHECK(to_msgpack(0) == bytes_of({0x00}));
  CHECK(to_msgpack(127) == bytes_of({0x7f}));
  CHECK(to_msgpack(128) == bytes_of({0xcc, 0x80}));
  CHECK(to_msgpack(65536) == bytes_of({0xce, 0, 1, 0, 0}));
  CHECK(to_msgpack(std::uint64_t{1} << 32) == bytes_of({0xcf, 0, 0, 0, 1, 0, 0, 0, 0}));
  CHECK(to_msgpack(-1) == bytes_of({0xff}));
  CHECK(to_msgpack(-32) == bytes_of({0xe0}));
  CHECK(to_msgpack(-33) == bytes_of({0xd0, 0xdf}));
  CHECK(to_msgpack(-129) == bytes_of({0xd1, 0xff, 0x7f}));
  CHECK(to_msgpack(-32769) == bytes_of({0xd2, 0xff, 0xff, 0x7f, 0xff}));
  CHECK(to_msgpack(std::numeric_limits<std::int64_t>::min()) == bytes_of({0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0}));
  CHECK(to_msgpack(1.0f) == bytes_of({0xca, 0x3f, 0x80, 0, 0}));
  CHECK(to_msgpack(1.0) == bytes_of({0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0}));
  CHECK(to_msgpack(true) == bytes_of({0xc3}));
  CHECK(to_msgpack(std::optional<int>()) == bytes_of({0xc0}));
  CHECK(to_msgpack(std::vector<int>{1, 2}) == bytes_of({0x92, 1, 2}));
  CHECK(to_msgpack(std::map<int, bool>{{5, false}}) == bytes_of({0x81, 5, 0xc2}));
  CHECK(to_msgpack(std::vector<std::byte>{std::byte{9}}) == bytes_of({0xc4, 1, 9}));
}

TEST_CASE("whole numbers of every size cross unchanged", "[model][msgpack]") {
  for (int shift = 0; shift < 64; ++shift) {
    for (const int nudge : {-1, 0, 1}) {
      const std::uint64_t number = (std::uint64_t{1} << shift) + static_cast<std::uint64_t>(nudge);
      const auto negative = static_cast<std::int64_t>(0 - number);
      CHECK(from_msgpack<std::uint64_t>(to_msgpack(number)).value() == number);
      CHECK(from_msgpack<std::int64_t>(to_msgpack(negative)).value() == negative);
    }
  }
}

TEST_CASE("text and containers of every size form cross unchanged", "[model][msgpack]") {
  for (const std::size_t size : {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536, 70000}) {
    CAPTURE(size);
    const std::string text(size, 'x');
    CHECK(from_msgpack<std::string>(to_msgpack(text)).value() == text);
    const std::vector<std::byte> raw(size, std::byte{200});
    CHECK(from_msgpack<std::vector<std::byte>>(to_msgpack(raw)).value() == raw);
    const std::vector<bool> list(size, true);
    CHECK(from_msgpack<std::vector<bool>>(to_msgpack(list)).value() == list);
    std::map<int, int> map;
    for (std::size_t i = 0; i < size; ++i) map.emplace_hint(map.end(), static_cast<int>(i) - 100, 1);
    CHECK(from_msgpack<std::map<int, int>>(to_msgpack(map)).value() == map);
  }
}

TEST_CASE("text that is not UTF-8 travels as bin and arrives as it was", "[model][msgpack]") {
  const std::string raw = "\xff\xfe\x00 raw";
  CHECK(to_msgpack(raw)[0] == static_cast<char>(0xc4));
  CHECK(from_msgpack<std::string>(to_msgpack(raw)).value() == raw);
}

TEST_CASE("versions of a record read each other", "[model][msgpack]") {
  const version_2 newer{7, {"a", "b"}, "n", 1.5};
  CHECK(from_msgpack<version_1>(to_msgpack(newer)).value() == version_1{"n", 7});
  CHECK(from_msgpack<version_2>(to_msgpack(version_1{"n", 7})).value() == version_2{7, {}, "n", 2.5});
  CHECK(error_of<version_1>(to_msgpack(newer), {}, sage::decode_mode::strict).ends_with("tags: unknown field"));
  CHECK(error_of<version_2>(to_msgpack(version_1{"n", 7}), {}, sage::decode_mode::strict)
            .ends_with("tags: field is missing"));
}

TEST_CASE("values of unknown fields are skipped whatever they are", "[model][msgpack]") {
  const std::string values[] = {bytes_of({0xc0}),
                                bytes_of({0xc3}),
                                bytes_of({0x05}),
                                bytes_of({0xff}),
                                bytes_of({0xcf, 1, 2, 3, 4, 5, 6, 7, 8}),
                                bytes_of({0xd1, 1, 2}),
                                bytes_of({0xca, 0, 0, 0, 0}),
                                bytes_of({0xa1, 'x'}),
                                bytes_of({0xd9, 1, 'x'}),
                                bytes_of({0xc5, 0, 2, 1, 2}),
                                bytes_of({0x92, 0x81, 0xa1, 'k', 0x90, 0xc0}),
                                bytes_of({0x81, 0x07, 0x07}),
                                bytes_of({0xd4, 1, 2}),
                                bytes_of({0xd8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                                bytes_of({0xc7, 2, 1, 0, 0}),
                                bytes_of({0xc8, 0, 1, 5, 9}),
                                bytes_of({0xc9, 0, 0, 0, 1, 5, 9})};
  for (const std::string& value : values) {
    const std::string bytes = bytes_of({0x82, 0xa1, '?'}) + value + bytes_of({0xa5, 'c', 'o', 'u', 'n', 't', 3});
    CAPTURE(bytes);
    const auto record = from_msgpack<version_1>(bytes);
    REQUIRE(record);
    CHECK(record->count == 3);
  }
}

TEST_CASE("an error names the field, what was wanted and what was there", "[model][msgpack]") {
  CHECK(error_of<version_1>(bytes_of({0x81, 0xa4, 'n', 'a', 'm', 'e', 5})) ==
        "byte 6: name: expected a string, got a number");
  CHECK(error_of<version_1>(bytes_of({0x81, 0xa5, 'c', 'o', 'u', 'n', 't', 0xd4, 1, 1})) ==
        "byte 7: count: expected a number, got an extension type");
  CHECK(error_of<std::int8_t>(bytes_of({0xcc, 200})) == "200 is out of range (-128 to 127)");
  CHECK(error_of<int>("") == "expected a number, got the end of the input");
  CHECK(error_of<int>(bytes_of({0xc1})).starts_with("expected a number, got the byte 0xc1"));
  CHECK(error_of<int>(bytes_of({5, 5, 5})) == "2 bytes behind the value");
  CHECK(error_of<version_1>(bytes_of({0x82, 0xa5, 'c', 'o', 'u', 'n', 't', 1, 0xa5, 'c', 'o', 'u', 'n', 't', 1})) ==
        "byte 8: count: field is there twice");
}

TEST_CASE("every cut of a message is an error", "[model][msgpack]") {
  samples::generator random(99);
  for (int i = 0; i < 20; ++i) {
    const std::string bytes = to_msgpack(random.compound_values(true));
    for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 50) {
      const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      if (from_msgpack<samples::compounds>({exact.data(), exact.size()})) FAIL("cut at " << size);
    }
    CHECK(from_msgpack<samples::compounds>(bytes));
  }
}

TEST_CASE("sizes that the input can't hold are refused before anything is allocated", "[model][msgpack]") {
  const std::string claims[] = {bytes_of({0xdd, 0xff, 0xff, 0xff, 0xff, 1}), bytes_of({0xdc, 0xff, 0xff, 1, 2, 3}),
                                bytes_of({0xdf, 0xff, 0xff, 0xff, 0xff, 1}),
                                bytes_of({0xdb, 0xff, 0xff, 0xff, 0xff, 1}),
                                bytes_of({0xc6, 0xff, 0xff, 0xff, 0xff, 1})};
  for (const std::string& claim : claims) {
    CHECK(error_of<sage::dynamic_value>(claim).ends_with("the input ends inside a value"));
    CHECK(error_of<version_1>(bytes_of({0x81, 0xa1, '?'}) + claim).ends_with("the input ends inside a value"));
  }
}

TEST_CASE("depth, elements and bytes of a message end at their limits", "[model][msgpack]") {
  using sage::dynamic_value;
  CHECK(from_msgpack<dynamic_value>(std::string(63, '\x91') + '\x90'));
  CHECK(from_msgpack<dynamic_value>(std::string(64, '\x91') + '\x90').error().code() == sage::errc::limit);
  CHECK(from_msgpack<version_1>(bytes_of({0x81, 0xa1, '?'}) + std::string(1000000, '\x91')).error().code() ==
        sage::errc::limit);
  sage::decode_limits limits;
  limits.elements_max = 3;
  CHECK(from_msgpack<std::vector<int>>(bytes_of({0x93, 1, 2, 3}), limits));
  CHECK(from_msgpack<std::vector<int>>(bytes_of({0x94, 1, 2, 3, 4}), limits).error().code() == sage::errc::limit);
  limits.bytes_max = 4;
  CHECK(from_msgpack<std::string>(bytes_of({0xa3, 1, 2, 3}), limits));
  CHECK(from_msgpack<std::string>(bytes_of({0xa4, 1, 2, 3, 4}), limits).error().code() == sage::errc::limit);
}
