#include "sage/app/editor.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sage/app/text_files.hpp"
#include "sage/base/error.hpp"

extern char** environ;

namespace sage::apps {

namespace {

constexpr std::size_t edited_bytes_max = 64u << 20;

// Readable by its owner only: it holds a record.
class temporary_file {
 public:
  temporary_file() {
    const char* const folder = std::getenv("TMPDIR");
    path_ = std::string(folder && *folder ? folder : "/tmp") + "/sage-XXXXXX";
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0) throw error(errc::io, "can't make a temporary file", path_);
    ::close(descriptor);
  }
  ~temporary_file() { ::unlink(path_.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

std::string editor_command() {
  for (const char* const name : {"VISUAL", "EDITOR"}) {
    const char* const value = std::getenv(name);
    if (value && *value) return value;
  }
  return "vi";
}

void run_editor(const std::string& command, const std::string& path) {
  // As git does: the command may have arguments of its own, so a shell takes it apart.
  std::string line = command + " \"$1\"";
  std::string shell = "sh";
  std::string option = "-c";
  std::string file = path;
  char* const arguments[] = {shell.data(), option.data(), line.data(), shell.data(), file.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawn(&child, "/bin/sh", nullptr, nullptr, arguments, environ) != 0) {
    throw error(errc::io, "can't start the editor", command, "set EDITOR, or use --set FIELD=VALUE");
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw error(errc::io, "lost the editor", command);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw error(errc::io, "the editor has failed, so nothing was changed", command,
                "set EDITOR, or use --set FIELD=VALUE");
  }
}

}  // namespace

std::string edit_in_editor(const std::string& text) {
  const temporary_file file;
  const int descriptor = ::open(file.path().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  const bool written =
      descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (descriptor >= 0) ::close(descriptor);
  if (!written) throw error(errc::io, "can't write a temporary file", file.path());
  run_editor(editor_command(), file.path());
  return read_text_file(file.path(), edited_bytes_max).value();
}

}  // namespace sage::apps
