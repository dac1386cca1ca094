/// Waits for streams without keeping an instance from its other duties.
#pragma once

#include "sage/connectors/file/content_reader.hpp"
#include "sage/functions/context.hpp"

namespace sage::file {

/// How a reader waits for a pipe or a terminal: the first time not at all, so that what is under way downstream can
/// leave before this thread blocks; then for at most 50 ms at a time, so that a drain is seen; a cancel ends the wait
/// at once.
class stream_wait {
 public:
  /// Whether a read of `content` would not block. When it would, the engine is asked to come again, and the reader
  /// answers `read_status::idle`.
  [[nodiscard]] bool is_ready(content_reader& content, context& self);

 private:
  bool may_wait_ = false;
};

}  // namespace sage::file
