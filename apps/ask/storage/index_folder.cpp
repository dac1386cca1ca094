#include "ask/storage/index_folder.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "ask/limits.hpp"
#include "ask/storage/bytes.hpp"
#include "sage/app/text_files.hpp"
#include "sage/base/file_system.hpp"
#include "sage/base/hash.hpp"

namespace ask {

namespace {

constexpr std::string_view texts_kind = "passages";
constexpr std::string_view vectors_kind = "vectors";
constexpr const char* manifest_name = "manifest.json";

// The first bytes of each file.
constexpr std::string_view texts_mark = "ask passages 1\n";
constexpr std::string_view vectors_mark = "ask vectors 1\n";

// A reader that finds the files of its manifest gone reads the manifest again: a new index has come in between.
constexpr int tries_max = 3;

std::string inside(const std::string& folder, std::string_view name) {
  return folder + (folder.ends_with('/') ? "" : "/") + std::string(name);
}

sage::error damaged(const sage::error& problem, const std::string& where) {
  return {problem.code(), "the index is damaged: " + problem.message(), where, "build it again with 'ask index'"};
}

sage::result<std::string> read_file(const std::string& folder, const kept_file& expected) {
  const auto path = inside(folder, expected.name);
  sage::file_system& files = sage::system_files();
  const auto status = files.status(path);
  if (!status) return status.error();
  if (status->kind != sage::file_kind::regular || status->bytes != expected.bytes) {
    return damaged({sage::errc::parse, "it has " + std::to_string(status->bytes) + " bytes instead of " +
                                           std::to_string(expected.bytes)},
                   path);
  }
  if (expected.bytes > limits::index_file_bytes_max) return damaged({sage::errc::limit, "it is too large"}, path);
  auto file = files.open(path);
  if (!file) return file.error();
  std::string content(expected.bytes, '\0');
  for (std::size_t at = 0; at < content.size();) {
    const auto count = (*file)->read(content.data() + at, content.size() - at);
    if (!count) return count.error();
    if (*count == 0) return damaged({sage::errc::parse, "it ends too early"}, path);
    at += *count;
  }
  if (sage::hash_bytes(content.data(), content.size()) != expected.hash) {
    return damaged({sage::errc::parse, "its content has changed"}, path);
  }
  return content;
}

sage::result<document_index> read_files(const std::string& folder, const manifest& its) {
  document_index read;
  const auto texts = read_file(folder, its.texts);
  if (!texts) return texts.error();
  auto decoded = decode_texts(*texts);
  if (!decoded) return damaged(decoded.error(), inside(folder, its.texts.name));
  read.texts = *std::move(decoded);
  if (read.texts.passages() != its.passages || read.texts.documents() != its.documents ||
      read.texts.terms() != its.terms) {
    return damaged({sage::errc::parse, "it doesn't hold what its manifest says"}, inside(folder, its.texts.name));
  }
  if (!its.vectors) return read;
  const auto vectors = read_file(folder, its.vectors->file);
  if (!vectors) return vectors.error();
  auto graph = decode_vectors(*vectors);
  if (!graph) return damaged(graph.error(), inside(folder, its.vectors->file.name));
  read.vectors = *std::move(graph);
  if (read.vectors->passages() != read.texts.passages() || read.vectors->size() != its.vectors->count ||
      read.vectors->dimensions() != its.vectors->dimensions) {
    return damaged({sage::errc::parse, "it doesn't hold what its manifest says"},
                   inside(folder, its.vectors->file.name));
  }
  read.embedding_model = its.vectors->model;
  return read;
}

// What an older index has left: only files that have names as ours have.
void remove_others(const std::string& folder, const manifest& kept) {
  sage::file_system& files = sage::system_files();
  const auto entries = files.list(folder);
  if (!entries) return;
  for (const auto& entry : *entries) {
    const bool is_ours = is_name_of(texts_kind, entry.name) || is_name_of(vectors_kind, entry.name);
    const bool is_kept = entry.name == kept.texts.name || (kept.vectors && entry.name == kept.vectors->file.name);
    // What can't be removed costs space and does no harm; the next index tries again.
    if (is_ours && !is_kept) static_cast<void>(files.remove(inside(folder, entry.name)).has_value());
  }
}

sage::result<std::string_view> after_mark(std::string_view bytes, std::string_view mark) {
  if (bytes.starts_with(mark)) return bytes.substr(mark.size());
  return sage::error(sage::errc::parse, "it doesn't begin as such a file does");
}

}  // namespace

std::string encode_texts(const passage_index& texts) {
  byte_writer out{std::string(texts_mark)};
  texts.encode(out);
  return out.take();
}

sage::result<passage_index> decode_texts(std::string_view bytes) {
  const auto content = after_mark(bytes, texts_mark);
  if (!content) return content.error();
  byte_reader in(*content);
  auto read = passage_index::decode(in);
  in.expect_end();
  if (const auto outcome = in.outcome(); !outcome) return outcome.error();
  return read;
}

std::string encode_vectors(const vector_search& vectors) {
  byte_writer out{std::string(vectors_mark)};
  vectors.encode(out);
  return out.take();
}

sage::result<std::unique_ptr<vector_search>> decode_vectors(std::string_view bytes) {
  const auto content = after_mark(bytes, vectors_mark);
  if (!content) return content.error();
  byte_reader in(*content);
  auto read = vector_search::decode(in);
  in.expect_end();
  if (const auto outcome = in.outcome(); !outcome) return outcome.error();
  return read;
}

sage::result<manifest> write_index(const std::string& path, const document_index& kept) {
  if (const auto made = sage::system_files().make_folder(path); !made) return made.error();
  manifest its;
  its.documents = kept.texts.documents();
  its.passages = kept.texts.passages();
  its.terms = kept.texts.terms();
  const auto write = [&](std::string_view kind, const std::string& content, kept_file& described) {
    described = describe_file(kind, content);
    return sage::apps::replace_text_file(inside(path, described.name), content);
  };
  if (const auto done = write(texts_kind, encode_texts(kept.texts), its.texts); !done) return done.error();
  if (kept.vectors) {
    its.vectors = kept_vectors{kept.embedding_model, kept.vectors->dimensions(), kept.vectors->size(), {}};
    const auto done = write(vectors_kind, encode_vectors(*kept.vectors), its.vectors->file);
    if (!done) return done.error();
  }
  // From here on the new index is the one: everything it needs is on the disk.
  const auto done = sage::apps::replace_text_file(inside(path, manifest_name), to_json(its));
  if (!done) return done.error();
  remove_others(path, its);
  return its;
}

sage::result<manifest> read_manifest(const std::string& path) {
  const auto where = inside(path, manifest_name);
  const auto json = sage::apps::read_text_file(where, limits::manifest_bytes_max);
  if (!json && json.error().code() == sage::errc::not_found) {
    return sage::error(sage::errc::not_found, "there is no index", path,
                       "make one with 'ask index --docs DIR --index " + path + "'");
  }
  if (!json) return json.error();
  auto read = parse_manifest(*json);
  if (!read && read.error().code() == sage::errc::parse) return damaged(read.error(), where);
  if (!read) return read.error().at(where);
  return read;
}

sage::result<document_index> read_index(const std::string& path) {
  for (int tried = 1;; ++tried) {
    const auto its = read_manifest(path);
    if (!its) return its.error();
    auto read = read_files(path, *its);
    if (read || read.error().code() != sage::errc::not_found) return read;
    if (tried == tries_max) return damaged(read.error(), read.error().where());
  }
}

}  // namespace ask
