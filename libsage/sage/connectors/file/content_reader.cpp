#include "sage/connectors/file/content_reader.hpp"

#include <algorithm>
#include <cstring>

namespace sage::file {

namespace {

constexpr std::size_t buffer_bytes = 64u << 10;

}  // namespace

content_reader::content_reader(file_system& files, const std::string& path, std::uint64_t offset)
    : name_(path == "-" ? "stdin" : path) {
  if (path == "-") {
    file_ = files.standard_input();
    is_stream_ = true;
  } else {
    file_ = files.open(path).value();
    is_stream_ = files.status(path).value().kind != file_kind::regular;
  }
  if (offset == 0) return;
  while (!look_at_beginning()) continue;
  if (decoder_ || is_stream_) {
    skip(offset);
  } else {
    waiting_ = {};
    file_->seek(offset).value();
  }
}

// Reads until it is known whether the content is gzip, usually once. False while a stream hasn't brought enough.
bool content_reader::look_at_beginning() {
  if (!buffer_) buffer_ = std::make_unique<char[]>(buffer_bytes);
  const std::size_t there = waiting_.size();
  const std::size_t count = file_->read(buffer_.get() + there, buffer_bytes - there).value();
  waiting_ = {buffer_.get(), there + count};
  file_ended_ = count == 0;
  // One byte of a stream is enough, unless it might be the first of gzip.
  if (!file_ended_ && waiting_.size() == 1 && waiting_.front() == '\x1f') return false;
  begun_ = true;
  if (file::is_gzip(waiting_)) decoder_ = std::make_unique<gzip_decoder>();
  return true;
}

std::size_t content_reader::read(char* into, std::size_t room) {
  if (ended_) return 0;
  if (!begun_ && !look_at_beginning()) return 0;
  if (decoder_) return read_packed(into, room);
  if (!waiting_.empty()) {
    const std::size_t count = std::min(room, waiting_.size());
    std::memcpy(into, waiting_.data(), count);
    waiting_.remove_prefix(count);
    return count;
  }
  if (file_ended_) {
    ended_ = true;
    return 0;
  }
  const std::size_t count = file_->read(into, room).value();
  ended_ = count == 0;
  return count;
}

std::size_t content_reader::read_packed(char* into, std::size_t room) {
  try {
    for (bool has_read = false;; has_read = true) {
      const std::size_t made = decoder_->decode(waiting_, into, room).value();
      if (made > 0) return made;
      if (file_ended_) {
        decoder_->finish().value();
        ended_ = true;
        return 0;
      }
      if (has_read) return 0;
      const std::size_t count = file_->read(buffer_.get(), buffer_bytes).value();
      waiting_ = {buffer_.get(), count};
      file_ended_ = count == 0;
    }
  } catch (const error& problem) {
    throw problem.at(name_);
  }
}

bool content_reader::wait(int stop_descriptor, int wait_ms) {
  if (!is_stream_ || !waiting_.empty() || file_ended_ || (decoder_ && decoder_->holds_output())) return true;
  return file_->wait_readable(stop_descriptor, wait_ms).value();
}

void content_reader::skip(std::uint64_t bytes) {
  const auto ignored = std::make_unique<char[]>(buffer_bytes);
  while (bytes > 0 && !ended_) {
    bytes -= read(ignored.get(), static_cast<std::size_t>(std::min<std::uint64_t>(bytes, buffer_bytes)));
  }
}

bool begins_like_gzip(file_system& files, const std::string& path) {
  const auto file = files.open(path).value();
  char first[2];
  const std::size_t count = file->read(first, sizeof first).value();
  return is_gzip({first, count});
}

}  // namespace sage::file
