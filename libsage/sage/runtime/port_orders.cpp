#include "sage/runtime/port_orders.hpp"

#include <utility>

namespace sage::runtime {

bool hand_to_port(const order& one, const job_settings& settings,
                  std::function<void(std::function<void(coordinator&, std::vector<order>&)>)> post) {
  const std::uint64_t epoch = one.epoch;
  switch (one.what) {
    case order::kind::begin_checkpoint:
      settings.checkpoints->port->begin(epoch, [epoch, post](const result<void>& came) {
        if (came) return;
        post([epoch, problem = came.error()](coordinator& its, std::vector<order>& out) {
          its.on_checkpoint_problem(epoch, problem, out);
        });
      });
      return true;
    case order::kind::write_part:
      settings.checkpoints->port->write(epoch, one.instance, one.snapshot,
                                        [epoch, who = one.instance, post](const result<manifest_file>& file) {
                                          post([epoch, who, file](coordinator& its, std::vector<order>& out) {
                                            its.on_written(who, epoch, file, out);
                                          });
                                        });
      return true;
    case order::kind::complete_checkpoint: {
      const std::uint64_t number = one.content->epoch;
      settings.checkpoints->port->complete(*one.content, [number, post](const result<void>& came) {
        post([number, came](coordinator& its, std::vector<order>& out) { its.on_complete(number, came, out); });
      });
      return true;
    }
    case order::kind::discard_checkpoint: settings.checkpoints->port->discard(epoch); return true;
    case order::kind::load_checkpoint:
      settings.checkpoints->port->load([post](const result<restored_ptr>& from) {
        post([from](coordinator& its, std::vector<order>& out) { its.on_loaded(from, out); });
      });
      return true;
    default: return false;
  }
}

}  // namespace sage::runtime
