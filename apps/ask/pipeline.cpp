#include "ask/pipeline.hpp"

#include <utility>

#include "ask/index/index_writer.hpp"
#include "ask/passages.hpp"
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

void declare_index(sage::environment& env, const std::vector<std::string>& folders,
                   std::shared_ptr<passage_index> into) {
  env.from_source(sage::file::documents(folders))
      .name("documents")
      .flat_map(to_passages{})
      .name("passages")
      .on_error(sage::drop)
      .transform("index", [] { return std::make_unique<index_operator>(); })
      .sink([into = std::move(into)](passage_index part) { into->merge(std::move(part)); })
      .name("merge");
}

}  // namespace ask
