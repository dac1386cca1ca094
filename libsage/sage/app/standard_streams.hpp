/// The port to the three standard streams of the process.
#pragma once

namespace sage::apps {

/// Takes the places of standard streams that the caller has closed (`program >&-`), so that no file or socket opened
/// later gets one of their numbers and what is written for people. Reading from a closed stdin and writing to a
/// closed stdout stay errors; nobody reads a closed stderr. To be called before anything is opened.
void guard_closed_standard_streams() noexcept;

}  // namespace sage::apps
