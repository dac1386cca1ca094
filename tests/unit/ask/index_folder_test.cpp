// Kept indexes: what was written is read again, and nothing that somebody did to the files is believed.
#include "ask/storage/index_folder.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "ask/answer.hpp"
#include "ask/index/index_writer.hpp"
#include "ask/storage/bytes.hpp"
#include "sage/base/file_system.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"
#include "tests/unit/seeds.hpp"

namespace {

constexpr unsigned dimensions = 8;

std::string some_words(std::mt19937_64& random, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "w" + std::to_string(random() % 50) + " ";
  return text;
}

std::vector<float> some_vector(std::mt19937_64& random) {
  std::vector<float> vector;
  for (unsigned i = 0; i < dimensions; ++i) vector.push_back(static_cast<float>(random() % 2001) / 1000 - 1.0005F);
  return vector;
}

ask::document_index some_index(std::uint64_t seed, std::size_t passages, bool with_vectors) {
  std::mt19937_64 random(seed);
  ask::index_writer writer;
  for (std::size_t i = 0; i < passages; ++i) {
    const auto document = std::to_string(i / 3);
    ask::passage one{"folder/" + document, "Title " + document, some_words(random, random() % 4),
                     static_cast<std::uint32_t>(i % 3), some_words(random, 1 + random() % 30)};
    for (std::size_t part = 0; with_vectors && part <= i % 3; ++part) one.vectors.push_back(some_vector(random));
    writer.add(std::move(one));
  }
  return ask::finish_index(writer.finish(), "a model");
}

// What an index answers, by words and by vectors.
std::string answers_of(const ask::document_index& index) {
  ask::term_finder terms;
  std::mt19937_64 random(99);
  std::string all;
  for (int i = 0; i < 20; ++i) {
    const auto question = some_words(random, 3);
    const auto vector = ask::scaled_to_one(some_vector(random), "test");
    all += to_json(ask::answer_question(index.texts, question, terms, 5)) + "\n";
    if (!index.vectors) continue;
    all += to_json(ask::answer_question(index, question, vector, ask::retrieval::hybrid, terms, 5)) + "\n";
  }
  return all;
}

// Reading must not crash; if it gives an index, that can be asked.
void read_texts(const std::string& bytes) {
  const auto read = ask::decode_texts(bytes);
  if (!read) {
    CHECK(read.error().code() == sage::errc::parse);
    return;
  }
  ask::term_finder terms;
  for (const auto* question : {"w1 w2 w3", "title", "w49 w7"}) {
    static_cast<void>(to_json(ask::answer_question(*read, question, terms, 10)));
  }
}

void read_vectors(const std::string& bytes) {
  const auto read = ask::decode_vectors(bytes);
  if (!read) {
    CHECK(read.error().code() == sage::errc::parse);
    return;
  }
  const std::vector<float> question((*read)->dimensions(), 0.3F);
  CHECK((*read)->search(question, 10).size() <= (*read)->size());
}

void check_damaged(const std::string& folder, const std::string& words) {
  const auto read = ask::read_index(folder);
  REQUIRE_FALSE(read);
  INFO(read.error().what());
  CHECK(std::string(read.error().what()).find(words) != std::string::npos);
  CHECK(read.error().where().find(folder) != std::string::npos);
  CHECK(read.error().advice().find("ask index") != std::string::npos);
}

}  // namespace

TEST_CASE("an index that was kept answers as before", "[ask][storage]") {
  for (const bool with_vectors : {false, true}) {
    for (const std::size_t passages : {1, 2, 40, 400}) {
      const sage::test::scratch_folder scratch;
      const auto folder = (scratch / "new/and/deep");
      const auto index = some_index(passages, passages, with_vectors);
      const auto written = ask::write_index(folder, index);
      REQUIRE(written);
      CHECK(written->passages == passages);
      CHECK(ask::read_manifest(folder).value() == *written);
      const auto read = ask::read_index(folder);
      REQUIRE(read);
      CHECK(answers_of(*read) == answers_of(index));
      CHECK((read->vectors != nullptr) == with_vectors);
      CHECK(read->embedding_model == (with_vectors ? "a model" : ""));
      CHECK(read->texts.statistics() == index.texts.statistics());
      // The same index gives the same bytes.
      CHECK(ask::encode_texts(read->texts) == ask::encode_texts(index.texts));
      if (with_vectors) CHECK(ask::encode_vectors(*read->vectors) == ask::encode_vectors(*index.vectors));
    }
  }
}

