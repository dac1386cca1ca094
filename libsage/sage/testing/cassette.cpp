#include "sage/testing/cassette.hpp"

#include <algorithm>
#include <utility>

#include "sage/functions/tasks/completion.hpp"
#include "sage/llm/models/model_error.hpp"
#include "sage/model/dynamic_value.hpp"
#include "sage/model/json.hpp"

namespace sage::llm {
SAGE_DESCRIBE_ENUM(provider_failure, refused, unauthorized, throttled, overloaded, unreachable, cut, timeout,
                   malformed, too_large, cancelled, invalid_request)
SAGE_DESCRIBE(provider_error, failure, status, retryable, retry_after_ms, message, type, code)
}  // namespace sage::llm

namespace sage::testing {

SAGE_DESCRIBE(cassette_failure, code, message, where, advice)
SAGE_DESCRIBE(cassette_entry, call, request, deltas, reply, problem, failure, stopped)

namespace {

constexpr int cassette_version = 1;
constexpr std::size_t cassette_bytes_max = 256 << 20;
constexpr std::size_t differences_shown_max = 3;
constexpr std::size_t shown_bytes_max = 80;

// The first line.
struct cassette_head {
  int cassette = 0;
  std::string model;
};
SAGE_DESCRIBE(cassette_head, cassette, model)

std::string shown(const dynamic_value* value) {
  if (!value) return "nothing";
  std::string text = to_json(*value);
  if (text.size() <= shown_bytes_max) return text;
  std::size_t end = shown_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

// Where two values differ, as "messages[2].text: recorded "a", now "b"".
void compare(const dynamic_value* recorded, const dynamic_value* now, const std::string& path,
             std::vector<std::string>& differences) {
  if (recorded && now && *recorded == *now) return;
  const auto* const old_map = recorded ? recorded->get_if<dynamic_map>() : nullptr;
  const auto* const new_map = now ? now->get_if<dynamic_map>() : nullptr;
  if (old_map && new_map) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const auto& [key, value] : *old_map) compare(&value, now->find(key), prefix + key, differences);
    for (const auto& [key, value] : *new_map) {
      if (!recorded->find(key)) compare(nullptr, &value, prefix + key, differences);
    }
    return;
  }
  const auto* const old_list = recorded ? recorded->get_if<dynamic_list>() : nullptr;
  const auto* const new_list = now ? now->get_if<dynamic_list>() : nullptr;
  if (old_list && new_list) {
    for (std::size_t i = 0; i < std::max(old_list->size(), new_list->size()); ++i) {
      compare(i < old_list->size() ? &(*old_list)[i] : nullptr, i < new_list->size() ? &(*new_list)[i] : nullptr,
              path + "[" + std::to_string(i) + "]", differences);
    }
    return;
  }
  differences.push_back(path + ": recorded " + shown(recorded) + ", now " + shown(now));
}

std::vector<std::string> differences_of(const chat_request& recorded, const chat_request& now) {
  const dynamic_value a = from_json<dynamic_value>(to_json(recorded)).value();
  const dynamic_value b = from_json<dynamic_value>(to_json(now)).value();
  std::vector<std::string> all;
  compare(&a, &b, "", all);
  return all;
}

// Passes on and keeps what an observer is shown.
class noting_observer final : public chat_observer {
 public:
  noting_observer(chat_observer* to, std::vector<chat_delta>& deltas) noexcept : to_(to), deltas_(deltas) {}
  void on_delta(const chat_delta& piece) override {
    deltas_.push_back(piece);
    to_->on_delta(piece);
  }
  void on_restart() override {
    deltas_.clear();
    to_->on_restart();
  }
  [[nodiscard]] bool takes_back() const override { return to_->takes_back(); }
  [[nodiscard]] bool is_full() const override { return to_->is_full(); }
  task<> room() override { return to_->room(); }
  [[nodiscard]] chat_observer* get() noexcept { return to_ ? this : nullptr; }

 private:
  chat_observer* to_;
  std::vector<chat_delta>& deltas_;
};

std::string read_all(const std::string& path, file_system& files) {
  std::unique_ptr<readable_file> file = files.open(path).value();
  std::string text;
  for (;;) {
    char part[16 << 10];
    const std::size_t count = file->read(part, sizeof part).value();
    if (count == 0) return text;
    text.append(part, count);
    if (text.size() > cassette_bytes_max) throw error(errc::limit, "a cassette has at most 256 MiB", path);
  }
}

}  // namespace

// Writes the call down when it has ended, whichever way.
class cassette_recorder::noted_call {
 public:
  noted_call(cassette_recorder& owner, const chat_request& request) : owner_(owner) {
    entry.request = request;
    const std::lock_guard lock(owner_.mutex_);
    entry.call = ++owner_.calls_;
  }
  ~noted_call() {
    if (is_written_) return;
    entry.stopped = true;
    try {
      owner_.write(entry);
    } catch (const std::exception&) {  // a stop reports nothing; the next call that ends does
    }
  }
  noted_call(const noted_call&) = delete;
  noted_call& operator=(const noted_call&) = delete;
  void write() {
    is_written_ = true;
    owner_.write(entry);
  }

  cassette_entry entry;

