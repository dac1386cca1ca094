// The file port on POSIX. Nothing else in libsage opens, reads or writes files.
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sage/base/file_system.hpp"

namespace sage {

namespace {

constexpr int open_again_ms = 20;

const char* advice_for(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return "check the path";
    case EACCES:
    case EPERM: return "check the permissions, also of the folders above";
    case ENOSPC:
    case EDQUOT: return "free some space, or write elsewhere";
    case EFBIG: return "raise the limit of the file size (ulimit -f), or write elsewhere";
    case EROFS: return "write elsewhere";
    case EMFILE:
    case ENFILE: return "raise the limit of open files (ulimit -n)";
    default: return "";
  }
}

error problem_of(int number, const char* doing, const std::string& path) {
  const bool missing = number == ENOENT || number == ENOTDIR;
  return error(missing ? errc::not_found : errc::io,
               std::string(doing) + ": " + std::generic_category().message(number), path, advice_for(number));
}

// Calls again what a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

file_kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return file_kind::regular;
  if (S_ISDIR(mode)) return file_kind::directory;
  if (S_ISLNK(mode)) return file_kind::link;
  return file_kind::stream;
}

// Owns a descriptor, unless it is one of the process.
class descriptor {
 public:
  descriptor(int number, bool owned) noexcept : number_(number), owned_(owned) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)), owned_(other.owned_) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    if (owned_ && number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] int release() noexcept { return owned_ ? std::exchange(number_, -1) : -1; }

 private:
  int number_;
  bool owned_;
};

class system_readable final : public readable_file {
 public:
  system_readable(descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  result<std::size_t> read(char* into, std::size_t bytes) override {
    for (;;) {
      const ssize_t count = uninterrupted([&] { return ::read(fd_.number(), into, bytes); });
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EAGAIN) return problem_of(errno, "can't read", path_);
      // A pipe that somebody else made non-blocking.
      pollfd one{fd_.number(), POLLIN, 0};
      if (uninterrupted([&] { return ::poll(&one, 1, -1); }) < 0) return problem_of(errno, "can't wait for", path_);
    }
  }

  result<void> seek(std::uint64_t offset) override {
    if (::lseek(fd_.number(), static_cast<off_t>(offset), SEEK_SET) < 0)
      return problem_of(errno, "can't seek in", path_);
    return {};
  }

  result<bool> wait_readable(int stop_descriptor, int wait_ms) override {
    pollfd both[2] = {{fd_.number(), POLLIN, 0}, {stop_descriptor, POLLIN, 0}};
    // An interrupted wait is a short one: the caller comes again.
    if (::poll(both, stop_descriptor >= 0 ? 2 : 1, wait_ms) < 0 && errno != EINTR) {
      return problem_of(errno, "can't wait for", path_);
    }
    return both[0].revents != 0;
  }

 private:
  descriptor fd_;
  std::string path_;
};

