/// The index of a folder of documents as a SAGE pipeline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

#include "ask/index/document_index.hpp"
#include "ask/models/models.hpp"
#include "ask/passage.hpp"

namespace ask {

/// Extracts the text of a document and splits it into passages. Throws what is wrong with the document.
struct to_passages {
  void operator()(sage::file::document source, sage::collector<passage>& out) const;
};

/// Gathers the passages of one instance into a partial index, which leaves at the end of the input: an operator of
/// our own, put into the stream with `transform`.
///
/// Shape      passage -> passage_index; n -> 1
/// Completes  after end of input
class index_operator;

/// Asks the embedding model for the vectors of some passages, in one call.
struct embed_passages {
  std::shared_ptr<models> with;

  sage::task<std::vector<passage>> operator()(const std::vector<passage>& together) const;
};

/// Declares the pipeline: documents -> passages -> (vectors ->) one partial index per instance -> `into`, which is
/// complete when the job is done. Documents that can't be read as text are dropped and counted. Passages get vectors
/// when `with` has an embedding model: some requests run at once, more passages than they take are not read ahead.
void declare_index(sage::environment& env, const std::vector<std::string>& folders, std::shared_ptr<models> with,
                   std::shared_ptr<passage_index> into);

/// Declares the pipeline that reads a kept index instead: folder -> `into`.
void declare_kept_index(sage::environment& env, const std::string& folder, std::shared_ptr<document_index> into);

}  // namespace ask