TEST_CASE("an index of nothing can be kept, too", "[ask][storage]") {
  const sage::test::scratch_folder scratch;
  REQUIRE(ask::write_index((scratch / "index"), {}));
  const auto read = ask::read_index((scratch / "index"));
  REQUIRE(read);
  CHECK(read->texts.passages() == 0);
}

TEST_CASE("a new index takes the place of the old one and leaves other files alone", "[ask][storage]") {
  const sage::test::scratch_folder scratch;
  const auto folder = (scratch / "index");
  REQUIRE(ask::write_index(folder, some_index(1, 20, true)));
  scratch.write("index/passages-of-mine.txt", "mine");
  scratch.write("index/notes", "mine");
  const auto second = some_index(2, 30, false);
  REQUIRE(ask::write_index(folder, second));
  CHECK(answers_of(ask::read_index(folder).value()) == answers_of(second));
  std::size_t files = 0;
  for (const auto& entry : sage::system_files().list(folder).value()) files += entry.name.empty() ? 0 : 1;
  CHECK(files == 4);  // manifest, passages, and the two that aren't ours
  CHECK(scratch.read("index/passages-of-mine.txt") == "mine");
}

TEST_CASE("passages cut anywhere are refused", "[ask][storage]") {
  const auto bytes = ask::encode_texts(some_index(3, 12, false).texts);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = ask::decode_texts(bytes.substr(0, size));
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == sage::errc::parse);
  }
  CHECK_FALSE(ask::decode_texts(bytes + "x"));
  CHECK(ask::decode_texts(bytes));
}

TEST_CASE("vectors cut anywhere are refused", "[ask][storage]") {
  const auto bytes = ask::encode_vectors(*some_index(3, 40, true).vectors);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = ask::decode_vectors(bytes.substr(0, size));
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == sage::errc::parse);
  }
  CHECK_FALSE(ask::decode_vectors(bytes + "x"));
  CHECK(ask::decode_vectors(bytes));
}

TEST_CASE("passages and vectors with any byte changed are refused or can be asked", "[ask][storage]") {
  const auto index = some_index(4, 24, true);
  const auto texts = ask::encode_texts(index.texts);
  const auto vectors = ask::encode_vectors(*index.vectors);
  for (const unsigned changed : {0x00U, 0x01U, 0x7FU, 0x80U, 0xFFU}) {
    for (std::size_t at = 0; at < texts.size(); ++at) {
      auto other = texts;
      other[at] = static_cast<char>(changed);
      read_texts(other);
    }
    for (std::size_t at = 0; at < vectors.size(); ++at) {
      auto other = vectors;
      other[at] = static_cast<char>(changed);
      read_vectors(other);
    }
  }
}

TEST_CASE("bytes at random behind the right mark are refused or can be asked", "[ask][storage]") {
  sage::test::for_each_seed(300, [](std::mt19937_64& random) {
    std::string noise;
    const auto size = random() % 300;
    for (std::size_t i = 0; i < size; ++i) noise.push_back(static_cast<char>(random() % (random() % 256 + 1)));
    read_texts("ask passages 1\n" + noise);
    read_vectors("ask vectors 1\n" + noise);
    static_cast<void>(ask::parse_manifest(noise).has_value());
  });
}

TEST_CASE("an announced count that the file can't hold reserves nothing", "[ask][storage]") {
  ask::byte_writer huge{"ask passages 1\n"};
  huge.put_number(UINT64_MAX);
  CHECK_FALSE(ask::decode_texts(huge.bytes()));
  ask::byte_writer many{"ask vectors 1\n"};
  many.put_number(1);
  many.put_number(UINT32_MAX);
  many.put_number(0);
  CHECK_FALSE(ask::decode_vectors(many.bytes()));
}

