#include "sage/app/record_edit.hpp"

#include "sage/base/error.hpp"
#include "sage/model/json.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::apps;

namespace {

dynamic_value order() {
  return from_json<dynamic_value>(
             R"({"id":7,"name":"kettle","lines":[{"price":1.5},{"price":2}],"paid":true,"note":null})")
      .value();
}

std::string with(const std::string& assignment) {
  dynamic_value record = order();
  set_field(record, assignment);
  return to_json(record);
}

}  // namespace

TEST_CASE("a field is set by its path, and stays what it was", "[app][record_edit]") {
  CHECK(with("id=8") == R"({"id":8,"name":"kettle","lines":[{"price":1.5},{"price":2}],"paid":true,"note":null})");
  CHECK(with("name=8") == R"({"id":7,"name":"8","lines":[{"price":1.5},{"price":2}],"paid":true,"note":null})");
  CHECK(with("name=a=b").find(R"("name":"a=b")") != std::string::npos);
  CHECK(with("lines[1].price=2.5").find(R"({"price":2.5}])") != std::string::npos);
  CHECK(with("lines=[]").find(R"("lines":[])") != std::string::npos);
  CHECK(with("note=hello").find(R"("note":"hello")") != std::string::npos);
  CHECK(with("paid=null").find(R"("paid":null)") != std::string::npos);
  dynamic_value text("one");
  set_field(text, ".=two");
  CHECK(text == dynamic_value("two"));
}

TEST_CASE("what isn't there, or isn't meant, is refused", "[app][record_edit]") {
  CHECK_THROWS_WITH(with("nope=1"), Catch::Contains("there is id, name, lines, paid, note"));
  CHECK_THROWS_WITH(with("lines[2].price=1"), Catch::Contains("the list has 2 elements"));
  CHECK_THROWS_WITH(with("id[0]=1"), Catch::Contains("it is no list"));
  CHECK_THROWS_WITH(with("lines[.price=1"), Catch::Contains("there is no"));
  CHECK_THROWS_WITH(with("id=eight"), Catch::Contains("is a number, 'eight' isn't"));
  CHECK_THROWS_WITH(with("paid=1"), Catch::Contains("is a boolean"));
  CHECK_THROWS_WITH(with("id"), Catch::Contains("--set wants FIELD=VALUE"));
  CHECK_THROWS_WITH(with("=1"), Catch::Contains("--set wants FIELD=VALUE"));
}

TEST_CASE("what nobody has touched stays, also what JSON can't say", "[app][record_edit]") {
  dynamic_value record = order();
  record["raw"] = byte_string(3, std::byte{0xff});
  const std::string text = editable_text(record);
  CHECK(edited_record(record, text) == record);
  std::string changed = text;
  changed.replace(changed.find("kettle"), 6, "teapot");
  dynamic_value wanted = record;
  wanted["name"] = dynamic_value("teapot");
  CHECK(edited_record(record, changed) == wanted);
  CHECK_THROWS_AS(edited_record(record, "{"), error);
}
