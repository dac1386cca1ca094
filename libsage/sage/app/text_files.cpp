#include "sage/app/text_files.hpp"

#include <memory>
#include <utility>

#include "sage/base/file_system.hpp"

namespace sage::apps {

namespace {

constexpr int no_stop_descriptor = -1;
constexpr int leftovers_max = 100;  // of killed programs, before one is taken as a sign of something else

result<void> write_and_close(writable_file& file, std::string_view text) {
  if (auto problem = file.write(text, no_stop_descriptor); !problem) return problem;
  if (auto problem = file.sync(); !problem) return problem;
  return file.close();
}

// A new file beside `path`, under a name that nobody has.
result<std::pair<std::unique_ptr<writable_file>, std::string>> create_beside(const std::string& path) {
  for (int number = 1;; ++number) {
    std::string name = path + ".new" + std::to_string(number);
    auto made = system_files().create(name);
    if (made) return std::pair(*std::move(made), std::move(name));
    if (made.error().code() != errc::invalid_argument || number == leftovers_max) return made.error();
  }
}

}  // namespace

result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  auto file = system_files().open(path);
  if (!file) return file.error();
  std::string text;
  char block[4096];
  for (;;) {
    const auto count = (*file)->read(block, sizeof block);
    if (!count) return count.error();
    if (*count == 0) return text;
    text.append(block, *count);
    if (text.size() > bytes_max) {
      return error(errc::limit, "is longer than " + std::to_string(bytes_max) + " bytes", path);
    }
  }
}

result<void> replace_text_file(const std::string& path, std::string_view text) {
  file_system& files = system_files();
  if (const auto found = files.status(path); found && found->kind == file_kind::stream) {
    auto stream = files.open_stream(path, -1);
    return stream ? write_and_close(**stream, text) : stream.error();
  }
  auto made = create_beside(path);
  if (!made) return made.error();
  auto& [file, name] = *made;
  auto done = write_and_close(*file, text);
  if (done) done = files.rename(name, path);
  // The first problem is the one to report; what is left behind has a name that says what it is.
  if (!done) static_cast<void>(files.remove(name).has_value());
  return done;
}

}  // namespace sage::apps
