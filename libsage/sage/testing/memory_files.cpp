#include "sage/testing/memory_files.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace sage::testing {

namespace {

error missing(const std::string& path) {
  return error(errc::not_found, "isn't there", path, "put it there");
}

}  // namespace

// Reads the content as it was when it was opened.
class memory_files::reading final : public readable_file {
 public:
  reading(std::string content, std::size_t bytes_max) : content_(std::move(content)), bytes_max_(bytes_max) {}
  result<std::size_t> read(char* into, std::size_t bytes) override {
    const std::size_t count = std::min({bytes, bytes_max_, content_.size() - at_});
    content_.copy(into, count, at_);
    at_ += count;
    return count;
  }
  result<void> seek(std::uint64_t offset) override {
    at_ = static_cast<std::size_t>(std::min<std::uint64_t>(offset, content_.size()));
    return {};
  }
  result<bool> wait_readable(int stop_descriptor, int wait_ms) override {
    static_cast<void>(stop_descriptor), static_cast<void>(wait_ms);
    return true;
  }

 private:
  std::string content_;
  std::size_t bytes_max_;
  std::size_t at_ = 0;
};

class memory_files::writing final : public writable_file {
 public:
  writing(memory_files& files, std::string path) : files_(files), path_(std::move(path)) {}
  result<void> write(std::string_view bytes, int stop_descriptor) override {
    static_cast<void>(stop_descriptor);
    const std::lock_guard lock(files_.mutex_);
    // Like a disk: what still fits is written.
    const std::uint64_t left = std::max(files_.how.space_bytes, files_.written_bytes_) - files_.written_bytes_;
    const std::uint64_t fits = std::min<std::uint64_t>(bytes.size(), left);
    files_.contents_[path_].append(bytes.substr(0, static_cast<std::size_t>(fits)));
    files_.written_bytes_ += fits;
    if (fits < bytes.size()) return error(errc::io, "the disk is full", path_, "free some space");
    return {};
  }
  result<void> sync() override {
    if (files_.how.fail_sync) return error(errc::io, "the disk is broken", path_);
    return {};
  }
  result<void> close() override { return {}; }

 private:
  memory_files& files_;
  std::string path_;
};

void memory_files::put(const std::string& path, std::string content) {
  const std::lock_guard lock(mutex_);
  contents_[path] = std::move(content);
}

std::map<std::string, std::string> memory_files::contents() const {
  const std::lock_guard lock(mutex_);
  return contents_;
}

bool memory_files::has(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return contents_.contains(path);
}

std::string memory_files::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = contents_.find(path);
  return found == contents_.end() ? std::string() : found->second;
}

result<file_status> memory_files::status(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto found = contents_.find(path); found != contents_.end()) {
    return file_status{file_kind::regular, found->second.size()};
  }
  const std::string folder = path.ends_with('/') ? path : path + "/";
  const auto below = contents_.lower_bound(folder);
  if (path == "." || (below != contents_.end() && below->first.starts_with(folder))) {
    return file_status{file_kind::directory, 0};
  }
  return missing(path);
}

result<std::vector<directory_entry>> memory_files::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const std::string folder = path == "." ? "" : path.ends_with('/') ? path : path + "/";
  std::set<std::pair<std::string, file_kind>> names;
  for (const auto& [name, content] : contents_) {
    if (!name.starts_with(folder) || name.size() == folder.size()) continue;
    const std::string rest = name.substr(folder.size());
    const std::size_t slash = rest.find('/');
    if (slash == 0) continue;  // absolute, seen from here
    names.emplace(rest.substr(0, slash), slash == std::string::npos ? file_kind::regular : file_kind::directory);
  }
  if (names.empty() && path != ".") return missing(path);
  std::vector<directory_entry> entries;
  for (const auto& [name, kind] : names) entries.push_back(directory_entry{name, kind});
  return entries;
}

result<std::unique_ptr<readable_file>> memory_files::open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = contents_.find(path);
  if (found == contents_.end()) return missing(path);
  return std::unique_ptr<readable_file>(std::make_unique<reading>(found->second, how.read_bytes_max));
}

result<std::unique_ptr<writable_file>> memory_files::create(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!contents_.emplace(path, "").second) return error(errc::invalid_argument, "is there already", path);
  return std::unique_ptr<writable_file>(std::make_unique<writing>(*this, path));
}

class memory_files::locking final : public file_lock {
 public:
  locking(memory_files& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~locking() override {
    const std::lock_guard lock(files_.mutex_);
    files_.locks_.erase(path_);
  }

 private:
  memory_files& files_;
  std::string path_;
};

result<std::unique_ptr<file_lock>> memory_files::lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!locks_.insert(path).second) return error(errc::invalid_argument, "is locked by somebody else", path);
  return std::unique_ptr<file_lock>(std::make_unique<locking>(*this, path));
}

result<std::unique_ptr<writable_file>> memory_files::reopen(const std::string& path, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = contents_.find(path);
  if (found == contents_.end()) return missing(path);
  if (found->second.size() < bytes) return error(errc::io, "is shorter than it was", path);
  found->second.resize(static_cast<std::size_t>(bytes));
  return std::unique_ptr<writable_file>(std::make_unique<writing>(*this, path));
}

result<void> memory_files::remove_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::erase_if(contents_, [&](const auto& one) { return one.first.starts_with(path + "/"); });
  return {};
}

result<void> memory_files::sync_folder(const std::string& path) {
  static_cast<void>(path);
  if (how.fail_sync) return error(errc::io, "the disk is broken", path);
  return {};
}

result<void> memory_files::make_folder(const std::string& path) {
  static_cast<void>(path);
  return {};
}

result<std::unique_ptr<writable_file>> memory_files::open_stream(const std::string& path, int stop_descriptor) {
  static_cast<void>(stop_descriptor);
  return std::unique_ptr<writable_file>(std::make_unique<writing>(*this, path));
}

std::unique_ptr<readable_file> memory_files::standard_input() {
  return std::make_unique<reading>(content("stdin"), how.read_bytes_max);
}

std::unique_ptr<writable_file> memory_files::standard_output() {
  return std::make_unique<writing>(*this, "stdout");
}

result<void> memory_files::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (how.fail_rename) return error(errc::io, "can't be renamed", to);
  auto moved = contents_.extract(from);
  if (moved.empty()) return missing(from);
  contents_[to] = std::move(moved.mapped());
  return {};
}

result<void> memory_files::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (contents_.erase(path) == 0) return missing(path);
  return {};
}

}  // namespace sage::testing
