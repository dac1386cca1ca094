/// An index kept in a folder: docs/formats/ask_index.md.
#pragma once

#include <string>
#include <string_view>

#include "ask/index/document_index.hpp"
#include "ask/storage/manifest.hpp"
#include "sage/base/result.hpp"

namespace ask {

/// Puts `kept` into the folder at `path`, which is made when it isn't there, in the place of the index that may be
/// there: whoever reads meanwhile, or after a crash, sees either one, whole.
[[nodiscard]] sage::result<manifest> write_index(const std::string& path, const document_index& kept);

/// Reads the manifest of the index at `path`.
[[nodiscard]] sage::result<manifest> read_manifest(const std::string& path);

/// Reads the index at `path`. Fails errc::not_found without one, errc::parse for one that is damaged, in whatever
/// way: nothing in the files is believed.
[[nodiscard]] sage::result<document_index> read_index(const std::string& path);

/// The files as bytes, and back, for tests: `decode_texts(encode_texts(index))`.
[[nodiscard]] std::string encode_texts(const passage_index& texts);
[[nodiscard]] sage::result<passage_index> decode_texts(std::string_view bytes);
[[nodiscard]] std::string encode_vectors(const vector_search& vectors);
[[nodiscard]] sage::result<std::unique_ptr<vector_search>> decode_vectors(std::string_view bytes);

}  // namespace ask
