#include "sage/agents/tools/rooted_files.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sage::tools {

namespace {

constexpr std::size_t path_bytes_max = 1024;

class descriptor {
 public:
  explicit descriptor(int number) noexcept : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  void reset(int number) noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

error refused(std::string_view path, const char* why) {
  return error(errc::invalid_argument, why, std::string(path.substr(0, 200)));
}

error problem_of(int number, std::string_view path) {
  // A link that isn't followed is ELOOP, or ENOTDIR where a folder is asked for.
  if (number == ELOOP) return refused(path, "links are not followed");
  if (number == ENOENT || number == ENOTDIR)
    return error(errc::not_found, "there is no such file", std::string(path));
  if (number == ENXIO) return refused(path, "only regular files can be read");
  return error(errc::io, "can't open: " + std::generic_category().message(number), std::string(path));
}

int open_below(int folder, const std::string& name, int flags) {
  int opened;
  do {
    opened = ::openat(folder, name.c_str(), flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  } while (opened < 0 && errno == EINTR);
  return opened;
}

}  // namespace

result<rooted_files> rooted_files::open_root(const std::string& root) {
  const int opened = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) {
    const int number = errno;
    return error(number == ENOENT || number == ENOTDIR ? errc::not_found : errc::io,
                 "can't open the root: " + std::generic_category().message(number), root, "name an existing folder");
  }
  return rooted_files(opened);
}

rooted_files::~rooted_files() {
  if (root_ >= 0) ::close(root_);
}

rooted_files::rooted_files(rooted_files&& other) noexcept : root_(std::exchange(other.root_, -1)) {}

result<file_part> rooted_files::read(std::string_view path, std::uint64_t offset, std::size_t bytes_max) const {
  if (path.empty()) return refused(path, "the path is empty");
  if (path.size() > path_bytes_max) return refused(path, "the path is too long");
  if (path.find('\0') != std::string_view::npos) return refused(path, "a path has no zero bytes");
  if (path.front() == '/') return refused(path, "only paths relative to the root can be read");
  descriptor folder(-1);
  int in = root_;
  std::string_view rest = path;
  std::string name;
  while (true) {
    const std::size_t slash = rest.find('/');
    name = rest.substr(0, slash);
    if (name.empty() || name == ".") return refused(path, "the path has an empty part or a '.'");
    if (name == "..") return refused(path, "'..' can't be used");
    if (name.front() == '.') return refused(path, "hidden files can't be read");
    if (slash == std::string_view::npos) break;
    const int next = open_below(in, name, O_DIRECTORY);
    if (next < 0) return problem_of(errno, path);
    folder.reset(next);
    in = next;
    rest.remove_prefix(slash + 1);
  }
  // Not blocking, so that a pipe without a writer can't hold us.
  const descriptor file(open_below(in, name, 0));
  if (file.number() < 0) return problem_of(errno, path);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return problem_of(errno, path);
  if (!S_ISREG(status.st_mode)) return refused(path, "only regular files can be read");

  file_part part;
  part.size = static_cast<std::uint64_t>(status.st_size);
  if (offset >= part.size && part.size > 0) return part;
  part.bytes.resize(std::min<std::uint64_t>(bytes_max, part.size - std::min(offset, part.size)));
  std::size_t done = 0;
  while (done < part.bytes.size()) {
    const ssize_t count =
        ::pread(file.number(), part.bytes.data() + done, part.bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return problem_of(errno, path);
    if (count == 0) break;  // it was cut meanwhile
    done += static_cast<std::size_t>(count);
  }
  part.bytes.resize(done);
  return part;
}

}  // namespace sage::tools
