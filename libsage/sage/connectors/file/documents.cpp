#include "sage/connectors/file/documents.hpp"

#include <algorithm>

#include "sage/connectors/file/content_reader.hpp"
#include "sage/connectors/file/stream_wait.hpp"

namespace sage::file {

namespace {

constexpr std::size_t step_bytes = 256u << 10;

class document_reader final : public source_reader<document> {
 public:
  explicit document_reader(const document_options& options) : options_(options) {}

  void open(context& self) override { self_ = &self; }

  void start(const split& part, std::uint64_t position) override {
    read_ = position > part.begin;
    made_ = {};
    content_.reset();
    if (read_) return;
    content_ = std::make_unique<content_reader>(*options_.files, part.name, 0);
    stream_wait_ = {};
    made_.path = content_->name();
    if (!content_->is_stream()) {
      const std::uint64_t bytes = options_.files->status(part.name).value().bytes;
      made_.bytes.reserve(static_cast<std::size_t>(std::min(bytes, options_.bytes_max)) + step_bytes);
    }
  }

  read_status read(batch<document>& into, std::size_t records_max) override {
    static_cast<void>(records_max);
    if (read_) return read_status::end_of_split;
    while (!content_->has_ended()) {
      if (!stream_wait_.is_ready(*content_, *self_)) return read_status::idle;
      const std::size_t before = made_.bytes.size();
      made_.bytes.resize(before + step_bytes);
      made_.bytes.resize(before + content_->read(made_.bytes.data() + before, step_bytes));
      if (made_.bytes.size() > options_.bytes_max) {
        throw error(errc::limit, "has more than " + std::to_string(options_.bytes_max) + " bytes", made_.path,
                    content_->is_gzip() ? "unpacked; leave it out, or raise bytes_max if it can be trusted"
                                        : "leave it out, or raise bytes_max");
      }
    }
    made_.bytes.shrink_to_fit();
    content_.reset();
    into.emplace_back(std::move(made_));
    read_ = true;
    return read_status::end_of_split;
  }

  std::uint64_t position() const override { return read_ ? 1 : 0; }
  void close() override { content_.reset(); }

 private:
  document_options options_;
  context* self_ = nullptr;
  std::unique_ptr<content_reader> content_;
  stream_wait stream_wait_;
  document made_;
  bool read_ = false;
};

}  // namespace

source_plan document_source::plan() const {
  source_plan plan;
  plan.blocking = true;
  const std::vector<found_file> found = find_files(*options_.files, paths_).value();
  for (const found_file& one : found) plan.splits.push_back(split{one.path, 0, 1});
  plan.records_total = found.size();
  return plan;
}

std::unique_ptr<source_reader<document>> document_source::make_reader() const {
  return std::make_unique<document_reader>(options_);
}

}  // namespace sage::file
