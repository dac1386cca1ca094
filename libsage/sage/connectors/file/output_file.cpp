#include "sage/connectors/file/output_file.hpp"

#include <algorithm>
#include <array>

namespace sage::file {

namespace {

constexpr std::size_t name_bytes_max = 255;  // of one component, on every file system worth the name
constexpr int attempts_max = 100;  // to find a name that is free; one is enough unless somebody wants to win

std::string hexadecimal(std::uint64_t value) {
  std::string digits(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  return digits;
}

std::string temporary_name(const std::string& target, std::uint64_t random) {
  const std::size_t slash = target.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : target.substr(0, slash + 1);
  const std::string ending = ".sage-" + hexadecimal(random) + ".tmp";
  std::string name = target.substr(folder.size());
  name.resize(std::min(name.size(), name_bytes_max - 1 - ending.size()));
  return folder + "." + name + ending;
}

}  // namespace

void output_file::open(context& self) {
  engine_ = self.engine();
  if (target_.empty()) throw error(errc::invalid_argument, "an empty path for the output", "", "name a file");
  if (target_ == "-" || target_ == "/dev/stdout") {
    target_ = "stdout";
    file_ = files_.standard_output();
    is_stream_ = true;
    return;
  }
  const result<file_status> there = files_.status(target_);
  if (!there) {
    if (there.error().code() != errc::not_found) throw there.error();
  } else if (there->kind == file_kind::directory) {
    throw error(errc::io, "is a folder", target_, "name a file in it");
  } else if (there->kind == file_kind::stream) {
    file_ = files_.open_stream(target_, engine_ ? engine_->stop_descriptor() : -1).value();
    is_stream_ = true;
    return;
  } else {
    target_ = files_.resolve(target_).value();
  }
  make_temporary(self);
}

void output_file::make_temporary(context& self) {
  for (int attempt = 0;; ++attempt) {
    std::string name = temporary_name(target_, self.random());
    auto made = files_.create(name);
    if (made) {
      file_ = std::move(*made);
      temporary_ = std::move(name);
      return;
    }
    const error& problem = made.error();
    if (problem.code() == errc::invalid_argument && attempt < attempts_max) continue;
    const bool no_folder = problem.code() == errc::not_found;
    throw error(problem.code(), no_folder ? "the folder isn't there" : problem.message(), target_,
                no_folder ? "make it first" : problem.advice());
  }
}

void output_file::write(std::string_view bytes) {
  const auto done = file_->write(bytes, engine_ ? engine_->stop_descriptor() : -1);
  if (!done) throw error(done.error().code(), done.error().message(), target_, done.error().advice());
}

void output_file::prepare() {
  if (is_stream_) return;
  for (const auto& done : {file_->sync(), file_->close()}) {
    if (!done) throw error(done.error().code(), done.error().message(), target_, done.error().advice());
  }
}

void output_file::commit() {
  if (is_stream_) {
    const auto done = file_->close();
    if (!done) throw error(done.error().code(), done.error().message(), target_, done.error().advice());
    return;
  }
  files_.rename(temporary_, target_).value();
  temporary_.clear();
}

void output_file::abort() noexcept {
  file_.reset();
  if (temporary_.empty()) return;
  // There is nobody to tell: the job is failing for a better reason, and the name says whose file it is.
  static_cast<void>(files_.remove(temporary_));
  temporary_.clear();
}

}  // namespace sage::file
