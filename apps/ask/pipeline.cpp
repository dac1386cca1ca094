#include "ask/pipeline.hpp"

#include <string>
#include <utility>

#include "ask/index/index_writer.hpp"
#include "ask/limits.hpp"
#include "ask/models/embedded_texts.hpp"
#include "ask/passages.hpp"
#include "ask/storage/index_folder.hpp"
#include "ask/text/extract.hpp"

namespace ask {

void to_passages::operator()(sage::file::document source, sage::collector<passage>& out) const {
  const std::string path = source.path;
  const auto text = text::extract(document{std::move(source.path), std::move(source.bytes)});
  if (!text) throw text.error();
  for (passage& one : split(path, *text)) out.push(std::move(one));
}

class index_operator final : public sage::operators::operator_base {
 public:
  using input_type = passage;
  using output_type = passage_index;

  void open(sage::context& self) override { self_ = &self; }

  sage::operators::flow on_batch(sage::batch_ref records, sage::operators::output& out) override {
    static_cast<void>(out);
    const bool only_owner = records->unique();
    for (passage& one : static_cast<sage::batch<passage>&>(*records)) {
      if (only_owner) {
        writer_.add(std::move(one));
      } else {
        writer_.add(passage(one));
      }
      ++fate_.passed;
    }
    return sage::operators::flow::done;
  }

  sage::operators::flow on_end(sage::operators::output& out) override {
    auto made = sage::batch<passage_index>::make(self_->pool(), 1);
    made->emplace_back(writer_.finish());
    out.emit(sage::operators::main_port, sage::erase(std::move(made)));
    return sage::operators::flow::done;
  }

 private:
  sage::context* self_ = nullptr;
  index_writer writer_;
};

sage::task<std::vector<passage>> embed_passages::operator()(const std::vector<passage>& together) const {
  std::vector<passage> embedded = together;
  std::vector<std::string> texts;
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < embedded.size(); ++i) {
    for (std::string& part : embedded_texts(embedded[i])) {
      texts.push_back(std::move(part));
      owners.push_back(i);
    }
  }
  const auto model = with->embedding();
  auto vectors = co_await model->embed(texts);
  if (vectors.size() != texts.size()) {
    throw sage::error(
        sage::errc::parse,
        "has given " + std::to_string(vectors.size()) + " vectors for " + std::to_string(texts.size()) + " texts",
        std::string(model->name()), "check the embedding model");
  }
  for (std::size_t i = 0; i < vectors.size(); ++i) embedded[owners[i]].vectors.push_back(std::move(vectors[i]));
  co_return embedded;
}

namespace {

sage::data_stream<passage> with_vectors(const sage::data_stream<passage>& passages, std::shared_ptr<models> with) {
  const sage::async_options bounds{.capacity = limits::embedding_requests_max,
                                   .order = sage::unordered,
                                   .waiting_max = limits::embedding_requests_max};
  return passages.collect(limits::embedded_together)
      .name("together")
      .async_flat_map(embed_passages{std::move(with)}, bounds)
      .name("vectors")
      .parallelism(1);
}

}  // namespace

void declare_index(sage::environment& env, const std::vector<std::string>& folders, std::shared_ptr<models> with,
                   std::shared_ptr<passage_index> into) {
  sage::data_stream<passage> passages = env.from_source(sage::file::documents(folders))
                                            .name("documents")
                                            .flat_map(to_passages{})
                                            .name("passages")
                                            .on_error(sage::drop);
  if (with->settings().embedding) passages = with_vectors(passages, std::move(with));
  passages.transform("index", [] { return std::make_unique<index_operator>(); })
      .sink([into = std::move(into)](passage_index part) { into->merge(std::move(part)); })
      .name("merge");
}

void declare_kept_index(sage::environment& env, const std::string& folder, std::shared_ptr<document_index> into) {
  env.from_source(sage::collection(std::vector<std::string>{folder}))
      .name("folder")
      .sink([into = std::move(into)](const std::string& path) { *into = read_index(path).value(); })
      .name("kept_index")
      .blocking();
}

}  // namespace ask
