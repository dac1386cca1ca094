#include "sage/connectors/file/paths.hpp"

#include <algorithm>
#include <optional>

#include "sage/connectors/file/glob.hpp"

namespace sage::file {

namespace {

std::string join(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return folder.back() == '/' ? folder + name : folder + "/" + name;
}

bool is_hidden(const std::string& name) {
  return !name.empty() && name.front() == '.';
}

class finder {
 public:
  explicit finder(file_system& files) : files_(files) {}

  result<void> find(const std::string& wanted) {
    if (wanted.empty())
      return error(errc::invalid_argument, "an empty path", "", "name a file, a folder or a pattern");
    if (wanted == "-") return add("-", file_status{file_kind::stream, 0});
    const std::size_t before = found_.size();
    // A file whose name looks like a pattern is still a file.
    const result<file_status> there = files_.status(wanted);
    if (there && there->kind == file_kind::directory) {
      if (auto done = add_folder(wanted); !done) return done;
      if (found_.size() == before) {
        return error(errc::not_found, "the folder has no files", wanted,
                     "hidden files and dangling links don't count");
      }
    } else if (there) {
      return add(wanted, *there);
    } else if (is_pattern(wanted)) {
      if (auto done = add_pattern(wanted); !done) return done;
      if (found_.size() == before) {
        return error(
            errc::not_found, "no file matches the pattern", wanted,
            "`*` stays within one folder, `**` does not; hidden files need a pattern that begins with a dot");
      }
    } else {
      return there.error();
    }
    std::sort(found_.begin() + static_cast<std::ptrdiff_t>(before), found_.end(),
              [](const found_file& a, const found_file& b) { return a.path < b.path; });
    // Several `**` can lead to one file by several ways.
    found_.erase(std::unique(found_.begin() + static_cast<std::ptrdiff_t>(before), found_.end(),
                             [](const found_file& a, const found_file& b) { return a.path == b.path; }),
                 found_.end());
    return {};
  }

  [[nodiscard]] std::vector<found_file> take() { return std::move(found_); }

 private:
  result<void> add(std::string path, file_status status) {
    if (found_.size() >= files_max) {
      return error(errc::limit, "more than " + std::to_string(files_max) + " files", path,
                   "read them in several jobs");
    }
    found_.push_back(found_file{std::move(path), status});
    return {};
  }

  // What an entry is, links followed; nothing when it isn't there (any more), leads nowhere, or is a link to a
  // folder: following those could go in circles.
  result<std::optional<file_status>> look_at(const std::string& path, const directory_entry& entry) {
    if (entry.kind == file_kind::directory) return std::optional(file_status{file_kind::directory, 0});
    result<file_status> there = files_.status(path);
    if (!there && there.error().code() == errc::not_found) return std::optional<file_status>();
    if (!there) return there.error();
    if (there->kind == file_kind::directory) return std::optional<file_status>();
    return std::optional(*there);
  }

  result<void> add_folder(const std::string& top) {
    std::vector<std::string> folders{top};
    while (!folders.empty()) {
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      const auto entries = files_.list(folder);
      if (!entries) return entries.error();
      for (const directory_entry& entry : *entries) {
        if (is_hidden(entry.name)) continue;
        std::string path = join(folder, entry.name);
        const auto there = look_at(path, entry);
        if (!there) return there.error();
        if (!*there) continue;
        if ((*there)->kind == file_kind::directory) {
          folders.push_back(std::move(path));
        } else if ((*there)->kind == file_kind::regular) {
          if (auto done = add(std::move(path), **there); !done) return done;
        }
      }
    }
    return {};
  }

  // One place where a pattern may go on: what is matched so far, and where the rest of the pattern begins.
  struct candidate {
    std::string folder;  // "" is here
    std::size_t rest;
  };

  result<void> add_pattern(const std::string& pattern) {
    std::vector<candidate> open{candidate{pattern.front() == '/' ? "/" : "", pattern.find_first_not_of('/')}};
    while (!open.empty()) {
      const candidate next = std::move(open.back());
      open.pop_back();
      if (next.rest == std::string::npos) continue;
      if (auto done = advance(pattern, next, open); !done) return done;
    }
    return {};
  }

  result<void> advance(const std::string& pattern, const candidate& at, std::vector<candidate>& open) {
    const std::size_t slash = pattern.find('/', at.rest);
    const std::string part = pattern.substr(at.rest, slash == std::string::npos ? slash : slash - at.rest);
    const std::size_t rest = slash == std::string::npos ? slash : pattern.find_first_not_of('/', slash);
    const bool last = rest == std::string::npos;
    if (!is_pattern(part)) {
      std::string path = join(at.folder, part);
      if (last) return add_if_there(std::move(path));
      open.push_back(candidate{std::move(path), rest});
      return {};
    }
    const bool any_depth = part == "**";
    if (any_depth && !last) open.push_back(candidate{at.folder, rest});  // `**` as no folder at all
    const auto entries = files_.list(at.folder.empty() ? "." : at.folder);
    if (!entries) {
      // A part without wildcards may have led to what isn't there or isn't a folder: no match.
      if (entries.error().code() == errc::not_found) return {};
      return entries.error();
    }
    for (const directory_entry& entry : *entries) {
      if (is_hidden(entry.name) && part.front() != '.') continue;
      if (!any_depth && !matches(part, entry.name)) continue;
      std::string path = join(at.folder, entry.name);
      if (!last && !any_depth) {
        // Named by the user, a link to a folder is followed.
        const auto there = files_.status(path);
        if (there && there->kind == file_kind::directory) open.push_back(candidate{std::move(path), rest});
        continue;
      }
      const auto there = look_at(path, entry);
      if (!there) return there.error();
      if (!*there) continue;
      if ((*there)->kind == file_kind::directory) {
        if (any_depth) open.push_back(candidate{std::move(path), at.rest});
      } else if (last && (*there)->kind == file_kind::regular) {
        if (auto done = add(std::move(path), **there); !done) return done;
      }
    }
    return {};
  }

  result<void> add_if_there(std::string path) {
    const auto there = files_.status(path);
    if (!there) return there.error().code() == errc::not_found ? result<void>{} : there.error();
    if (there->kind != file_kind::regular) return {};
    return add(std::move(path), *there);
  }

  file_system& files_;
  std::vector<found_file> found_;
};

}  // namespace

result<std::vector<found_file>> find_files(file_system& files, const paths& wanted) {
  if (wanted.list().empty()) {
    return error(errc::invalid_argument, "no path at all", "", "name a file, a folder or a pattern");
  }
  finder found(files);
  for (const std::string& one : wanted.list()) {
    if (auto done = found.find(one); !done) return done.error();
  }
  return found.take();
}

}  // namespace sage::file