// Keeps SIGPIPE from this thread while it writes to a stream, without touching the process's own handling of it:
// blocks it, and takes back the one that the write has raised.
class pipe_signal_guard {
 public:
  pipe_signal_guard() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~pipe_signal_guard() {
    if (!was_pending_) {
      const timespec at_once{0, 0};
      uninterrupted([&] { return ::sigtimedwait(&pipe_, nullptr, &at_once); });
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  pipe_signal_guard(const pipe_signal_guard&) = delete;
  pipe_signal_guard& operator=(const pipe_signal_guard&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_;
};

class system_writable final : public writable_file {
 public:
  system_writable(descriptor fd, std::string path, bool is_stream)
      : fd_(std::move(fd)), path_(std::move(path)), is_stream_(is_stream) {}

  result<void> write(std::string_view bytes, int stop_descriptor) override {
    if (!is_stream_) return write_plain(bytes);
    const pipe_signal_guard guard;
    while (!bytes.empty()) {
      pollfd both[2] = {{fd_.number(), POLLOUT, 0}, {stop_descriptor, POLLIN, 0}};
      if (uninterrupted([&] { return ::poll(both, stop_descriptor >= 0 ? 2 : 1, -1); }) < 0) {
        return problem_of(errno, "can't wait for", path_);
      }
      if (both[0].revents == 0) return error(errc::cancelled, "stopped while the reader took nothing", path_);
      // What a writable pipe is sure to take without blocking.
      const ssize_t count = ::write(fd_.number(), bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count < 0 && errno == EPIPE) return error(errc::io, std::string(closed_stream_message), path_);
      if (count < 0) return problem_of(errno, "can't write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  result<void> sync() override {
    if (is_stream_) return {};
    if (uninterrupted([&] { return ::fsync(fd_.number()); }) < 0) return problem_of(errno, "can't write", path_);
    return {};
  }

  result<void> close() override {
    const int number = fd_.release();
    // After EINTR the descriptor is gone on Linux; trying again could close somebody else's.
    if (number >= 0 && ::close(number) < 0 && errno != EINTR) return problem_of(errno, "can't write", path_);
    return {};
  }

 private:
  result<void> write_plain(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = uninterrupted([&] { return ::write(fd_.number(), bytes.data(), bytes.size()); });
      if (count < 0) return problem_of(errno, "can't write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  descriptor fd_;
  std::string path_;
  bool is_stream_;
};

bool is_stream(int fd) {
  struct stat s;
  return ::fstat(fd, &s) == 0 && kind_of(s.st_mode) == file_kind::stream;
}

class posix_files final : public file_system {
 public:
  result<file_status> status(const std::string& path) override {
    struct stat s;
    if (::stat(path.c_str(), &s) < 0) return problem_of(errno, "can't find", path);
    file_status found{kind_of(s.st_mode), 0};
    if (found.kind == file_kind::regular) found.bytes = static_cast<std::uint64_t>(s.st_size);
    return found;
  }

  result<std::vector<directory_entry>> list(const std::string& path) override {
    DIR* directory = ::opendir(path.c_str());
    if (!directory) return problem_of(errno, "can't list", path);
    std::vector<directory_entry> entries;
    errno = 0;
    while (const dirent* one = ::readdir(directory)) {
      const std::string_view name = one->d_name;
      if (name == "." || name == "..") continue;
      entries.push_back(directory_entry{std::string(name), entry_kind(::dirfd(directory), *one)});
      errno = 0;
    }
    const int number = errno;
    ::closedir(directory);
    if (number != 0) return problem_of(number, "can't list", path);
    return entries;
  }

  result<std::string> resolve(const std::string& path) override {
    char* resolved = ::realpath(path.c_str(), nullptr);
    if (!resolved) return problem_of(errno, "can't find", path);
    std::string copy(resolved);
    std::free(resolved);
    return copy;
  }

  result<std::unique_ptr<readable_file>> open(const std::string& path) override {
    // Non-blocking, so that opening a named pipe doesn't wait for its writer; it means nothing for regular files.
    const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
    if (fd < 0) return problem_of(errno, "can't open", path);
    return std::unique_ptr<readable_file>(std::make_unique<system_readable>(descriptor(fd, true), path));
  }

  result<std::unique_ptr<writable_file>> create(const std::string& path) override {
    const int fd = uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    if (fd < 0 && errno == EEXIST) return error(errc::invalid_argument, "is there already", path);
    if (fd < 0) return problem_of(errno, "can't create", path);
    return std::unique_ptr<writable_file>(std::make_unique<system_writable>(descriptor(fd, true), path, false));
  }

  result<std::unique_ptr<writable_file>> reopen(const std::string& path, std::uint64_t bytes) override {
    const int fd = uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); });
    if (fd < 0) return problem_of(errno, "can't open", path);
    descriptor owned(fd, true);
    struct stat s;
    if (::fstat(fd, &s) < 0) return problem_of(errno, "can't find", path);
    if (static_cast<std::uint64_t>(s.st_size) < bytes) {
      return error(errc::io, "has " + std::to_string(s.st_size) + " bytes, should have " + std::to_string(bytes),
                   path);
    }
    if (uninterrupted([&] { return ::ftruncate(fd, static_cast<off_t>(bytes)); }) < 0 ||
        ::lseek(fd, static_cast<off_t>(bytes), SEEK_SET) < 0) {
      return problem_of(errno, "can't cut off", path);
    }
    return std::unique_ptr<writable_file>(std::make_unique<system_writable>(std::move(owned), path, false));
  }

  result<std::unique_ptr<file_lock>> lock(const std::string& path) override {
    class held final : public file_lock {
     public:
      explicit held(descriptor fd) : fd_(std::move(fd)) {}

     private:
      descriptor fd_;
    };
    const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666); });
    if (fd < 0) return problem_of(errno, "can't lock", path);
    descriptor owned(fd, true);
    if (uninterrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) < 0) {
      if (errno == EWOULDBLOCK) return error(errc::invalid_argument, "is locked by somebody else", path);
      return problem_of(errno, "can't lock", path);
    }
    return std::unique_ptr<file_lock>(std::make_unique<held>(std::move(owned)));
  }

