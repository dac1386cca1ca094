// Who may call: the lines of the file, the file itself, and the header that is presented.
#include "sage/serving/callers.hpp"

#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

#include "sage/serving/callers_file.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"

using namespace sage;
using namespace sage::serving;

namespace {

const std::string hash_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string error_of(const std::string& text) {
  const auto read = callers::from_text(text, "callers");
  return read ? std::string() : read.error().where() + ": " + read.error().message();
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a caller is found by the token whose hash is known", "[serving][callers]") {
  const auto all = callers::from_text("# who may call\n\n  shop " + hash_of_abc +
                                          " requests_per_minute=60\ttokens_per_day=1000000\r\nother " +
                                          to_hex(hash_of("second")) + "\n",
                                      "callers")
                       .value();
  CHECK(all.size() == 2);
  const caller* shop = all.find("Bearer abc");
  REQUIRE(shop != nullptr);
  CHECK(shop->tenant == "shop");
  CHECK(shop->limits.requests_per_minute == 60);
  CHECK(shop->limits.tokens_per_day == 1'000'000);
  CHECK_FALSE(shop->limits.tokens_per_minute.has_value());
  CHECK(all.find("bearer second")->tenant == "other");
  for (const char* wrong : {"", "abc", "Bearer", "Bearer ", "Bearer ABC", "Bearer abc ", "Bearer  abc", "Basic abc",
                            "Bearer abc,Bearer abc"}) {
    CAPTURE(wrong);
    CHECK(all.find(wrong) == nullptr);
  }
  CHECK(all.find("Bearer " + hash_of_abc) == nullptr);  // knowing the file isn't enough
  CHECK(all.find("Bearer " + std::string(100'000, 'x')) == nullptr);
  CHECK(callers().find("Bearer abc") == nullptr);
}

TEST_CASE("a line that is none is told with its number and without its hash", "[serving][callers]") {
  CHECK(error_of("# fine\nshop\n") ==
        "callers:2: the second word isn't the SHA-256 of a token, in 64 hexadecimal figures");
  CHECK(error_of("shop " + hash_of_abc.substr(1)).find("callers:1: the second word") == 0);
  CHECK(error_of("shop " + hash_of_abc.substr(2) + "zz").find("callers:1: the second word") == 0);
  CHECK(error_of("sh/op " + hash_of_abc).find("callers:1: the tenant") == 0);
  const std::string long_name(65, 'x');
  CHECK(error_of(long_name + " " + hash_of_abc).find("callers:1: the tenant") == 0);
  for (const char* limit :
       {"requests_per_minute", "requests_per_minute=", "requests_per_minute=-1", "requests=1", "tokens_per_day=1.5",
        "tokens_per_day=99999999999999999999", "=1", "tokens_per_day=1 tokens_per_day=1"}) {
    CAPTURE(limit);
    const std::string told = error_of("shop " + hash_of_abc + " " + limit);
    CHECK(told.find("callers:1: a limit is unknown") == 0);
    CHECK(told.find(hash_of_abc) == std::string::npos);
  }
  CHECK(error_of("a " + hash_of_abc + "\nb " + hash_of_abc) == "callers:2: the token is in a line above already");
}

TEST_CASE("one token alone makes a caller, unless it could be guessed", "[serving][callers]") {
  callers all;
  REQUIRE(all.add_token("default", std::string("0123456789abcdef")).has_value());
  CHECK(all.find("Bearer 0123456789abcdef")->tenant == "default");
  for (const char* weak : {"", "short", "with a blank in it", "line\nend0123456789"}) {
    const auto refused = callers().add_token("default", std::string(weak));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == errc::configuration);
    if (*weak != 0) CHECK(std::string(refused.error().what()).find(weak) == std::string::npos);
  }
}

TEST_CASE("callers are added to a file that only its owner can read", "[serving][callers]") {
  const test::scratch_folder folder;
  const std::string path = folder.path() + "/callers";
  const auto first = add_caller(path, "shop").value();
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(text_of(path).find(first.reveal()) == std::string::npos);
  std::ofstream(path, std::ios::app) << "# a remark";
  const auto second = add_caller(path, "shop").value();
  CHECK(first.reveal() != second.reveal());
  CHECK(second.reveal().size() == 69);
  CHECK(text_of(path).find("# a remark\nshop ") != std::string::npos);
  const auto all = read_callers(path).value();
  CHECK(all.size() == 2);
  CHECK(all.find("Bearer " + first.reveal())->tenant == "shop");
  CHECK(all.find("Bearer " + second.reveal())->tenant == "shop");
  CHECK_FALSE(add_caller(path, "no/name").has_value());
}

TEST_CASE("a callers file that others can read is refused", "[serving][callers]") {
  const test::scratch_folder folder;
  const std::string path = folder.path() + "/callers";
  const auto token = add_caller(path, "shop").value();
  for (const mode_t mode : {0640u, 0604u, 0620u, 0666u}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    const auto read = read_callers(path);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code() == errc::configuration);
    CHECK(read.error().advice() == "chmod 600 " + path);
    CHECK_FALSE(add_caller(path, "shop").has_value());
  }
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(read_callers(path).has_value());
  // Somebody else is adding one.
  std::ofstream(path + ".new") << "x";
  const auto refused = add_caller(path, "shop");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().advice().find("another call is adding") == 0);
  CHECK(read_callers(folder.path() + "/none").error().code() == errc::not_found);
  CHECK(read_callers(folder.path()).error().code() == errc::configuration);
}
