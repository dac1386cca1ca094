/// The file of one instance's snapshot: blocks with checksums. docs/formats/checkpoint.md has the grammar.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sage/base/file_system.hpp"
#include "sage/runtime/checkpoint/manifest.hpp"

namespace sage::runtime {

/// Writes blocks to a new file at `folder`/`name` and waits until they are on the disk.
[[nodiscard]] result<manifest_file> write_snapshot_file(file_system& files, const std::string& folder,
                                                        const std::string& name,
                                                        const std::vector<std::string>& blocks);

/// All bytes of a file that may be damaged; errc::parse when they aren't those that `known` names.
[[nodiscard]] result<std::string> read_whole_file(file_system& files, const std::string& path,
                                                  const manifest_file& known);
/// The blocks in it. Fails with errc::parse for anything that `write_snapshot_file` hasn't written.
[[nodiscard]] result<std::vector<std::string_view>> blocks_of(std::string_view content);

}  // namespace sage::runtime
