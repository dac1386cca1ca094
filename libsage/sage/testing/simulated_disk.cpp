#include "sage/testing/simulated_disk.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sage::testing {

namespace {

error missing(const std::string& path) {
  return error(errc::not_found, "isn't there", path);
}
error broken(const std::string& path) {
  return error(errc::io, "the disk has failed", path);
}

}  // namespace

class simulated_disk::reading final : public readable_file {
 public:
  explicit reading(std::string content) : content_(std::move(content)) {}
  result<std::size_t> read(char* into, std::size_t bytes) override {
    const std::size_t count = std::min(bytes, content_.size() - at_);
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
  std::size_t at_ = 0;
};

class simulated_disk::writing final : public writable_file {
 public:
  writing(simulated_disk& disk, std::shared_ptr<file> to, std::string path)
      : disk_(disk), to_(std::move(to)), path_(std::move(path)), life_(disk.life_) {}

  result<void> write(std::string_view bytes, int stop_descriptor) override {
    static_cast<void>(stop_descriptor);
    const std::lock_guard lock(disk_.mutex_);
    if (life_ != disk_.life_) return broken(path_);
    if (disk_.full_) return error(errc::io, "the disk is full", path_, "free some space");
    if (disk_.strikes(disk_.how.write_fails)) {
      to_->content.append(bytes.substr(0, disk_.rng_.below(bytes.size() + 1)));
      return broken(path_);
    }
    to_->content.append(bytes);
    return {};
  }
  result<void> sync() override {
    const std::lock_guard lock(disk_.mutex_);
    if (life_ != disk_.life_) return broken(path_);
    if (disk_.how.sync_lies) return {};
    if (disk_.strikes(disk_.how.sync_fails)) {
      to_->content = to_->synced;
      return broken(path_);
    }
    to_->synced = to_->content;
    return {};
  }
  result<void> close() override { return {}; }

 private:
  simulated_disk& disk_;
  std::shared_ptr<file> to_;
  std::string path_;
  std::uint64_t life_;
};

class simulated_disk::locking final : public file_lock {
 public:
  locking(simulated_disk& disk, std::string path) : disk_(disk), path_(std::move(path)), life_(disk.life_) {}
  ~locking() override {
    const std::lock_guard lock(disk_.mutex_);
    if (life_ == disk_.life_) disk_.locks_.erase(path_);
  }

 private:
  simulated_disk& disk_;
  std::string path_;
  std::uint64_t life_;
};

std::string simulated_disk::folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

void simulated_disk::crash() {
  const std::lock_guard lock(mutex_);
  ++life_;
  locks_.clear();
  for (auto& [path, one] : durable_) {
    // What was appended may have come to the disk in part; what was cut off may be there again.
    const bool is_longer = one->content.size() > one->synced.size() && one->content.starts_with(one->synced);
    const std::size_t more = is_longer ? rng_.below(one->content.size() - one->synced.size() + 1) : 0;
    one->content.resize(is_longer ? one->synced.size() + more : 0);
    if (!is_longer) one->content = one->synced;
    one->synced = one->content;
  }
  now_ = durable_;
}

void simulated_disk::sync_names_of(const std::string& folder) {
  if (how.folder_sync_lies) return;
  std::erase_if(durable_,
                [&](const auto& one) { return folder_of(one.first) == folder && !now_.contains(one.first); });
  for (const auto& [path, one] : now_) {
    if (folder_of(path) == folder) durable_[path] = one;
  }
}

std::string simulated_disk::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = now_.find(path);
  return found == now_.end() ? std::string() : found->second->content;
}

bool simulated_disk::has(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return now_.contains(path);
}

void simulated_disk::put(const std::string& path, std::string content) {
  const std::lock_guard lock(mutex_);
  auto made = std::make_shared<file>();
  made->content = made->synced = std::move(content);
  now_[path] = durable_[path] = std::move(made);
}

bool simulated_disk::flip_bit(const std::string& path, std::uint64_t bit) {
  const std::lock_guard lock(mutex_);
  const auto found = now_.find(path);
  if (found == now_.end() || found->second->content.empty()) return false;
  std::string& content = found->second->content;
  content[bit / 8 % content.size()] ^= static_cast<char>(1 << (bit % 8));
  return true;
}

