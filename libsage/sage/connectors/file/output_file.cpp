#include "sage/connectors/file/output_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sage/base/hash.hpp"
#include "sage/model/msgpack.hpp"

namespace sage::file {

namespace {

constexpr std::size_t name_bytes_max = 255;  // of one component, on every file system worth the name
constexpr int attempts_max = 100;  // to find a name that is free; one is enough unless somebody wants to win

std::string hexadecimal(std::uint64_t value) {
  std::string digits(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  return digits;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

// The path without links, also of a file that isn't there yet. A target is followed through links only where there is
// a file, so one file may have been written down under two names.
std::string without_links(file_system& files, const std::string& path) {
  if (auto file = files.resolve(path)) return *std::move(file);
  const auto folder = files.resolve(folder_of(path));
  const std::size_t slash = path.rfind('/');
  return folder ? *folder + "/" + path.substr(slash == std::string::npos ? 0 : slash + 1) : path;
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
  if (!self.is_checkpointed()) {
    make_temporary(self);
    return;
  }
  keeps_name_ = true;
  // The same name in every run of the job, so that what a crash has left behind is taken up or replaced.
  const std::string who = self.run() + self.operator_name() + std::to_string(self.instance());
  temporary_ = temporary_name(target_, hash_bytes(who.data(), who.size()));
  if (!self.is_restoring()) make_named_temporary(temporary_);
}

void output_file::make_named_temporary(const std::string& name) {
  if (files_.status(name)) static_cast<void>(files_.remove(name));  // if that failed, so does what follows
  auto made = files_.create(name);
  if (!made) throw error(made.error().code(), made.error().message(), target_, made.error().advice());
  file_ = std::move(*made);
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
  written_ += bytes.size();
  const auto done = file_->write(bytes, engine_ ? engine_->stop_descriptor() : -1);
  if (!done) throw error(done.error().code(), done.error().message(), target_, done.error().advice());
}

void output_file::prepare(bool last) {
  if (is_stream_ || is_closed_) return;
  const auto check = [this](const result<void>& done) {
    if (!done) throw error(done.error().code(), done.error().message(), target_, done.error().advice());
  };
  check(file_->sync());
  if (keeps_name_ && !stays_) check(files_.sync_folder(folder_of(temporary_)));  // or a crash may take its name away
  if (last) check(file_->close());
  prepared_ = written_;
  stays_ = keeps_name_;
  is_closed_ = last;
}

std::string output_file::pending() const {
  if (is_stream_) return {};
  return to_msgpack(pending_file{target_, temporary_, prepared_, is_closed_});
}

void output_file::recover(std::string_view pending) {
  if (is_stream_) return;
  if (pending.empty()) {  // it was a stream then, or the sink is new
    make_named_temporary(temporary_);
    return;
  }
  const pending_file known = from_msgpack<pending_file>(pending).value();
  if (known.target != target_ && without_links(files_, known.target) != without_links(files_, target_)) {
    throw error(errc::invalid_argument, "the checkpoint was writing '" + known.target + "'", target_,
                "write to the same file, or begin anew without --restore");
  }
  written_ = prepared_ = known.bytes;
  stays_ = true;
  temporary_ = known.temporary;
  if (known.complete && !files_.status(temporary_) && files_.status(target_)) {  // it was put into place
    is_closed_ = is_committed_ = true;
    return;
  }
  auto opened = files_.reopen(temporary_, known.bytes);
  if (!opened) {
    throw error(opened.error().code(),
                "what was written up to the checkpoint isn't there: " + opened.error().message(), temporary_,
                "restore an older checkpoint, or begin anew");
  }
  file_ = std::move(*opened);
  if (known.complete) prepare(true);
}

void output_file::commit() {
  if (is_stream_) {
    const auto done = file_->close();
    if (!done) throw error(done.error().code(), done.error().message(), target_, done.error().advice());
    return;
  }
  if (is_committed_) {
    files_.sync_folder(folder_of(target_)).value();  // whoever renamed it may have failed in this
  } else {
    files_.rename(temporary_, target_).value();
  }
  is_committed_ = true;
  temporary_.clear();
}

void output_file::abort() noexcept {
  file_.reset();
  if (temporary_.empty() || stays_) return;
  // There is nobody to tell: the job is failing for a better reason, and the name says whose file it is.
  static_cast<void>(files_.remove(temporary_));
  temporary_.clear();
}

}  // namespace sage::file
