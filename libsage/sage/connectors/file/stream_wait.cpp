#include "sage/connectors/file/stream_wait.hpp"

namespace sage::file {

namespace {

constexpr int wait_ms = 50;

}  // namespace

bool stream_wait::is_ready(content_reader& content, context& self) {
  if (!content.is_stream()) return true;
  const std::shared_ptr<waker>& engine = self.engine();
  if (!engine) return content.wait(-1, -1);  // a harness: nobody would come again
  if (content.wait(engine->stop_descriptor(), may_wait_ ? wait_ms : 0)) {
    may_wait_ = false;
    return true;
  }
  may_wait_ = true;
  engine->wake();
  return false;
}

}  // namespace sage::file
