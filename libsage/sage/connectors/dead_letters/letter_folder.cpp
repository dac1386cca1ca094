#include "sage/connectors/dead_letters/letter_folder.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

namespace sage::letters {

namespace {

constexpr std::string_view name_begin = "letters-";
constexpr std::string_view name_end = ".log";
constexpr std::uint32_t format_known = 1;

std::optional<std::uint64_t> order_of(std::string_view name) {
  if (!name.starts_with(name_begin) || !name.ends_with(name_end)) return std::nullopt;
  name.remove_prefix(name_begin.size());
  name.remove_suffix(name_end.size());
  std::uint64_t order = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), order);
  if (problem != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return order;
}

void check_format(std::uint32_t format, const std::string& path) {
  if (format <= format_known) return;
  throw error(errc::unsupported,
              "has format " + std::to_string(format) + ", this program reads up to " + std::to_string(format_known),
              path, "use the version of the program that wrote it, or a newer one");
}

}  // namespace

std::string_view to_string(letter_state state) noexcept {
  switch (state) {
    case letter_state::waiting: return "waiting";
    case letter_state::marked: return "marked";
    case letter_state::replayed: return "replayed";
  }
  return "";
}

std::string letters_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " letter" : " letters");
}

std::uint64_t folder_facts::bytes() const noexcept {
  std::uint64_t all = 0;
  for (const segment_file& one : segments) all += one.bytes;
  return all;
}

std::uint64_t folder_facts::first_from(std::size_t segment) const noexcept {
  for (; segment < segments.size(); ++segment) {
    if (segments[segment].first != segment_file::no_letter) return segments[segment].first;
  }
  return at.last + 1;
}

std::string letter_folder::segment_path(std::uint64_t order) const {
  char number[24];
  std::snprintf(number, sizeof number, "%010llu", static_cast<unsigned long long>(order));
  return folder_ + "/" + std::string(name_begin) + number + std::string(name_end);
}

folder_facts letter_folder::facts() const {
  folder_facts found;
  auto entries = files_.list(folder_);
  if (!entries && entries.error().code() == errc::not_found) return found;
  for (const directory_entry& entry : entries.value()) {
    if (const auto order = order_of(entry.name)) {
      found.segments.push_back(segment_file{folder_ + "/" + entry.name, *order});
    }
  }
  std::sort(found.segments.begin(), found.segments.end(),
            [](const segment_file& a, const segment_file& b) { return a.order < b.order; });
  for (segment_file& one : found.segments) {
    const std::string content = read_content(files_, one.path);
    frame_reader frames(content);
    one.bytes = content.size();
    while (const auto next = frames.next()) {
      if (next->kind == frame_kind::segment) {
        const auto head = read_frame<segment_head>(*next, one.path);
        check_format(head.format, one.path);
        one.first = head.first;
      } else if (next->kind == frame_kind::commit) {
        found.at = read_frame<committed>(*next, one.path);
      }
    }
    one.whole_bytes = frames.position();
  }
  return found;
}

folder_changes letter_folder::changes() const {
  folder_changes known;
  if (!files_.status(changes_path())) return known;
  const std::string path = changes_path();
  const std::string content = read_content(files_, path);
  frame_reader frames(content);
  while (const auto next = frames.next()) {
    switch (next->kind) {
      case frame_kind::base: {
        const auto base = read_frame<changes_base>(*next, path);
        check_format(base.format, path);
        known.last_replay = base.replays;
        break;
      }
      case frame_kind::edit: {
        auto edit = read_frame<edited_letter>(*next, path);
        known.edits[edit.letter] = std::move(edit.record);
        break;
      }
      case frame_kind::replay: {
        const auto replay = read_frame<asked_replay>(*next, path);
        known.last_replay = std::max(known.last_replay, replay.number);
        known.replays[replay.letter.number] = replay.number;
        break;
      }
      case frame_kind::purge: known.purged[read_frame<purged_letter>(*next, path).letter] = true; break;
      default: break;
    }
  }
  known.whole_bytes = frames.position();
  return known;
}

void letter_folder::for_each_committed(const folder_facts& known,
                                       const std::function<bool(kept_letter&)>& each) const {
  for (std::size_t i = 0; i < known.segments.size(); ++i) {
    const segment_file& one = known.segments[i];
    // What a run had not committed when it died has been written again, with the same numbers.
    std::uint64_t end = known.at.last + 1;
    for (std::size_t later = i + 1; later < known.segments.size(); ++later) {
      end = std::min(end, known.segments[later].first);
    }
    if (one.first >= end) continue;
    const std::string content = read_content(files_, one.path);
    frame_reader frames(content);
    while (const auto next = frames.next()) {
      if (next->kind != frame_kind::letter) continue;
      auto letter = read_frame<kept_letter>(*next, one.path);
      if (letter.number < end && !each(letter)) return;
    }
  }
}

void letter_folder::for_each(const std::function<bool(listed&)>& each) const {
  // Letters first: a change that came meanwhile concerns one that is known.
  const folder_facts known = facts();
  const folder_changes asked = changes();
  for_each_committed(known, [&](kept_letter& letter) {
    if (asked.purged.contains(letter.number)) return true;
    listed one{std::move(letter)};
    if (const auto edit = asked.edits.find(one.letter.number); edit != asked.edits.end()) {
      one.letter.record = edit->second;
      one.letter.shown.clear();
      one.edited = true;
    }
    if (const auto replay = asked.replays.find(one.letter.number); replay != asked.replays.end()) {
      one.state = replay->second <= known.at.replays ? letter_state::replayed : letter_state::marked;
    }
    return each(one);
  });
}

