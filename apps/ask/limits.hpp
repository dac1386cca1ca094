/// Every bound that `ask` puts on what comes from outside, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ask::limits {

/// A document above this is refused: documentation is written by people; what is larger is a dump or a log, and
/// one extraction holds about three times its size.
inline constexpr std::size_t document_bytes_max = std::size_t{64} << 20;

/// Blocks (paragraphs, headings, table rows) of one document. Above it the document is refused: a file made of
/// empty elements would otherwise cost a hundred times its size.
inline constexpr std::size_t blocks_max = 1'000'000;

/// A heading or title is cut after this: titles are repeated in every passage below them.
inline constexpr std::size_t heading_bytes_max = 240;

/// Bytes looked at to tell text from binary content and to find out what kind of text it is.
inline constexpr std::size_t detection_bytes_max = 8192;

/// An inline mark of Markdown (a code span, a link's address, a tag) ends within this, or it is no mark: otherwise a
/// long line of opening marks would be searched to its end again and again.
inline constexpr std::size_t inline_bytes_max = 2000;

/// Conditionals of a man page on one line (`.if n .if n …`) are followed this deep, the rest is left out.
inline constexpr std::size_t roff_depth_max = 16;

/// A word longer than this is no word of a language nor an identifier somebody asks for; it is left out.
inline constexpr std::size_t word_bytes_max = 64;

/// A longer question is cut: a question is a sentence, not a document.
inline constexpr std::size_t question_bytes_max = 4096;

/// Distinct terms of one question; more would only slow the search down.
inline constexpr std::size_t question_terms_max = 64;

/// Passages one search may return.
inline constexpr std::size_t hits_max = 1000;

/// Passages of one index. Identifiers are 32 bits wide; half of the range keeps sums safe.
inline constexpr std::uint32_t passages_max = std::uint32_t{1} << 31;

/// Numbers of one vector: embedding models give some hundreds, the largest a few thousand.
inline constexpr std::size_t dimensions_max = 16'384;

/// Bytes of one embedded text. They are some sentences, but for code in endless lines; models read little more.
inline constexpr std::size_t embedded_bytes_max = 4096;

/// Passages whose texts (three to five each) are one request to an embedding model: enough to be quick, few enough to
/// be repeated without regret.
inline constexpr std::size_t embedded_together = 16;

/// Requests to an embedding model at once, and as many that wait.
inline constexpr std::size_t embedding_requests_max = 4;

/// Bytes of one file of a kept index; it is read as a whole.
inline constexpr std::uint64_t index_file_bytes_max = std::uint64_t{16} << 30;
inline constexpr std::size_t manifest_bytes_max = std::size_t{64} << 10;

/// Bytes of all passages that a chat model is shown: about 8,000 tokens.
inline constexpr std::size_t shown_bytes_max = std::size_t{32} << 10;

/// Bytes of a model's answer; one that goes on is called off.
inline constexpr std::size_t written_bytes_max = std::size_t{64} << 10;

/// Tokens of a model's answer that are asked for at most.
inline constexpr std::uint32_t written_tokens_max = 1024;

}  // namespace ask::limits
