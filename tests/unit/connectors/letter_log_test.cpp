// The files of a dead-letter queue: what is seen of them, what a crash leaves, what damage does.
#include "sage/connectors/dead_letters/letter_log.hpp"

#include <set>

#include "sage/base/rng.hpp"
#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::letters;

namespace {

constexpr const char* folder = "dlq";

kept_letter letter_of(const std::string& error, std::size_t bytes = 10) {
  kept_letter made;
  made.uid = made.operator_name = "parse";
  made.error = error;
  made.record_type = "text";
  made.record = byte_string(bytes, std::byte{0x41});
  made.returns = true;
  return made;
}

log_options options_of(std::uint64_t bytes_max = 1 << 20, when_full full = when_full::fail) {
  return log_options{folder, bytes_max, full};
}

std::vector<std::string> errors_in(file_system& files) {
  std::vector<std::string> all;
  letter_folder(files, folder).for_each([&](letter_folder::listed& one) {
    all.push_back(one.letter.error);
    return true;
  });
  return all;
}

void keep(letter_log& log, std::uint64_t epoch, std::initializer_list<const char*> errors) {
  for (const char* error : errors) log.add(letter_of(error));
  log.prepare(epoch);
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("letters are seen when they are committed", "[dead_letters]") {
  testing::memory_files files;
  letter_log log(files, options_of());
  log.open(false);
  keep(log, 1, {"a", "b"});
  CHECK(errors_in(files).empty());
  log.add(letter_of("c"));  // of the next epoch
  log.commit(1);
  CHECK(errors_in(files) == texts{"a", "b"});
  log.prepare(2);
  log.commit(2);
  CHECK(errors_in(files) == texts{"a", "b", "c"});
  CHECK(letter_folder(files, folder).letter(3).letter.error == "c");
  CHECK_THROWS_WITH(letter_folder(files, folder).letter(4), Catch::Contains("there is no dead letter 4"));
}

TEST_CASE("what was not committed is never seen, and its numbers are used again", "[dead_letters]") {
  testing::memory_files files;
  {
    letter_log log(files, options_of());
    log.open(false);
    keep(log, 1, {"a"});
    log.commit(1);
    keep(log, 2, {"lost"});
  }
  letter_log log(files, options_of());
  log.open(false);
  CHECK(errors_in(files) == texts{"a"});
  keep(log, 1, {"b", "c"});
  log.commit(1);
  CHECK(errors_in(files) == texts{"a", "b", "c"});
  CHECK(letter_folder(files, folder).letter(2).letter.error == "b");
}

TEST_CASE("a log that is taken up again stands where its checkpoint says", "[dead_letters]") {
  testing::memory_files files;
  std::string first, second;
  {
    letter_log log(files, options_of());
    log.open(false);
    keep(log, 1, {"a"});
    first = log.pending();
    log.commit(1);
    keep(log, 2, {"b"});
    second = log.pending();
    log.add(letter_of("lost"));
  }
  SECTION("the checkpoint was complete, the commit was not") {
    letter_log log(files, options_of());
    log.open(true);
    log.recover(second);
    CHECK(errors_in(files) == texts{"a", "b"});
    keep(log, 3, {"c"});
    log.commit(3);
    CHECK(errors_in(files) == texts{"a", "b", "c"});
  }
  SECTION("an older checkpoint takes back what was written behind it") {
    for (int times = 0; times < 2; ++times) {
      letter_log log(files, options_of());
      log.open(true);
      log.recover(first);
      CHECK(errors_in(files) == texts{"a"});
      keep(log, 2, {"other"});
      log.commit(2);
      CHECK(errors_in(files) == texts{"a", "other"});
    }
  }
}

TEST_CASE("a file that never got a head hides nothing", "[dead_letters]") {
  testing::memory_files files;
  std::string pending;
  {
    letter_log log(files, options_of());
    log.open(false);
    keep(log, 1, {"a", "b"});
    pending = log.pending();
  }
  files.put(letter_folder(files, folder).segment_path(2), "");  // whoever went on from there died at once
  letter_log log(files, options_of());
  log.open(true);
  log.recover(pending);
  keep(log, 2, {"c"});
  log.commit(2);
  CHECK(errors_in(files) == texts{"a", "b", "c"});
}

TEST_CASE("a checkpoint that was given up commits with the next one", "[dead_letters]") {
  testing::memory_files files;
  letter_log log(files, options_of());
  log.open(false);
  keep(log, 1, {"a"});
  keep(log, 2, {"b"});
  log.commit(2);
  CHECK(errors_in(files) == texts{"a", "b"});
  log.commit(1);  // nothing is left of it
  CHECK(errors_in(files) == texts{"a", "b"});
}

TEST_CASE("a queue is bounded: the job fails, or the oldest letters go and are counted", "[dead_letters]") {
  testing::memory_files files;
  const auto fill = [](letter_log& log) {
    for (std::uint64_t i = 1; i <= 200; ++i) {
      log.add(letter_of("e" + std::to_string(i), 1000));
      log.prepare(i);
      log.commit(i);
    }
  };
  SECTION("fail") {
    letter_log log(files, options_of(64 << 10));
    log.open(false);
    CHECK_THROWS_WITH(fill(log), Catch::Contains("the dead letters are full: 65536 bytes"));
    CHECK(errors_in(files).size() > 40);
  }
  SECTION("drop the oldest") {
    letter_log log(files, options_of(64 << 10, when_full::drop_oldest));
    log.open(false);
    fill(log);
    const texts left = errors_in(files);
    CHECK(left.back() == "e200");
    CHECK(left.size() > 40);
    CHECK(letter_folder(files, folder).facts().bytes() <= 64 << 10);
    CHECK(letter_folder(files, folder).facts().at.removed + left.size() == 200);
  }
}

TEST_CASE("replays are asked for once, in order, and are taken when the log says so", "[dead_letters]") {
  testing::memory_files files;
  letter_log log(files, options_of());
  log.open(false);
  keep(log, 1, {"a", "b", "c"});
  log.commit(1);
  letter_folder seen(files, folder);
  seen.edit(2, byte_string(1, std::byte{0x42}));
  seen.ask_replays({seen.letter(3).letter, seen.letter(2).letter});
  CHECK(seen.letter(1).state == letter_state::waiting);
  CHECK(seen.letter(2).state == letter_state::marked);
  CHECK(seen.letter(2).edited);
  std::vector<std::uint64_t> asked;
  seen.for_each_replay(0, [&](asked_replay& one) {
    asked.push_back(one.letter.number);
    if (one.letter.number == 2) CHECK(one.letter.record == byte_string(1, std::byte{0x42}));
    return true;
  });
  CHECK(asked == std::vector<std::uint64_t>{3, 2});
  log.note_replays(1);
  log.prepare(2);
  log.commit(2);
  CHECK(seen.letter(3).state == letter_state::replayed);
  CHECK(seen.letter(2).state == letter_state::marked);
}

TEST_CASE("what was committed in a file without letters outlives that file", "[dead_letters]") {
  testing::memory_files files;
  {
    letter_log log(files, options_of());
    log.open(false);
    keep(log, 1, {"a"});
    log.commit(1);
  }
  {
    letter_log log(files, options_of());
    log.open(false);
    log.note_replays(7);
    log.prepare(1);
    log.commit(1);
  }
  for (int times = 0; times < 2; ++times) {
    letter_log log(files, options_of());
    log.open(false);  // and dies at once
  }
  CHECK(letter_folder(files, folder).facts().at.replays == 7);
  CHECK(errors_in(files) == texts{"a"});
}

TEST_CASE("what is purged is hidden at once and leaves the disk when no job writes", "[dead_letters]") {
  testing::memory_files files;
  {
    letter_log log(files, options_of());
    log.open(false);
    keep(log, 1, {"kept", "secret", "last"});
    log.commit(1);
    letter_folder seen(files, folder);
    seen.ask_replays({seen.letter(2).letter});
    seen.purge({2});
    CHECK(errors_in(files) == texts{"kept", "last"});
    seen.for_each_replay(0, [](asked_replay&) -> bool { throw std::logic_error("it was purged"); });
  }
  letter_folder seen(files, folder);
  CHECK(seen.compact() == 1);
  CHECK(errors_in(files) == texts{"kept", "last"});
  for (const auto& [path, content] : files.contents()) CHECK(content.find("secret") == std::string::npos);
  // Numbers go on, those of replays as well.
  seen.ask_replays({seen.letter(3).letter});
  seen.for_each_replay(1, [](asked_replay& one) {
    CHECK(one.number == 2);
    return true;
  });
}

TEST_CASE("damage is found: letters in front of it are read, and what is read is what was written",
          "[dead_letters]") {
  testing::memory_files files;
  std::set<std::string> written;
  {
    letter_log log(files, options_of());
    log.open(false);
    for (int i = 0; i < 50; ++i) {
      const std::string error = "error " + std::to_string(i);
      written.insert(error);
      log.add(letter_of(error, 20));
    }
    log.prepare(1);
    log.commit(1);
  }
  const std::string path = letter_folder(files, folder).segment_path(1);
  const std::string whole = files.content(path);
  rng random(7);
  for (int i = 0; i < 500; ++i) {
    std::string content = whole;
    content[random.below(content.size())] ^= static_cast<char>(1u << random.below(8));
    if (random.below(4) == 0) content.resize(random.below(content.size()));
    files.put(path, content);
    for (const std::string& error : errors_in(files)) CHECK(written.contains(error));
    CHECK(letter_folder(files, folder).facts().segments[0].whole_bytes <= content.size());
  }
}

TEST_CASE("two jobs can't write into one queue", "[dead_letters]") {
  testing::memory_files files;
  letter_log one(files, options_of());
  one.open(false);
  letter_log two(files, options_of());
  CHECK_THROWS_WITH(two.open(false), Catch::Contains("another job keeps its dead letters here"));
}
