#include "sage/runtime/checkpoint/checkpoint_store.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sage/runtime/checkpoint/snapshot_file.hpp"

namespace sage::runtime {

namespace {

constexpr std::string_view prefix = "checkpoint-";
constexpr std::size_t digits = 10;
constexpr std::uint64_t manifest_bytes_max = 1u << 30;
constexpr std::uint64_t run_bytes_max = 64;

std::optional<std::uint64_t> epoch_of(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::uint64_t epoch = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), epoch);
  if (problem != std::errc{} || end != name.data() + name.size() || name.size() < digits) return std::nullopt;
  return epoch;
}

std::string padded(std::uint64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  return std::string(text.size() < width ? width - text.size() : 0, '0') + text;
}

bool is_run_name(const std::string& text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string checkpoint_store::path_of(std::uint64_t epoch) const {
  return folder_ + "/" + std::string(prefix) + padded(epoch, digits);
}

void checkpoint_store::take() {
  files_.make_folder(folder_).value();
  auto locked = files_.lock(folder_ + "/lock");
  if (!locked && locked.error().code() == errc::invalid_argument) {
    throw error(errc::invalid_argument, "another process takes checkpoints there", folder_,
                "wait for it, stop it, or name another --checkpoint-dir");
  }
  lock_ = std::move(locked).value();
}

result<std::string> checkpoint_store::read_text(const std::string& path, std::uint64_t bytes_max) {
  const auto there = files_.status(path);
  if (!there) return there.error();
  if (there->bytes > bytes_max) return error(errc::parse, "is too large to be what it should be", path);
  auto file = files_.open(path);
  if (!file) return file.error();
  std::string text;
  std::string room(64 << 10, '\0');
  while (text.size() <= bytes_max) {
    const auto count = (*file)->read(room.data(), room.size());
    if (!count) return count.error();
    if (*count == 0) return text;
    text.append(room, 0, *count);
  }
  return error(errc::parse, "is too large to be what it should be", path);
}

// Under another name first: what is there is whole.
result<void> checkpoint_store::write_text(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  if (files_.status(temporary)) static_cast<void>(files_.remove(temporary));  // left behind by a crash
  auto file = files_.create(temporary);
  if (!file) return file.error();
  for (const auto& done : {(*file)->write(text, -1), (*file)->sync(), (*file)->close()}) {
    if (!done) return done;
  }
  return files_.rename(temporary, path);
}

std::string checkpoint_store::run_name(std::uint64_t random) {
  const std::string path = folder_ + "/run";
  if (files_.status(path)) {
    std::string known = read_text(path, run_bytes_max).value();
    if (known.ends_with('\n')) known.pop_back();
    if (is_run_name(known)) return known;
    throw error(errc::parse, "doesn't name a run", path, "remove it only if nothing else is left in its folder");
  }
  std::string made;
  for (int shift = 60; shift >= 0; shift -= 4) made += "0123456789abcdef"[random >> shift & 15];
  write_text(path, made + "\n").value();
  return made;
}

stored_checkpoint checkpoint_store::look_at(const std::string& name, std::uint64_t epoch) {
  stored_checkpoint one;
  one.epoch = epoch;
  one.path = folder_ + "/" + name;
  const auto text = read_text(one.path + "/manifest", manifest_bytes_max);
  if (!text) {
    const bool missing = text.error().code() == errc::not_found;
    one.problem =
        std::make_shared<error>(missing ? error(errc::not_found, "was never completed", one.path) : text.error());
    return one;
  }
  auto content = read_manifest(*text);
  if (!content) {
    one.problem = std::make_shared<error>(content.error().at(one.path + "/manifest"));
    return one;
  }
  if (content->epoch != epoch) {
    one.problem = std::make_shared<error>(
        errc::parse, "its manifest is that of checkpoint " + std::to_string(content->epoch), one.path);
    return one;
  }
  one.bytes = text->size();
  for (const manifest_instance& i : content->instances) one.bytes += i.snapshot.bytes;
  one.content = *std::move(content);
  return one;
}

std::vector<stored_checkpoint> checkpoint_store::list() {
  std::vector<stored_checkpoint> all;
  for (const directory_entry& entry : files_.list(folder_).value()) {
    if (entry.kind != file_kind::directory) continue;
    if (const auto epoch = epoch_of(entry.name)) all.push_back(look_at(entry.name, *epoch));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.epoch > b.epoch; });
  return all;
}

