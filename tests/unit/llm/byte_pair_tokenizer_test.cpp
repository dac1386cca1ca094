// Exact counts by a vocabulary: how text is cut, how bytes are merged, and files that are no vocabulary.
#include "sage/llm/byte_pair_tokenizer.hpp"

#include <random>

#include "sage/base/base64.hpp"
#include "sage/llm/text_pieces.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::llm;
using Catch::Matchers::Contains;

namespace {

/// All bytes by their value, then `merged` from 256 on.
std::vector<std::string> vocabulary(const std::vector<std::string>& merged) {
  std::vector<std::string> all;
  for (int byte = 0; byte < 256; ++byte) all.emplace_back(1, static_cast<char>(byte));
  all.insert(all.end(), merged.begin(), merged.end());
  return all;
}

std::string ranks_of(const std::vector<std::string>& tokens) {
  std::string text;
  for (std::size_t rank = 0; rank < tokens.size(); ++rank) {
    append_base64(text, tokens[rank]);
    text += " " + std::to_string(rank) + "\n";
  }
  return text;
}

std::vector<std::string> pieces_of(std::string_view text, std::size_t digits_max = 3) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const std::size_t size = first_piece(text, digits_max);
    REQUIRE(size > 0);
    REQUIRE(size <= text.size());
    pieces.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return pieces;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("text is cut as the vocabulary cl100k cuts it", "[llm][tokenizer]") {
  CHECK(pieces_of("").empty());
  CHECK(pieces_of("Hello world") == texts{"Hello", " world"});
  CHECK(pieces_of("I'm don't I'LL 'tis 'x") == texts{"I", "'m", " don", "'t", " I", "'LL", " '", "tis", " '", "x"});
  CHECK(pieces_of("1234567 8") == texts{"123", "456", "7", " ", "8"});
  CHECK(pieces_of("12 3", 1) == texts{"1", "2", " ", "3"});
  CHECK(pieces_of("a  b") == texts{"a", " ", " b"});
  CHECK(pieces_of("a\n\n  b") == texts{"a", "\n\n", " ", " b"});
  CHECK(pieces_of("a  \n  ") == texts{"a", "  \n  "});
  CHECK(pieces_of("x = f(y);\n") == texts{"x", " =", " f", "(y", ");\n"});
  CHECK(pieces_of("caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac!") == texts{"caf\xc3\xa9", " \xe6\x97\xa5\xe6\x9c\xac", "!"});
  CHECK(pieces_of("\tword") == texts{"\tword"});
  CHECK(pieces_of("\xff\xfe x") == texts{"\xff\xfe", " x"});
}

TEST_CASE("pairs are merged by rank, the lowest first", "[llm][tokenizer]") {
  const auto by = byte_pair_tokenizer::from_ranks(ranks_of(vocabulary({"ab", "bc", "abc", "cd", " a"})));
  REQUIRE(by);
  CHECK((*by)->is_exact());
  CHECK((*by)->vocabulary_size() == 261);
  CHECK((*by)->encode("abc") == std::vector<std::uint32_t>{258});
  CHECK((*by)->encode("abcd") == std::vector<std::uint32_t>{258, 'd'});  // ab, then abc
  CHECK((*by)->encode("bcd") == std::vector<std::uint32_t>{257, 'd'});
  CHECK((*by)->encode("xcd ab") == std::vector<std::uint32_t>{'x', 259, ' ', 256});
  CHECK((*by)->encode("ababab") == std::vector<std::uint32_t>{256, 256, 256});
  CHECK((*by)->count("abcd bcd") == 5);
  CHECK((*by)->count("") == 0);
}

TEST_CASE("the tokens of any bytes are these bytes", "[llm][tokenizer][property]") {
  const auto tokens =
      vocabulary({"th", "he", "the", "in", "ing", " t", " the", "aa", "aaaa", "\xe6\x97", "\xe6\x97\xa5"});
  const auto by = byte_pair_tokenizer::from_ranks(ranks_of(tokens)).value();
  test::for_each_seed(500, [&](std::mt19937_64& random) {
    std::string text;
    for (std::uint64_t i = random() % 30; i > 0; --i) {
      text += random() % 2 == 0 ? tokens[256 + random() % (tokens.size() - 256)]
                                : std::string(1, static_cast<char>(random()));
    }
    std::string again;
    const auto encoded = by->encode(text);
    for (const std::uint32_t token : encoded) again += tokens.at(token);
    CHECK(again == text);
    CHECK(by->count(text) == encoded.size());
    std::string joined;
    for (const std::string& piece : pieces_of(text)) joined += piece;
    CHECK(joined == text);
  });
}

TEST_CASE("a long word is counted in good time", "[llm][tokenizer]") {
  const auto by = byte_pair_tokenizer::from_ranks(ranks_of(vocabulary({"aa", "aaaa", "aaaaaaaa"}))).value();
  CHECK(by->count(std::string(200'000, 'a')) == 25'000);
}

TEST_CASE("a file of ranks is read, and one that isn't is refused with its line", "[llm][tokenizer]") {
  const test::scratch_folder folder;
  const std::string good = ranks_of(vocabulary({"ab"}));
  CHECK(byte_pair_tokenizer::from_file(folder.write("good", good)).value()->count("ab") == 1);
  const auto refusal_of = [&](const std::string& content) {
    const auto refused = byte_pair_tokenizer::from_file(folder.write("bad", content));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errc::parse);
    return std::string(refused.error().what());
  };
  CHECK_THAT(refusal_of(""), Contains("the byte 0 has no rank"));
  CHECK_THAT(refusal_of("QUI=\n"), Contains("line 1") && Contains("space"));
  CHECK_THAT(refusal_of(good + "!! 300\n"), Contains("line 258") && Contains("base64"));
  CHECK_THAT(refusal_of(good + "QUI= x\n"), Contains("line 258") && Contains("rank"));
  CHECK_THAT(refusal_of(good + "YWI= 300\n"), Contains("twice"));
  CHECK_FALSE(byte_pair_tokenizer::from_file(folder / "missing"));
}
