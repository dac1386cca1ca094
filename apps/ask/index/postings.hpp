/// Where a term occurs, in few bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ask {

class byte_reader;
class byte_writer;

/// How often a term occurs in one passage, by field.
struct occurrences {
  std::uint32_t body = 0;
  std::uint8_t section = 0;  ///< in the headings above the passage, at most 15
  std::uint8_t title = 0;    ///< in the title of the document, at most 15

  friend bool operator==(const occurrences&, const occurrences&) = default;
};

/// The passages that hold a term, in ascending order: differences of passage numbers and counts as variable-length
/// integers. The common entry (once in the text, not in the headings) takes one byte while passages are near.
class posting_list {
 public:
  /// Appends an entry; `passage` is greater than all before it.
  void append(std::uint32_t passage, const occurrences& count);

  /// Appends all entries of `later` with `offset` added to their passage numbers, which thereby are greater than all
  /// before. O(bytes of `later`): but for the first entry the bytes are copied as they are.
  void append(const posting_list& later, std::uint32_t offset);

  void encode(byte_writer& out) const;
  /// The list of an index of `passages` passages; what can't be one makes `in` fail. O(entries).
  [[nodiscard]] static posting_list decode(byte_reader& in, std::uint32_t passages);

  /// The number of passages in the list.
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }

  /// Walks over the entries from the first to the last.
  class reader {
   public:
    explicit reader(const posting_list& list) noexcept : at_(list.bytes_.data()), left_(list.size_) {}
    bool next(std::uint32_t& passage, occurrences& count) noexcept;

   private:
    friend class posting_list;
    const char* at_;
    std::uint32_t left_;
    std::uint32_t passage_ = 0;
  };

 private:
  std::string bytes_;  ///< a std::string, since most lists are short enough to need no allocation
  std::uint32_t last_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace ask
