#include "sage/app/text_files.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sage::apps {

namespace {

error problem_of(int number, const std::string& doing, const std::string& path) {
  return error(number == ENOENT ? errc::not_found : errc::io, doing + ": " + std::generic_category().message(number),
               path);
}

class open_file {
 public:
  open_file(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  [[nodiscard]] int number() const noexcept { return fd_; }
  [[nodiscard]] bool write_all(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::write(fd_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

 private:
  int fd_;
};

bool is_regular_or_new(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode);
}

}  // namespace

result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  const open_file file(path, O_RDONLY);
  if (file.number() < 0) return problem_of(errno, "can't open", path);
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t count = ::read(file.number(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return problem_of(errno, "can't read", path);
    if (count == 0) return text;
    text.append(block, static_cast<std::size_t>(count));
    if (text.size() > bytes_max) {
      return error(errc::limit, "is longer than " + std::to_string(bytes_max) + " bytes", path);
    }
  }
}

result<void> replace_text_file(const std::string& path, std::string_view text) {
  const bool in_place = !is_regular_or_new(path);
  const std::string written = in_place ? path : path + ".new";
  {
    const open_file file(written, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.number() < 0) return problem_of(errno, "can't create", written);
    if (!file.write_all(text)) {
      const int number = errno;
      if (!in_place) ::unlink(written.c_str());
      return problem_of(number, "can't write", path);
    }
  }
  if (!in_place && ::rename(written.c_str(), path.c_str()) != 0) return problem_of(errno, "can't rename to it", path);
  return {};
}

}  // namespace sage::apps
