#include "sage/app/doctor.hpp"

#include <algorithm>

#include "tests/catch.hpp"

using sage::apps::finding;

TEST_CASE("a doctor's report groups what was found and counts what is wrong", "[app][doctor]") {
  CHECK(sage::apps::report_of({}) == "\nall is well\n");
  CHECK(sage::apps::report_of({{"machine", "cores", "2", ""},
                               {"machine", "open files", "at most 10", "few; raise the limit"},
                               {"features", "a subject that is longer than its column", "on", ""}}) ==
        "machine\n"
        "  cores                 2\n"
        "  open files            at most 10\n"
        "    problem: few; raise the limit\n"
        "\n"
        "features\n"
        "  a subject that is longer than its column on\n"
        "\n"
        "1 problem\n");
}

TEST_CASE("a doctor looks at build, machine and environment", "[app][doctor]") {
  const std::vector<finding> all = sage::apps::examine();
  for (const char* subject : {"version", "CAF", "cores", "memory", "open files", "temporary files", "gzip input",
                              "threads", "parallelism"}) {
    CAPTURE(subject);
    CHECK(std::any_of(all.begin(), all.end(), [&](const finding& one) { return one.subject == subject; }));
  }
}
