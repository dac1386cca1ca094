#include "ask/index/postings.hpp"

#include <algorithm>

namespace ask {

namespace {

// An entry is the difference to the passage before it, shifted by one; the low bit says that counts follow: body as
// a variable-length integer, then section and title in one byte. Without counts it stands for "once in the body".

constexpr std::uint8_t heading_count_max = 15;

void put(std::string& bytes, std::uint64_t value) {
  while (value >= 0x80) {
    bytes.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
    value >>= 7U;
  }
  bytes.push_back(static_cast<char>(value));
}

std::uint64_t get(const char*& at) noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
}

}  // namespace

void posting_list::append(std::uint32_t passage, const occurrences& count) {
  const bool is_plain = count.body == 1 && count.section == 0 && count.title == 0;
  put(bytes_, (std::uint64_t{passage - last_} << 1U) | (is_plain ? 0U : 1U));
  if (!is_plain) {
    put(bytes_, count.body);
    const unsigned section = std::min(count.section, heading_count_max);
    const unsigned title = std::min(count.title, heading_count_max);
    bytes_.push_back(static_cast<char>((section << 4U) | title));
  }
  last_ = passage;
  ++size_;
}

void posting_list::append(const posting_list& later, std::uint32_t offset) {
  if (later.size_ == 0) return;
  reader first(later);
  std::uint32_t passage = 0;
  occurrences count;
  first.next(passage, count);
  append(passage + offset, count);
  const auto copied = static_cast<std::size_t>(first.at_ - later.bytes_.data());
  bytes_.append(later.bytes_, copied, std::string::npos);
  size_ += later.size_ - 1;
  last_ = later.last_ + offset;
}

bool posting_list::reader::next(std::uint32_t& passage, occurrences& count) noexcept {
  if (left_ == 0) return false;
  --left_;
  const auto head = get(at_);
  passage_ += static_cast<std::uint32_t>(head >> 1U);
  passage = passage_;
  count = {1, 0, 0};
  if ((head & 1U) != 0) {
    count.body = static_cast<std::uint32_t>(get(at_));
    const auto headings = static_cast<unsigned char>(*at_++);
    count.section = headings >> 4U;
    count.title = headings & 0x0FU;
  }
  return true;
}

}  // namespace ask
