/// Any bytes, in any pieces, leave a connection of the HTTP server in order: it reads on, answers or refuses, and
/// ends.
#include "sage/serving/connection.hpp"

namespace {

constexpr sage::nanoseconds hour = 3'600'000'000'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace sage::serving;
  server_limits limits;
  limits.header_bytes_max = 512;
  limits.body_bytes_max = 256;
  const allowed_hosts hosts;
  connection_limits shared(limits);
  connection of({limits, hosts, shared}, 1);
  std::uint64_t ids = 0;
  // The first byte says how large the pieces are.
  const std::size_t piece = size == 0 ? 1 : 1 + bytes[0] % 64;
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  while (!text.empty()) {
    of.on_bytes(text.substr(0, piece), 1);
    text.remove_prefix(std::min(piece, text.size()));
    while (auto arrived = of.take_request(++ids, 1)) {
      if (arrived->request.body.size() > limits.body_bytes_max) __builtin_trap();
      if (arrived->request.path.empty()) __builtin_trap();
      arrived->answer->send(200, {}, arrived->request.body);
      of.on_output(1);
      if (!of.output().empty()) of.on_written(of.output().size(), 1);
    }
    if (!of.output().empty()) of.on_written(of.output().size(), 1);
  }
  of.on_tick(hour);
  if (!of.output().empty()) of.on_written(of.output().size(), hour);
  of.on_tick(2 * hour);
  if (!of.is_closed()) __builtin_trap();
  if (!shared.take_body_bytes(limits.bodies_bytes_max)) __builtin_trap();
  return 0;
}
