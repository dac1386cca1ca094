#include "sage/runtime/checkpoint/restored_checkpoint.hpp"

#include <algorithm>
#include <utility>

#include "sage/runtime/checkpoint/snapshot_file.hpp"

namespace sage::runtime {

restored_checkpoint::restored_checkpoint(manifest content, std::vector<std::string> files)
    : manifest_(std::move(content)), files_(std::move(files)) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::string& name = manifest_.instances.at(i).snapshot.name;
    const auto blocks = blocks_of(files_[i]);
    if (!blocks) throw blocks.error().at(name);
    std::vector<state::operator_part> parts;
    for (const std::string_view block : *blocks) {
      if (const auto read = state::read_block(block, parts); !read) throw read.error().at(name);
    }
    for (state::operator_part& part : parts) parts_[std::string(part.uid)].push_back(std::move(part));
  }
}

state::snapshot_reader restored_checkpoint::reader_for(const std::string& uid, std::uint32_t number,
                                                       std::uint32_t parallelism) const {
  std::vector<const state::operator_part*> all;
  if (const auto found = parts_.find(uid); found != parts_.end()) {
    for (const state::operator_part& part : found->second) all.push_back(&part);
  }
  return state::snapshot_reader(uid, std::move(all), number, parallelism);
}

const manifest_operator* restored_checkpoint::find(const std::string& uid) const {
  const auto found = std::find_if(manifest_.operators.begin(), manifest_.operators.end(),
                                  [&](const manifest_operator& o) { return o.uid == uid; });
  return found == manifest_.operators.end() ? nullptr : &*found;
}

bool restored_checkpoint::has_finished(const std::string& uid) const {
  const manifest_operator* known = find(uid);
  return known && known->finished;
}

std::size_t restored_checkpoint::parallelism_of(const std::string& uid) const {
  const manifest_operator* known = find(uid);
  return known ? known->parallelism : 0;
}

const manifest_source* restored_checkpoint::source(const std::string& uid) const {
  const auto found = std::find_if(manifest_.sources.begin(), manifest_.sources.end(),
                                  [&](const manifest_source& s) { return s.uid == uid; });
  return found == manifest_.sources.end() ? nullptr : &*found;
}

}  // namespace sage::runtime
