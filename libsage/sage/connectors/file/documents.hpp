/// The source of whole files, each one a record.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/base/file_system.hpp"
#include "sage/connectors/file/paths.hpp"
#include "sage/model/describe.hpp"
#include "sage/operators/source.hpp"

namespace sage::file {

/// One file: its path as it was found, and its content, unpacked when it was gzip.
struct document {
  std::string path;
  std::string bytes;
};
SAGE_DESCRIBE(document, path, bytes)

struct document_options {
  std::uint64_t bytes_max = 64u << 20;
  file_system* files = &system_files();
};

/// Reads each file as one record.
///
/// Shape       files -> document
/// Emits       one record per file; the files of a folder or pattern in the order of their paths
/// Fails       errc::not_found, errc::io; errc::limit for a file that is too large, unpacked; errc::parse for a
/// broken
///             gzip; each with the path
/// Units       splits are files, positions count documents
/// Cost        one copy of the content
class document_source {
 public:
  using record_type = document;
  explicit document_source(paths wanted) : paths_(std::move(wanted)) {}

  /// A file with a content of more than `bytes` (64 MiB) is an error: packed files can be bombs.
  document_source& bytes_max(std::uint64_t bytes) {
    options_.bytes_max = bytes;
    return *this;
  }
  /// Reads from other files than the machine's own; they outlive the job.
  document_source& from_files(file_system& files) {
    options_.files = &files;
    return *this;
  }

  static const char* kind() { return "file_documents"; }
  [[nodiscard]] source_plan plan() const;
  [[nodiscard]] std::unique_ptr<source_reader<document>> make_reader() const;

 private:
  paths paths_;
  document_options options_;
};

/// Files as records: `env.from_source(sage::file::documents("docs/**/*.html"))`.
[[nodiscard]] inline document_source documents(paths wanted) {
  return document_source(std::move(wanted));
}

}  // namespace sage::file
