// The matcher of patterns: examples for each kind of stage, and sequences against a search by hand.
#include "sage/functions/pattern.hpp"

#include <chrono>
#include <random>
#include <string>

#include "tests/catch.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

// Events are letters; their times are their positions.
auto is(char wanted) {
  return [wanted](const char& event) { return event == wanted; };
}

struct outcome {
  std::vector<std::string> matches;
  std::vector<std::string> timeouts;
};

// The matches of a text, each as its letters with the names of stages: "a0 b2".
outcome find(const pattern<char>& wanted, const std::string& text, bool ends = true) {
  functions::pattern_matcher<char> matcher(wanted);
  functions::pattern_memory<char> memory;
  outcome found;
  const auto into = [&](std::vector<std::string>& list) {
    return [&](const pattern_match<char>& one) {
      std::string all;
      for (const auto& stage : wanted.stages()) {
        for (const char* event : one.all(stage.name)) all += *event;
      }
      list.push_back(all + "@" + std::to_string(one.start()) + "-" + std::to_string(one.end()));
    };
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    matcher.advance(memory, static_cast<event_time>(i), into(found.matches), into(found.timeouts));
    matcher.step(memory, text[i], static_cast<event_time>(i), into(found.matches));
  }
  if (ends) matcher.advance(memory, end_of_time, into(found.matches), into(found.timeouts));
  return found;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("followed_by passes over what lies between, next does not", "[pattern]") {
  CHECK(find(pattern<char>("a", is('a')).followed_by("b", is('b')), "axbab").matches == strings{"ab@0-2", "ab@3-4"});
  CHECK(find(pattern<char>("a", is('a')).next("b", is('b')), "axbab").matches == strings{"ab@3-4"});
  CHECK(find(pattern<char>("a", is('a')).followed_by("b", is('b')), "aab").matches == strings{"ab@0-2", "ab@1-2"});
}

TEST_CASE("what must not follow ends a partial match", "[pattern]") {
  const auto wanted = pattern<char>("a", is('a')).not_followed_by("n", is('n')).followed_by("b", is('b'));
  CHECK(find(wanted, "axbanbab").matches == strings{"ab@0-2", "ab@6-7"});
  const auto silence = pattern<char>("a", is('a')).not_followed_by("n", is('n')).within(3ms);
  CHECK(find(silence, "axxxxanx").matches == strings{"a@0-0"});
  CHECK(find(silence, "xxa").matches == strings{"a@2-2"});  // the input has ended: nothing follows
  CHECK_THROWS_WITH(pattern<char>("a", is('a')).not_followed_by("n", is('n')).check(), Catch::Contains("within"));
}

TEST_CASE("stages of several events, and optional ones", "[pattern]") {
  CHECK(find(pattern<char>("a", is('a')).times(2).followed_by("b", is('b')), "axab").matches == strings{"aab@0-3"});
  CHECK(find(pattern<char>("a", is('a')).one_or_more().followed_by("b", is('b')), "aab").matches ==
        strings{"aab@0-2", "ab@1-2"});
  CHECK(find(pattern<char>("a", is('a')).followed_by("m", is('m')).optional().followed_by("b", is('b')), "amb")
            .matches == strings{"amb@0-2"});
  CHECK(find(pattern<char>("a", is('a')).followed_by("m", is('m')).optional().followed_by("b", is('b')), "axb")
            .matches == strings{"ab@0-2"});
  CHECK(find(pattern<char>("a", is('a')).next("b", is('b')).times(2).next("c", is('c')), "abbcabxbc").matches ==
        strings{"abbc@0-3"});
}

TEST_CASE("partial matches whose time is over are told", "[pattern]") {
  const outcome found = find(pattern<char>("a", is('a')).followed_by("b", is('b')).within(3ms), "axxxbab");
  CHECK(found.matches == strings{"ab@5-6"});
  CHECK(found.timeouts == strings{"a@0-0"});
}

TEST_CASE("conditions see the match so far", "[pattern]") {
  const auto rising = [](const char& event, const pattern_match<char>& sofar) {
    return event > *sofar.last(sofar.all("b").empty() ? "a" : "b");
  };
  CHECK(find(pattern<char>("a", is('a')).next("b", rising).times(3), "abcdab").matches == strings{"abcd@0-3"});
}

TEST_CASE("matches that overlap are left out where that is asked for", "[pattern]") {
  const auto wanted = pattern<char>("a", is('a')).followed_by("b", is('b'));
  CHECK(find(wanted.after(after_match::skip_past_last), "aabab").matches == strings{"ab@0-2", "ab@3-4"});
}

TEST_CASE("patterns that make no sense, and too many partial matches, are refused", "[pattern]") {
  CHECK_THROWS_WITH(pattern<char>("a", is('a')).next("a", is('b')), Catch::Contains("two stages"));
  CHECK_THROWS(pattern<char>("a", is('a')).optional());
  CHECK_THROWS(pattern<char>("a", is('a')).times(0));
  CHECK_THROWS(pattern<char>("a", is('a')).within(0ms));
  const auto endless = pattern<char>("a", is('a')).followed_by("b", is('b')).limits({.partial_matches_max = 10});
  CHECK_THROWS_WITH(find(endless, std::string(11, 'a')), Catch::Contains("partial matches"));
  CHECK_NOTHROW(find(endless, std::string(10, 'a')));
}

TEST_CASE("sequences are found where a search by hand finds them", "[pattern][property]") {
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    std::mt19937_64 random(seed);
    const auto draw = [&](std::uint64_t bound) { return static_cast<int>(random() % bound); };
    std::string text;
    for (int i = draw(40); i >= 0; --i) text += static_cast<char>('a' + draw(4));
    struct part {
      char letter;
      bool strict;
      char never;  // 0 is nothing
    };
    std::vector<part> parts{{static_cast<char>('a' + draw(4)), false, 0}};
    pattern<char> wanted("0", is(parts[0].letter));
    for (int i = draw(3); i >= 0; --i) {
      part next{static_cast<char>('a' + draw(4)), draw(2) == 0, 0};
      const std::string name = std::to_string(parts.size());
      if (!next.strict && draw(3) == 0) {
        next.never = static_cast<char>('a' + draw(4));
        wanted = wanted.not_followed_by("not " + name, is(next.never));
      }
      wanted = next.strict ? wanted.next(name, is(next.letter)) : wanted.followed_by(name, is(next.letter));
      parts.push_back(next);
    }
    const int within = draw(2) == 0 ? 0 : draw(20) + 1;
    if (within > 0) wanted = wanted.within(std::chrono::milliseconds(within));
    strings expected;
    for (std::size_t start = 0; start < text.size(); ++start) {
      if (text[start] != parts[0].letter) continue;
      std::string letters(1, text[start]);
      std::size_t at = start;
      for (std::size_t p = 1; p < parts.size(); ++p) {
        std::size_t to = at + 1;
        bool found = false;
        for (; to < text.size(); ++to) {
          if (parts[p].never != 0 && text[to] == parts[p].never) break;
          found = text[to] == parts[p].letter;
          if (found || parts[p].strict) break;
        }
        if (!found || (within > 0 && to - start >= static_cast<std::size_t>(within))) break;
        at = to;
        letters += text[to];
      }
      if (letters.size() < parts.size()) continue;
      expected.push_back(letters + "@" + std::to_string(start) + "-" + std::to_string(at));
    }
    INFO("seed " << seed << ": " << text);
    strings said = find(wanted, text).matches;
    std::sort(said.begin(), said.end());
    std::sort(expected.begin(), expected.end());
    REQUIRE(said == expected);
  }
}
