/// The exact tokenizer of models whose vocabulary is at hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sage/base/file_system.hpp"
#include "sage/base/result.hpp"
#include "sage/llm/tokenizer.hpp"

namespace sage::llm {

/// Byte-pair merging by ranks, within the pieces of text_pieces.hpp. Special tokens (<|endoftext|> …) are ordinary
/// text to it: what users write is never one. Thread-safe.
///
/// Cost  O(n log n) per piece of n bytes
/// Source  Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL 2016
class byte_pair_tokenizer final : public tokenizer {
 public:
  static constexpr std::size_t file_bytes_max = 64 * 1024 * 1024;

  /// Reads a file of ranks, a line each: the bytes of the token in base64, a space, its rank. `digits_max` is how
  /// many digits a piece has: 3 for cl100k, 1 for some others. errc::parse names the line; every single byte must be
  /// there.
  [[nodiscard]] static result<std::shared_ptr<const byte_pair_tokenizer>> from_file(
      const std::string& path, std::size_t digits_max = 3, file_system& files = system_files());
  /// The same from the text of such a file.
  [[nodiscard]] static result<std::shared_ptr<const byte_pair_tokenizer>> from_ranks(std::string_view text,
                                                                                     std::size_t digits_max = 3);

  [[nodiscard]] std::uint64_t count(std::string_view text) const override;
  [[nodiscard]] bool is_exact() const noexcept override { return true; }
  /// The tokens themselves.
  [[nodiscard]] std::vector<std::uint32_t> encode(std::string_view text) const;
  [[nodiscard]] std::size_t vocabulary_size() const noexcept { return ranks_.size(); }

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };

  byte_pair_tokenizer() = default;
  /// Calls `token(rank)` for each token of `piece`.
  template <class Token>
  void merge(std::string_view piece, Token token) const;

  std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>> ranks_;
  std::size_t digits_max_ = 3;
};

}  // namespace sage::llm
