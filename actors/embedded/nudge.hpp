/// The message with which the two sides of an inlet or outlet wake each other.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

namespace sage::actors {

/// There is room again, or something to send.
struct nudge {};

}  // namespace sage::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::nudge)