  result<std::unique_ptr<writable_file>> open_stream(const std::string& path, int stop_descriptor) override {
    for (;;) {
      const int fd = uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK); });
      if (fd >= 0) {
        return std::unique_ptr<writable_file>(
            std::make_unique<system_writable>(descriptor(fd, true), path, is_stream(fd)));
      }
      // A named pipe that nobody reads yet can't be waited for, only be tried again.
      if (errno != ENXIO) return problem_of(errno, "can't open for writing", path);
      pollfd stop{stop_descriptor, POLLIN, 0};
      if (::poll(&stop, 1, open_again_ms) > 0) return error(errc::cancelled, "stopped while nobody read it", path);
    }
  }

  result<void> make_folder(const std::string& path) override {
    for (std::size_t end = 0; end < path.size();) {
      end = std::min(path.find('/', end + 1), path.size());
      const std::string folder = path.substr(0, end);
      if (::mkdir(folder.c_str(), 0777) == 0) continue;
      const int number = errno;
      // Of a folder that is there some systems say first that nothing can be made beside it.
      const auto found = status(folder);
      if (!found) return problem_of(number, "can't create the folder", folder);
      if (found->kind != file_kind::directory) return error(errc::io, "is no folder", folder, "name another one");
    }
    return {};
  }

  std::unique_ptr<readable_file> standard_input() override {
    return std::make_unique<system_readable>(descriptor(STDIN_FILENO, false), "stdin");
  }
  std::unique_ptr<writable_file> standard_output() override {
    return std::make_unique<system_writable>(descriptor(STDOUT_FILENO, false), "stdout", is_stream(STDOUT_FILENO));
  }

  result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0)
      return problem_of(errno, "can't put the finished file into place", to);
    return sync_directory_of(to);
  }

  result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) < 0) return problem_of(errno, "can't remove", path);
    return {};
  }

  result<void> remove_folder(const std::string& path) override {
    const auto found = list(path);
    if (!found) return found.error();
    for (const directory_entry& one : *found) {
      if (const auto gone = remove(path + "/" + one.name); !gone) return gone;
    }
    if (::rmdir(path.c_str()) < 0) return problem_of(errno, "can't remove", path);
    return {};
  }

  result<void> sync_folder(const std::string& path) override { return sync_directory_of(path + "/"); }

 private:
  static file_kind entry_kind(int directory, const dirent& one) {
    switch (one.d_type) {
      case DT_REG: return file_kind::regular;
      case DT_DIR: return file_kind::directory;
      case DT_LNK: return file_kind::link;
      case DT_UNKNOWN: {  // some file systems don't say
        struct stat s;
        if (::fstatat(directory, one.d_name, &s, AT_SYMLINK_NOFOLLOW) == 0) return kind_of(s.st_mode);
        return file_kind::stream;
      }
      default: return file_kind::stream;
    }
  }

  // A new name is on the disk only when its directory is.
  static result<void> sync_directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
    const descriptor fd(uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }),
                        true);
    // A folder that may be written but not read can't be opened; the file is in place all the same.
    if (fd.number() < 0) return errno == EACCES ? result<void>{} : problem_of(errno, "can't open", folder);
    // Some file systems can't sync directories and say so with EINVAL.
    if (uninterrupted([&] { return ::fsync(fd.number()); }) < 0 && errno != EINVAL) {
      return problem_of(errno, "can't write", folder);
    }
    return {};
  }
};

}  // namespace

file_system& system_files() noexcept {
  static posix_files files;
  return files;
}

}  // namespace sage