letter_folder::listed letter_folder::letter(std::uint64_t number) const {
  std::optional<listed> found;
  for_each([&](listed& one) {
    if (one.letter.number == number) found = std::move(one);
    return !found;
  });
  if (found) return *std::move(found);
  throw error(errc::not_found, "there is no dead letter " + std::to_string(number), folder_,
              "list shows the letters that are there");
}

void letter_folder::for_each_replay(std::uint64_t after, const std::function<bool(asked_replay&)>& each) const {
  if (!files_.status(changes_path())) return;
  const folder_changes known = changes();
  const std::string content = read_content(files_, changes_path());
  frame_reader frames(content);
  while (const auto next = frames.next()) {
    if (next->kind != frame_kind::replay) continue;
    auto replay = read_frame<asked_replay>(*next, changes_path());
    if (replay.number <= after || known.purged.contains(replay.letter.number)) continue;
    if (!each(replay)) return;
  }
}

std::uint64_t letter_folder::changes_bytes() const {
  const auto there = files_.status(changes_path());
  return there ? there->bytes : 0;
}

void letter_folder::append_changes(const std::function<std::string(const folder_changes&)>& make) {
  const auto lock = files_.lock(folder_ + "/changes.lock");
  if (!lock) {
    throw error(lock.error().code(), "somebody else is changing the letters", folder_, "try again in a moment");
  }
  const bool is_new = !files_.status(changes_path());
  const folder_changes known = changes();
  std::string bytes;
  if (is_new) append_frame_of(bytes, frame_kind::base, changes_base{});
  bytes += make(known);
  // Whoever died while he wrote has left a frame that is not whole: it is cut off.
  auto file =
      is_new ? files_.create(changes_path()).value() : files_.reopen(changes_path(), known.whole_bytes).value();
  file->write(bytes, -1).value();
  file->sync().value();
  file->close().value();
  if (is_new) files_.sync_folder(folder_).value();
}

void letter_folder::ask_replays(std::vector<kept_letter> letters) {
  if (letters.empty()) return;
  append_changes([&](const folder_changes& known) {
    std::string bytes;
    asked_replay ask;
    ask.number = known.last_replay;
    for (kept_letter& one : letters) {
      ++ask.number;
      ask.letter = std::move(one);
      append_frame_of(bytes, frame_kind::replay, ask);
    }
    return bytes;
  });
}

void letter_folder::edit(std::uint64_t number, byte_string record) {
  append_changes([&](const folder_changes&) {
    std::string bytes;
    append_frame_of(bytes, frame_kind::edit, edited_letter{number, std::move(record)});
    return bytes;
  });
}

void letter_folder::purge(const std::vector<std::uint64_t>& numbers) {
  if (numbers.empty()) return;
  append_changes([&](const folder_changes&) {
    std::string bytes;
    for (const std::uint64_t one : numbers) append_frame_of(bytes, frame_kind::purge, purged_letter{one});
    return bytes;
  });
}

// ---- compaction

void letter_folder::rewrite(const std::string& path, const std::string& content) {
  const std::string temporary = path + ".tmp";
  if (files_.status(temporary)) files_.remove(temporary).value();
  auto file = files_.create(temporary).value();
  file->write(content, -1).value();
  file->sync().value();
  file->close().value();
  files_.rename(temporary, path).value();
}

std::uint64_t letter_folder::compact_segment(const segment_file& one, std::uint64_t behind,
                                             const folder_changes& known) {
  const std::string content = read_content(files_, one.path);
  frame_reader frames(content);
  std::string left;
  std::uint64_t removed = 0;
  while (const auto next = frames.next()) {
    if (next->kind == frame_kind::letter) {
      const auto letter = read_frame<kept_letter>(*next, one.path);
      if (letter.number < behind && known.purged.contains(letter.number)) {
        ++removed;
        continue;
      }
    }
    append_frame(left, next->kind, next->payload);
  }
  // What is behind a frame that is not whole stays: somebody may want to look at it.
  left += content.substr(frames.position());
  if (removed > 0) rewrite(one.path, left);
  return removed;
}

std::uint64_t letter_folder::compact() {
  const folder_changes known = changes();
  if (known.purged.empty()) return 0;
  const folder_facts there = facts();
  std::uint64_t removed = 0;
  for (const segment_file& one : there.segments) removed += compact_segment(one, there.at.last + 1, known);
  const auto lock = files_.lock(folder_ + "/changes.lock");
  if (!lock) return removed;  // another time
  std::string left;
  append_frame_of(left, frame_kind::base, changes_base{format_known, known.last_replay});
  const std::uint64_t oldest = there.first_from(0);
  const auto is_gone = [&](std::uint64_t letter) { return letter < oldest || known.purged.contains(letter); };
  const std::string path = changes_path();
  const std::string content = read_content(files_, path);
  frame_reader frames(content);
  while (const auto next = frames.next()) {
    if (next->kind == frame_kind::replay) {
      if (is_gone(read_frame<asked_replay>(*next, path).letter.number)) continue;
    } else if (next->kind == frame_kind::edit) {
      if (is_gone(read_frame<edited_letter>(*next, path).letter)) continue;
    } else {
      continue;  // the base is new, and what was purged is gone
    }
    append_frame(left, next->kind, next->payload);
  }
  rewrite(path, left);
  files_.sync_folder(folder_).value();
  return removed;
}

}  // namespace sage::letters
