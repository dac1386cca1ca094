#include "sage/observability/spans.hpp"

#include <mutex>

#include <nlohmann/json.hpp>

#include "sage/base/error.hpp"
#include "sage/base/hash.hpp"

namespace sage {

namespace {

std::string hexadecimal(std::uint64_t number) {
  std::string text(16, '0');
  for (std::size_t i = 0; i < 16; ++i) text[15 - i] = "0123456789abcdef"[(number >> (4 * i)) & 0xf];
  return text;
}

class span_file final : public span_recorder {
 public:
  span_file(std::unique_ptr<writable_file> file, const clock& time, span_file_options options)
      : file_(std::move(file)),
        options_(std::move(options)),
        // Two processes that start in the same millisecond differ in their monotonic clock.
        seed_(stable_hash(time.wall_ms()) ^ stable_hash(time.now())) {}
  ~span_file() override {
    const std::lock_guard lock(mutex_);
    write_gathered();
    static_cast<void>(file_->close());  // whoever wanted to know would have asked `lost`
  }

  void record(span done) override {
    const std::string line = to_otlp_json(done, options_.service) + "\n";
    const std::lock_guard lock(mutex_);
    if (failed_ || written_ + gathered_.size() + line.size() > options_.file_bytes_max) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    gathered_ += line;
    ++gathered_spans_;
    if (gathered_.size() >= options_.gathered_bytes_max) write_gathered();
  }
  std::uint64_t next_id() noexcept override {
    const std::uint64_t id = stable_hash(seed_ + next_.fetch_add(1, std::memory_order_relaxed));
    return id != 0 ? id : 1;
  }
  std::uint64_t lost() const noexcept override { return lost_.load(std::memory_order_relaxed); }

 private:
  void write_gathered() {
    if (gathered_.empty()) return;
    if (!file_->write(gathered_, -1)) {
      failed_ = true;  // a full disk must not stop the work that is being looked at
      lost_.fetch_add(gathered_spans_, std::memory_order_relaxed);
    } else {
      written_ += gathered_.size();
    }
    gathered_.clear();
    gathered_spans_ = 0;
  }

  std::mutex mutex_;
  std::unique_ptr<writable_file> file_;
  span_file_options options_;
  const std::uint64_t seed_;
  std::atomic<std::uint64_t> next_{1};
  std::atomic<std::uint64_t> lost_{0};
  std::string gathered_;
  std::uint64_t gathered_spans_ = 0;
  std::uint64_t written_ = 0;
  bool failed_ = false;
};

}  // namespace

std::string to_otlp_json(const span& done, std::string_view service) {
  using nlohmann::json;
  constexpr std::int64_t ns_per_ms = 1'000'000;
  json attributes = json::array();
  for (const auto& [name, value] : done.attributes) {
    json typed;
    if (const auto* text = std::get_if<std::string>(&value)) {
      typed["stringValue"] = *text;
    } else {
      typed["intValue"] = std::to_string(std::get<std::int64_t>(value));  // OTLP writes 64 bits as text
    }
    attributes.push_back({{"key", name}, {"value", std::move(typed)}});
  }
  json its{{"traceId", hexadecimal(done.trace_high) + hexadecimal(done.trace_low)},
           {"spanId", hexadecimal(done.id)},
           {"name", done.name},
           {"kind", static_cast<int>(done.kind)},
           {"startTimeUnixNano", std::to_string(done.begun_ms * ns_per_ms)},
           {"endTimeUnixNano", std::to_string(done.begun_ms * ns_per_ms + done.took)},
           {"attributes", std::move(attributes)}};
  if (done.parent != 0) its["parentSpanId"] = hexadecimal(done.parent);
  if (!done.problem.empty()) its["status"] = {{"code", 2}, {"message", done.problem}};
  const json resource{{"attributes", {{{"key", "service.name"}, {"value", {{"stringValue", service}}}}}}};
  const json all{{"resourceSpans",
                  {{{"resource", resource}, {"scopeSpans", {{{"scope", {{"name", "sage"}}}, {"spans", {its}}}}}}}}};
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::shared_ptr<span_recorder> make_span_file(const std::string& path, const clock& time, file_system& files,
                                              span_file_options options) {
  result<std::unique_ptr<writable_file>> file = files.create(path);
  if (!file) throw file.error();
  return std::make_shared<span_file>(std::move(*file), time, std::move(options));
}

}  // namespace sage
