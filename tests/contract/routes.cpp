// Routes by label, and a split.
#include <sage/sage.hpp>

namespace {

struct request {
  std::string intent;
  std::string text;
};

std::string quick_order(const request& r) {
  return "ordered: " + r.text;
}
std::string quick_refund(const request& r) {
  return "refunded: " + r.text;
}
std::string small_talk(const request& r) {
  return "you said: " + r.text;
}

}  // namespace

void routes(sage::environment& env, const sage::collection<request>& source) {
  auto requests = env.from_source(source);
  auto routed = requests.route(&request::intent, {"order", "refund"});
  auto orders = routed["order"].map(quick_order);
  auto refunds = routed["refund"].map(quick_refund);
  orders.union_with(refunds, routed.otherwise().map(small_talk)).sink(sage::file::lines_sink("-"));

  auto [finished, more] = requests.split([](const request& r) { return r.text.empty(); });
  finished.sink(sage::discard());
  more.broadcast().sink(sage::discard());
}
