/// The port to the editor that a person has chosen.
#pragma once

#include <string>

namespace sage::apps {

/// Opens `text` in $VISUAL or $EDITOR (vi where neither is set), waits, and returns what the file says then. Throws
/// errc::io when the editor can't be run or ends with an error: then nothing should be changed.
[[nodiscard]] std::string edit_in_editor(const std::string& text);

}  // namespace sage::apps
