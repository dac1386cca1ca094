#include "sage/base/base64.hpp"

#include <string>

#include "tests/catch.hpp"

namespace {

std::string encode(std::string_view bytes) {
  std::string out;
  sage::append_base64(out, bytes);
  return out;
}

}  // namespace

TEST_CASE("the examples of RFC 4648 encode and decode", "[base][base64]") {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"},
                                                          {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : examples) {
    CHECK(encode(bytes) == text);
    std::string back = "kept";
    CHECK(sage::append_from_base64(back, text));
    CHECK(back == std::string("kept") + bytes);
  }
}

TEST_CASE("text that is not canonical base64 is refused and appends nothing", "[base][base64]") {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zm-_", "Zg==Zg=="}) {
    CAPTURE(text);
    std::string out = "kept";
    CHECK_FALSE(sage::append_from_base64(out, text));
    CHECK(out == "kept");
  }
}
