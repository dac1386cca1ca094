/// Any bytes given to a decoder end in a value or an error within the limits. The fuzzers of tests/fuzz search the
/// same law longer; what they find becomes a case here.
#include "sage/model/csv.hpp"
#include "sage/model/json.hpp"
#include "sage/model/msgpack.hpp"
#include "tests/catch.hpp"
#include "tests/unit/model/sample_records.hpp"

using samples::generator;

namespace {

constexpr std::uint64_t rounds = 300;

/// Small limits, so that reaching them is part of the test.
constexpr sage::decode_limits limits{.depth_max = 8, .bytes_max = 100000, .elements_max = 200};

/// One to four edits: bytes changed, cut out, doubled, or pieces of the grammar put in.
std::string mutate(std::string bytes, generator& random) {
  static const char* const pieces[] = {"\"",   "\\u", "\\ud800", "{",    "[",        "]",    "}",  ",",    ":",
                                       "null", "-",   "1e999",   "\xff", "\xdd\xff", "\xc1", "\n", "\xc7", "0"};
  for (std::size_t edits = 1 + random.below(4); edits > 0; --edits) {
    const std::size_t at = bytes.empty() ? 0 : random.below(bytes.size());
    switch (random.below(5)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random.bits());
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 2: bytes.erase(at, random.below(8)); break;
      case 3: bytes.insert(at, bytes.substr(at, random.below(20))); break;
      default: bytes.insert(at, pieces[random.below(std::size(pieces))]); break;
    }
  }
  return bytes;
}

std::string noise(generator& random) {
  std::string bytes(random.below(200), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.bits());
  return bytes;
}

/// Decodes from a buffer that is exactly as large as the input, so that a sanitizer sees every step beyond it.
template <class Decode>
void try_decode(const std::string& bytes, const Decode& decode, int& accepted) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  const auto value = decode(std::string_view(exact.data(), exact.size()));
  if (value) {
    ++accepted;
    return;
  }
  const bool explained = !value.error().message().empty() &&
                         (value.error().code() == sage::errc::parse || value.error().code() == sage::errc::limit);
  if (!explained) FAIL(value.error().what());
}

template <class T>
constexpr auto json_decoder = [](std::string_view text) { return sage::from_json<T>(text, limits); };
template <class T>
constexpr auto msgpack_decoder = [](std::string_view bytes) { return sage::from_msgpack<T>(bytes, limits); };
template <class T>
constexpr auto csv_decoder = [](std::string_view row) { return sage::from_csv_row<T>(row, {}, limits); };

}  // namespace

TEST_CASE("damaged JSON ends in a value or an error", "[model][json][property]") {
  int accepted = 0;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    CAPTURE(seed);
    generator random(seed);
    const std::string good = sage::to_json(random.compound_values(false));
    const std::string flat = sage::to_json(random.single_values());
    for (int i = 0; i < 10; ++i) {
      try_decode(mutate(good, random), json_decoder<samples::compounds>, accepted);
      try_decode(mutate(flat, random), json_decoder<samples::scalars>, accepted);
      try_decode(mutate(good, random), json_decoder<sage::dynamic_value>, accepted);
      try_decode(noise(random), json_decoder<sage::dynamic_value>, accepted);
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("damaged MessagePack ends in a value or an error", "[model][msgpack][property]") {
  int accepted = 0;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    CAPTURE(seed);
    generator random(seed);
    const std::string good = sage::to_msgpack(random.compound_values(true));
    const std::string flat = sage::to_msgpack(random.single_values());
    for (int i = 0; i < 10; ++i) {
      try_decode(mutate(good, random), msgpack_decoder<samples::compounds>, accepted);
      try_decode(mutate(flat, random), msgpack_decoder<samples::scalars>, accepted);
      try_decode(mutate(good, random), msgpack_decoder<sage::dynamic_value>, accepted);
      try_decode(noise(random), msgpack_decoder<sage::dynamic_value>, accepted);
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("damaged CSV ends in a value or an error", "[model][csv][property]") {
  int accepted = 0;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    CAPTURE(seed);
    generator random(seed);
    std::string good;
    std::string flat;
    sage::append_csv_row(good, random.compound_values(false));
    sage::append_csv_row(flat, random.single_values());
    for (int i = 0; i < 10; ++i) {
      try_decode(mutate(good, random), csv_decoder<samples::compounds>, accepted);
      try_decode(mutate(flat, random), csv_decoder<samples::scalars>, accepted);
      try_decode(noise(random), csv_decoder<samples::log_line>, accepted);
    }
  }
  CHECK(accepted > 0);
}