result<restored_ptr> checkpoint_store::load(const stored_checkpoint& from) {
  if (!from.content) return *from.problem;
  std::vector<std::string> contents;
  for (const manifest_instance& one : from.content->instances) {
    if (one.snapshot.name.find('/') != std::string::npos)
      return error(errc::parse, "names a file elsewhere", from.path);
    auto content = read_whole_file(files_, from.path + "/" + one.snapshot.name, one.snapshot);
    if (!content) return content.error();
    contents.push_back(*std::move(content));
  }
  try {
    return restored_ptr(std::make_shared<restored_checkpoint>(*from.content, std::move(contents)));
  } catch (const error& problem) {
    return problem.at(from.path);
  }
}

result<void> checkpoint_store::verify(const stored_checkpoint& what) {
  const auto loaded = load(what);
  if (!loaded) return loaded.error();
  return {};
}

result<void> checkpoint_store::begin(std::uint64_t epoch) {
  const std::string path = path_of(epoch);
  if (files_.status(path)) {
    if (const auto gone = files_.remove_folder(path); !gone) return gone;
  }
  if (const auto made = files_.make_folder(path); !made) return made;
  return files_.sync_folder(folder_);
}

result<manifest_file> checkpoint_store::write_snapshot(std::uint64_t epoch, std::uint32_t instance,
                                                       const std::vector<std::string>& blocks) {
  return write_snapshot_file(files_, path_of(epoch), padded(instance, 4) + ".snapshot", blocks);
}

result<void> checkpoint_store::complete(const manifest& content) {
  const std::string path = path_of(content.epoch);
  // The names of the snapshots before that of the manifest, which vouches for them.
  if (const auto synced = files_.sync_folder(path); !synced) return synced;
  return write_text(path + "/manifest", manifest_text(content));
}

result<void> checkpoint_store::remove(std::uint64_t epoch) {
  const std::string path = path_of(epoch);
  if (files_.status(path + "/manifest")) {
    if (const auto gone = files_.remove(path + "/manifest"); !gone) return gone;
    if (const auto synced = files_.sync_folder(path); !synced) return synced;
  }
  return files_.remove_folder(path);
}

result<std::vector<std::uint64_t>> checkpoint_store::prune(std::size_t kept) {
  std::vector<std::uint64_t> gone;
  std::size_t complete = 0;
  for (const stored_checkpoint& one : list()) {
    if (complete < kept) {
      complete += one.content ? 1 : 0;
      continue;
    }
    if (const auto removed = remove(one.epoch); !removed) return removed.error();
    gone.push_back(one.epoch);
  }
  return gone;
}

restored_ptr find_checkpoint(checkpoint_store& in, std::optional<std::uint64_t> epoch,
                             std::vector<error>& passed_over) {
  bool any = false;
  for (const stored_checkpoint& one : in.list()) {
    if (epoch && one.epoch != *epoch) continue;
    // One that was never completed is no loss: the job had gone on from the one before, if at all.
    const bool is_complete = one.content || one.problem->code() != errc::not_found;
    any = any || is_complete || epoch;
    auto loaded = in.load(one);
    if (loaded) return *std::move(loaded);
    if (epoch || loaded.error().code() == errc::unsupported) throw loaded.error();
    if (is_complete) passed_over.push_back(loaded.error());
  }
  if (epoch) {
    throw error(errc::not_found, "there is no checkpoint " + std::to_string(*epoch), in.folder(),
                "sage checkpoints list shows those that are there");
  }
  if (any) {
    std::string text = "no checkpoint is whole:";
    for (const error& each : passed_over) text += std::string("\n  ") + each.what();
    throw error(errc::parse, text, in.folder(), "begin anew in another folder, or bring back a copy");
  }
  return nullptr;
}

}  // namespace sage::runtime
