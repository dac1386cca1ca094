#include "sage/state/snapshot.hpp"

#include <map>
#include <set>

#include "sage/base/checksum.hpp"
#include "sage/base/hash.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::state;

namespace {

struct written {
  std::vector<std::string> blocks;
  std::vector<operator_part> parts;
};

written read_back(snapshot_writer& writer) {
  written all;
  all.blocks = writer.take_blocks();
  for (const std::string& block : all.blocks) REQUIRE(read_block(block, all.parts));
  return all;
}

std::vector<const operator_part*> all_of(const written& from, const std::string& uid) {
  std::vector<const operator_part*> found;
  for (const operator_part& part : from.parts) {
    if (part.uid == uid) found.push_back(&part);
  }
  return found;
}

}  // namespace

TEST_CASE("checksums are those of the standards", "[snapshot]") {
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);  // RFC 3720, B.4
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2
}

TEST_CASE("what an operator writes it finds again, block by block", "[snapshot]") {
  snapshot_writer writer;
  const int rows = 20'000;
  for (const char* uid : {"first", "second"}) {
    writer.begin_operator(uid, 1, 2);
    writer.put_value("time", std::int64_t{-5});
    for (int i = 0; i < rows; ++i) {
      writer.put_row('r', stable_hash(i), std::to_string(i), std::string(30, static_cast<char>('a' + i % 26)));
    }
    writer.put_row('e', stable_hash(7), "7", uid);
  }
  const written all = read_back(writer);
  CHECK(all.blocks.size() > 4);
  for (const char* uid : {"first", "second"}) {
    const snapshot_reader own(uid, all_of(all, uid), 1, 2);
    CHECK(own.get_value<std::int64_t>("time") == -5);
    CHECK_FALSE(own.get("other").has_value());
    int next = 0;
    own.for_each_row('r', [&](std::string_view key, std::string_view value) {
      REQUIRE(key == std::to_string(next));
      REQUIRE(value == std::string(30, static_cast<char>('a' + next % 26)));
      ++next;
    });
    CHECK(next == rows);
    std::vector<std::string> timers;
    own.for_each_row('e', [&](std::string_view, std::string_view value) { timers.emplace_back(value); });
    CHECK(timers == std::vector<std::string>{uid});
  }
}

TEST_CASE("every key is found by exactly one of more or fewer instances", "[snapshot]") {
  test::for_each_seed(50, [](auto& random) {
    const auto before = static_cast<std::uint32_t>(1 + random() % 5);
    const auto after = static_cast<std::uint32_t>(1 + random() % 5);
    std::vector<written> files;
    std::set<std::string> keys;
    for (std::uint32_t number = 0; number < before; ++number) {
      snapshot_writer writer;
      writer.begin_operator("keyed", number, before);
      writer.put_value("reached", static_cast<std::int64_t>(100 + number));
      for (int i = 0; i < 300; ++i) {
        const std::uint64_t hash = stable_hash(i);
        if (instance_of_group(key_group(hash), before) != number) continue;
        writer.put_row('r', hash, std::to_string(i), "");
        keys.insert(std::to_string(i));
      }
      files.push_back(read_back(writer));
    }
    std::multiset<std::string> found;
    for (std::uint32_t number = 0; number < after; ++number) {
      std::vector<const operator_part*> parts;
      for (const written& file : files) {
        for (const operator_part* part : all_of(file, "keyed")) parts.push_back(part);
      }
      const snapshot_reader own("keyed", parts, number, after);
      CHECK(own.has_same_parallelism() == (before == after));
      CHECK(own.get_least("reached") == (before == after ? 100 + number : 100));
      own.for_each_row('r', [&](std::string_view key, std::string_view) {
        found.emplace(key);
        CHECK(instance_of_group(key_group(stable_hash(std::stoi(std::string(key)))), after) == number);
      });
    }
    CHECK(found == std::multiset<std::string>(keys.begin(), keys.end()));
  });
}

TEST_CASE("bytes that are no snapshot are refused, and nothing is read beyond them", "[snapshot]") {
  test::for_each_seed(2000, [](auto& random) {
    std::string bytes(random() % 200, '\0');
    for (char& one : bytes) one = static_cast<char>(random() % 3 == 0 ? "OVR"[random() % 3] : random() % 256);
    std::vector<operator_part> parts;
    const auto read = read_block(bytes, parts);
    if (!read) CHECK(read.error().code() == errc::parse);
  });
}
