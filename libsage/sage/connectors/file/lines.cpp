#include "sage/connectors/file/lines.hpp"

#include <type_traits>

#include "sage/connectors/file/record_cursor.hpp"

namespace sage::file {

namespace {

template <class Record>
class line_reader final : public source_reader<Record> {
 public:
  explicit line_reader(const text_options& options)
      : cursor_(options), strip_carriage_return_(options.strip_carriage_return) {}

  void open(context& self) override { cursor_.open(self); }
  void start(const split& part, std::uint64_t position) override { cursor_.start(part, position); }

  read_status read(batch<Record>& into, std::size_t records_max) override {
    for (;;) {
      slice line;
      while (into.size() < records_max && cursor_.next(line, finder_)) {
        if (line.ends_with('\n')) line.remove_suffix(1);
        if (strip_carriage_return_ && line.ends_with('\r')) line.remove_suffix(1);
        into.emplace_back(line);
      }
      if (!into.empty()) {
        if constexpr (std::is_same_v<Record, slice>) into.retain(cursor_.share_block());
        return read_status::more;
      }
      const read_status status = cursor_.fill();
      if (status != read_status::more) return status;
    }
  }

  std::uint64_t position() const override { return cursor_.position(); }
  void close() override { cursor_.close(); }

 private:
  record_cursor cursor_;
  line_finder finder_;
  bool strip_carriage_return_;
};

}  // namespace

std::unique_ptr<source_reader<std::string>> make_string_reader(const text_options& options) {
  return std::make_unique<line_reader<std::string>>(options);
}
std::unique_ptr<source_reader<slice>> make_slice_reader(const text_options& options) {
  return std::make_unique<line_reader<slice>>(options);
}

}  // namespace sage::file
