// The port to the callers file: its mode matters, which the file port doesn't know.
#include "sage/serving/callers_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sage::serving {

namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::size_t token_bytes = 32;  // of randomness
constexpr mode_t others = S_IRWXG | S_IRWXO;

error failed(const char* doing, const std::string& path, std::string advice = "check path and permissions") {
  const int number = errno;
  return error(number == ENOENT ? errc::not_found : errc::io,
               std::string(doing) + ": " + std::generic_category().message(number), path, std::move(advice));
}

/// An open file; closed when it dies.
class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int of() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

result<void> check_mode(int file, const std::string& path) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return failed("can't look at it", path);
  if (!S_ISREG(status.st_mode)) return error(errc::configuration, "is no file", path);
  if (status.st_uid != ::geteuid()) {
    return error(errc::configuration, "belongs to somebody else", path, "make it yours: chown");
  }
  if ((status.st_mode & others) != 0) {
    return error(errc::configuration, "can be read or written by others", path, "chmod 600 " + path);
  }
  return {};
}

result<std::string> read_checked(const std::string& path) {
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return failed("can't open it", path);
  if (const auto checked = check_mode(file.of(), path); !checked) return checked.error();
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t count = ::read(file.of(), block, sizeof block);
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("can't read it", path);
    text.append(block, static_cast<std::size_t>(count));
    if (text.size() > file_bytes_max) {
      return error(errc::limit, "is longer than " + std::to_string(file_bytes_max) + " bytes", path);
    }
  }
}

result<void> write_all(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("can't write it", path, "free some space, or write elsewhere");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(file) != 0) return failed("can't write it", path, "free some space, or write elsewhere");
  return {};
}

// The new file's name is a lock as well: whoever makes it is alone.
result<void> replace(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.is_open()) {
    return failed(
        "can't make it", beside,
        errno == EEXIST ? "another call is adding a caller; if none is, remove the file" : "check the folder");
  }
  auto done = write_all(file.of(), text, beside);
  if (done && ::rename(beside.c_str(), path.c_str()) != 0) done = failed("can't replace it", path);
  if (!done) ::unlink(beside.c_str());
  return done;
}

}  // namespace

result<secret<std::string>> make_token() {
  unsigned char bytes[token_bytes];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) {
    return failed("can't get random bytes", "getrandom");
  }
  constexpr char figures[] = "0123456789abcdef";
  std::string token = "sage_";
  for (const unsigned char byte : bytes) {
    token += figures[byte >> 4];
    token += figures[byte & 15];
  }
  return secret<std::string>(std::move(token));
}

result<callers> read_callers(const std::string& path) {
  const auto text = read_checked(path);
  if (!text) return text.error();
  return callers::from_text(*text, path);
}

result<secret<std::string>> add_caller(const std::string& path, const std::string& tenant) {
  if (!is_tenant_name(tenant)) {
    return error(errc::configuration, "isn't 1 to 64 letters, figures, '.', '_' and '-'", tenant.substr(0, 80));
  }
  auto text = read_checked(path);
  if (!text && text.error().code() != errc::not_found) return text.error();
  std::string lines = text ? *std::move(text) : "# tenant, SHA-256 of the token, limits\n";
  if (const auto known = callers::from_text(lines, path); !known) return known.error();
  auto token = make_token();
  if (!token) return token.error();
  if (!lines.empty() && lines.back() != '\n') lines += '\n';
  lines += tenant + " " + to_hex(hash_of(token->reveal())) + "\n";
  if (const auto done = replace(path, lines); !done) return done.error();
  return *std::move(token);
}

}  // namespace sage::serving