 private:
  cassette_recorder& owner_;
  bool is_written_ = false;
};

cassette_recorder::cassette_recorder(const std::string& path, std::shared_ptr<chat_model> inner, file_system& files)
    : path_(path), inner_(std::move(inner)) {
  if (files.status(path)) {
    throw error(errc::invalid_argument, "there is a cassette already", path, "delete it to record anew");
  }
  file_ = files.create(path).value();
  const cassette_head head{cassette_version, std::string(inner_->name())};
  file_->write(to_json(head) + "\n", -1).value();
}

cassette_recorder::~cassette_recorder() {
  static_cast<void>(file_->close());  // what was written was reported line by line
}

void cassette_recorder::write(const cassette_entry& entry) {
  const std::string line = to_json(entry) + "\n";
  const std::lock_guard lock(mutex_);
  if (auto written = file_->write(line, -1); !written) throw written.error();
}

task<chat_reply> cassette_recorder::chat(const chat_request& request, chat_observer* observer) {
  noted_call noted(*this, request);
  noting_observer seen(observer, noted.entry.deltas);
  try {
    chat_reply reply = co_await inner_->chat(request, seen.get());
    noted.entry.reply = reply;
    noted.write();
    co_return reply;
  } catch (const llm::model_error& problem) {
    noted.entry.problem = problem.details();
    noted.write();
    throw;
  } catch (const error& problem) {
    noted.entry.failure = cassette_failure{static_cast<std::uint8_t>(problem.code()), problem.message(),
                                           problem.where(), problem.advice()};
    noted.write();
    throw;
  }
}

cassette_player::cassette_player(const std::string& path, file_system& files) : path_(path) {
  const std::string text = read_all(path, files);
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view content = std::string_view(text).substr(at, end - at);
    at = end + 1;
    const std::string place = path + ":" + std::to_string(line);
    if (line == 1) {
      auto head = from_json<cassette_head>(content);
      if (!head) throw error(head.error().code(), head.error().what(), place);
      if (head->cassette != cassette_version) {
        throw error(errc::parse, "no cassette that this version can play", place, "delete it and record anew");
      }
      name_ = std::move(head->model);
      continue;
    }
    auto entry = from_json<cassette_entry>(content);
    if (!entry) throw error(entry.error().code(), entry.error().what(), place);
    entries_.push_back(std::move(*entry));
  }
  if (line == 1) throw error(errc::parse, "an empty file is no cassette", path, "delete it and record anew");
  std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.call < b.call; });
  played_.resize(entries_.size());
}

std::size_t cassette_player::left() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(played_.begin(), played_.end(), false));
}

std::string cassette_player::divergence() const {
  const std::lock_guard lock(mutex_);
  return divergence_;
}

const cassette_entry& cassette_player::take(const chat_request& request) {
  const std::lock_guard lock(mutex_);
  const std::string advice = "if the change is meant, delete the cassette and record anew";
  if (!divergence_.empty()) throw error(errc::invalid_argument, divergence_, path_, advice);
  ++calls_;
  std::vector<std::string> nearest;
  const cassette_entry* likely = nullptr;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (played_[i]) continue;
    if (entries_[i].request == request) {
      played_[i] = true;
      return entries_[i];
    }
    std::vector<std::string> differences = differences_of(entries_[i].request, request);
    if (likely && differences.size() >= nearest.size()) continue;
    likely = &entries_[i];
    nearest = std::move(differences);
  }
  divergence_ = "call " + std::to_string(calls_) + " was not recorded";
  if (likely) {
    divergence_ += "; it differs from recorded call " + std::to_string(likely->call) + " in ";
    for (std::size_t i = 0; i < std::min(nearest.size(), differences_shown_max); ++i) {
      divergence_ += (i == 0 ? "" : "; ") + nearest[i];
    }
    if (nearest.size() > differences_shown_max) {
      divergence_ += "; and " + std::to_string(nearest.size() - differences_shown_max) + " more";
    }
  } else {
    divergence_ += ": all " + std::to_string(entries_.size()) + " recorded calls were made already";
  }
  throw error(errc::invalid_argument, divergence_, path_, advice);
}

task<chat_reply> cassette_player::chat(const chat_request& request, chat_observer* observer) {
  const cassette_entry& its = take(request);
  if (observer) {
    for (const chat_delta& piece : its.deltas) {
      observer->on_delta(piece);
      if (observer->is_full()) co_await observer->room();
    }
  }
  if (its.problem) throw llm::model_error(*its.problem, name_);
  if (its.failure) {
    throw error(static_cast<errc>(its.failure->code), its.failure->message, its.failure->where, its.failure->advice);
  }
  if (!its.reply) {  // it was stopped, and will be
    const pending<bool> never;
    const completion<bool> kept = never.make_completion();
    static_cast<void>(co_await never);
  }
  co_return *its.reply;
}

std::shared_ptr<chat_model> open_cassette(const std::string& path, std::shared_ptr<chat_model> inner,
                                          file_system& files) {
  if (files.status(path)) return std::make_shared<cassette_player>(path, files);
  return std::make_shared<cassette_recorder>(path, std::move(inner), files);
}

}  // namespace sage::testing
