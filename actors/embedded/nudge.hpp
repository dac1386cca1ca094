/// The messages with which the two sides of an inlet or outlet wake each other, and themselves.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

namespace sage::actors {

/// There is room again, or something to send.
struct nudge {};
/// Time to see whether an answer is overdue.
struct look_at_clock {};

}  // namespace sage::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::nudge)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::look_at_clock)