std::set<std::string> simulated_disk::paths() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> all;
  for (const auto& [path, one] : now_) all.insert(path);
  return all;
}

void simulated_disk::fill(bool full) {
  const std::lock_guard lock(mutex_);
  full_ = full;
}

result<file_status> simulated_disk::status(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto found = now_.find(path); found != now_.end()) {
    return file_status{file_kind::regular, found->second->content.size()};
  }
  const auto below = now_.lower_bound(path + "/");
  const bool is_folder = folders_.contains(path) || (below != now_.end() && below->first.starts_with(path + "/"));
  if (path == "." || is_folder) return file_status{file_kind::directory, 0};
  return missing(path);
}

result<std::vector<directory_entry>> simulated_disk::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const std::string prefix = path == "." ? "" : path + "/";
  std::set<std::pair<std::string, file_kind>> found;
  for (const auto& [name, one] : now_) {
    if (!name.starts_with(prefix)) continue;
    const std::string rest = name.substr(prefix.size());
    const std::size_t slash = rest.find('/');
    found.emplace(rest.substr(0, slash), slash == std::string::npos ? file_kind::regular : file_kind::directory);
  }
  for (const std::string& folder : folders_) {
    if (folder.starts_with(prefix) && folder.find('/', prefix.size()) == std::string::npos &&
        folder.size() > prefix.size())
      found.emplace(folder.substr(prefix.size()), file_kind::directory);
  }
  std::vector<directory_entry> entries;
  for (const auto& [name, kind] : found) entries.push_back(directory_entry{name, kind});
  return entries;
}

result<std::unique_ptr<readable_file>> simulated_disk::open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = now_.find(path);
  if (found == now_.end()) return missing(path);
  return std::unique_ptr<readable_file>(std::make_unique<reading>(found->second->content));
}

result<std::unique_ptr<writable_file>> simulated_disk::create(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (now_.contains(path)) return error(errc::invalid_argument, "is there already", path);
  if (full_) return error(errc::io, "the disk is full", path, "free some space");
  auto made = std::make_shared<file>();
  now_.emplace(path, made);
  return std::unique_ptr<writable_file>(std::make_unique<writing>(*this, std::move(made), path));
}

result<std::unique_ptr<writable_file>> simulated_disk::reopen(const std::string& path, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = now_.find(path);
  if (found == now_.end()) return missing(path);
  if (found->second->content.size() < bytes) return error(errc::io, "is shorter than it was", path);
  if (!how.cuts_nothing) found->second->content.resize(static_cast<std::size_t>(bytes));
  return std::unique_ptr<writable_file>(std::make_unique<writing>(*this, found->second, path));
}

result<std::unique_ptr<file_lock>> simulated_disk::lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!locks_.insert(path).second) return error(errc::invalid_argument, "is locked by somebody else", path);
  return std::unique_ptr<file_lock>(std::make_unique<locking>(*this, path));
}

result<std::unique_ptr<writable_file>> simulated_disk::open_stream(const std::string& path, int stop_descriptor) {
  static_cast<void>(stop_descriptor);
  return error(errc::unsupported, "there are no streams on a simulated disk", path);
}

result<void> simulated_disk::make_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  folders_.insert(path);
  return {};
}

std::unique_ptr<readable_file> simulated_disk::standard_input() {
  return std::make_unique<reading>("");
}

std::unique_ptr<writable_file> simulated_disk::standard_output() {
  return std::make_unique<writing>(*this, std::make_shared<file>(), "stdout");
}

result<void> simulated_disk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  auto moved = now_.extract(from);
  if (moved.empty()) return missing(from);
  now_[to] = std::move(moved.mapped());
  if (how.rename_copies_late) now_[to]->synced.resize(now_[to]->synced.size() / 2);
  if (strikes(how.sync_fails)) return broken(to);
  sync_names_of(folder_of(to));
  return {};
}

result<void> simulated_disk::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (now_.erase(path) == 0) return missing(path);
  return {};
}

result<void> simulated_disk::remove_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::erase_if(now_, [&](const auto& one) { return one.first.starts_with(path + "/"); });
  folders_.erase(path);
  return {};
}

result<void> simulated_disk::sync_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (strikes(how.sync_fails)) return broken(path);
  sync_names_of(path);
  return {};
}

}  // namespace sage::testing
