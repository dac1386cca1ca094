// A user's file with a pipeline of ten operators: what the bench `compile` compiles.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <sage/sage.hpp>

namespace {

struct visit {
  std::string user;
  std::string page;
  std::int64_t milliseconds = 0;
};
SAGE_DESCRIBE(visit, user, page, milliseconds)

struct usage {
  std::string user;
  std::uint64_t visits = 0;
  std::int64_t slowest = 0;
};
SAGE_DESCRIBE(usage, user, visits, slowest)

struct usage_of {
  using accumulator = std::pair<std::uint64_t, std::int64_t>;
  void add(accumulator& acc, const visit& v) const {
    ++acc.first;
    acc.second = std::max(acc.second, v.milliseconds);
  }
  void merge(accumulator& acc, const accumulator& other) const {
    acc.first += other.first;
    acc.second = std::max(acc.second, other.second);
  }
  usage result(const std::string& user, accumulator&& acc) const { return {user, acc.first, acc.second}; }
};

struct first_visits {
  sage::map_state<std::string, int> pages;
  void open(sage::context& self) { pages = sage::map_state<std::string, int>(self, "pages"); }
  void operator()(const visit& v, sage::collector<visit>& out) {
    if (pages.find(v.page)) return;
    pages.put(v.page, 1);
    out.push(v);
  }
};

}  // namespace

int main() {
  sage::local_environment env;
  auto visits = env.from_source(sage::file::csv<visit>("visits.csv"));                      // 1
  auto [slow, quick] = visits.split([](const visit& v) { return v.milliseconds > 1000; });  // 2
  quick
      .filter([](const visit& v) { return v.milliseconds > 0; })  // 3
      .map([](visit v) {                                          // 4
        v.page = v.page.substr(0, v.page.find('?'));
        return v;
      })
      .key_by(&visit::user)
      .process(first_visits{})                                     // 5
      .flat_map([](const visit& v, sage::collector<visit>& out) {  // 6
        out.push(v);
        if (!v.page.empty()) out.push(visit{v.user, "/", v.milliseconds});
      })
      .union_with(slow)              // 7
      .inspect([](const visit&) {})  // 8
      .key_by(&visit::user)
      .aggregate(usage_of{})                            // 9
      .sink(sage::file::csv_sink<usage>("usage.csv"));  // 10
  env.execute("usage");
}