TEST_CASE("files that were damaged, lost or exchanged are told of", "[ask][storage]") {
  const sage::test::scratch_folder scratch;
  const auto folder = (scratch / "index");
  const auto index = some_index(5, 20, true);
  const auto its = ask::write_index(folder, index).value();
  const auto texts = "index/" + its.texts.name;
  const auto vectors = "index/" + its.vectors->file.name;
  const auto good_texts = scratch.read(texts);
  const auto good_vectors = scratch.read(vectors);

  scratch.write(texts, good_texts.substr(0, good_texts.size() / 2));
  check_damaged(folder, "bytes instead of");
  auto changed = good_texts;
  changed[changed.size() / 2] ^= 1;
  scratch.write(texts, changed);
  check_damaged(folder, "its content has changed");
  scratch.write(texts, good_texts);

  changed = good_vectors;
  changed.back() ^= 1;
  scratch.write(vectors, changed);
  check_damaged(folder, "its content has changed");
  REQUIRE(sage::system_files().remove((scratch / vectors)));
  check_damaged(folder, "No such file");
  scratch.write(vectors, good_vectors);
  CHECK(ask::read_index(folder));
}

TEST_CASE("manifests that lie or aren't ours are told of", "[ask][storage]") {
  const sage::test::scratch_folder scratch;
  const auto folder = (scratch / "index");
  const auto its = ask::write_index(folder, some_index(6, 20, true)).value();
  const auto with = [&](const auto& change) {
    auto other = its;
    change(other);
    scratch.write("index/manifest.json", to_json(other));
  };
  with([](ask::manifest& m) { m.passages = 19; });
  check_damaged(folder, "doesn't hold what its manifest says");
  with([](ask::manifest& m) { m.terms += 1; });
  check_damaged(folder, "doesn't hold what its manifest says");
  with([](ask::manifest& m) { m.vectors->dimensions = 9; });
  check_damaged(folder, "doesn't hold what its manifest says");
  with([](ask::manifest& m) { m.vectors->count += 1; });
  check_damaged(folder, "doesn't hold what its manifest says");
  with([](ask::manifest& m) { m.vectors->count = 19; });
  check_damaged(folder, "fewer vectors than passages");
  with([](ask::manifest& m) { std::swap(m.texts, m.vectors->file); });
  check_damaged(folder, "doesn't begin as such a file does");
  with([](ask::manifest& m) { m.texts.name = "../passages"; });
  check_damaged(folder, "a name that it can't have");
  with([](ask::manifest& m) { m.texts.name = "/etc/passwd"; });
  check_damaged(folder, "a name that it can't have");
  with([](ask::manifest& m) { m.texts.bytes = UINT64_MAX; });
  check_damaged(folder, "bytes instead of");

  for (const auto* text : {"", "{", "[]", "null", R"({"format":"something else","version":1})",
                           R"({"format":"ask index","version":"1"})", R"({"format":"ask index","version":1})"}) {
    scratch.write("index/manifest.json", text);
    check_damaged(folder, "no manifest of an index");
  }
  scratch.write("index/manifest.json", std::string(100'000, ' '));
  CHECK(ask::read_index(folder).error().code() == sage::errc::limit);
  scratch.write("index/manifest.json", R"({"format":"ask index","version":2})");
  CHECK(ask::read_index(folder).error().code() == sage::errc::unsupported);
  CHECK(ask::read_index((scratch / "nothing")).error().code() == sage::errc::not_found);
  scratch.write("a file", "");
  CHECK_FALSE(ask::write_index((scratch / "a file"), {}));
}

TEST_CASE("the nearest vectors are found, and by their angle", "[ask][storage]") {
  std::mt19937_64 random(7);
  ask::vector_table table;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::vector<std::vector<float>> one{some_vector(random)};
    table.add(one, i, "test");
  }
  const ask::vector_search search(table);
  std::size_t right = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto question = ask::scaled_to_one(some_vector(random), "test");
    std::vector<double> cosines;
    for (std::uint32_t other = 0; other < table.size(); ++other) {
      double sum = 0;
      for (unsigned at = 0; at < dimensions; ++at) sum += double{table[other][at]} * double{question[at]};
      cosines.push_back(sum);
    }
    const auto found = search.search(question, 10);
    REQUIRE(found.size() == 10);
    std::sort(cosines.begin(), cosines.end(), std::greater<>());
    for (std::size_t rank = 0; rank < found.size(); ++rank) {
      if (std::abs(found[rank].score - cosines[rank]) < 1e-4) ++right;
    }
  }
  CHECK(right >= 990);
  CHECK(search.search(ask::scaled_to_one(some_vector(random), "test"), 5000).size() == 1000);
}
