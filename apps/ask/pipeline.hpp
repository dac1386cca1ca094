/// The index of a folder of documents as a SAGE pipeline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

#include "ask/index/passage_index.hpp"
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

/// Declares the pipeline: documents -> passages -> one partial index per instance -> `into`, which is complete when
/// the job is done. Documents that can't be read as text are dropped and counted.
void declare_index(sage::environment& env, const std::vector<std::string>& folders,
                   std::shared_ptr<passage_index> into);

}  // namespace ask
