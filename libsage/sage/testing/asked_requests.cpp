#include "sage/testing/asked_requests.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "sage/base/error.hpp"

namespace sage::testing {

class asked_requests::board {
 public:
  bool add(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    return outcomes_.try_emplace(number).second;
  }
  template <class Note>
  void note(std::uint64_t number, Note note) {
    const std::lock_guard lock(mutex_);
    note(outcomes_.at(number));
    changed_.notify_all();
  }
  template <class Look>
  auto look(Look look) const {
    const std::lock_guard lock(mutex_);
    return look(outcomes_);
  }
  template <class Count>
  [[nodiscard]] std::size_t count(Count count) const {
    return look([&](const auto& all) {
      std::size_t sum = 0;
      for (const auto& [number, one] : all) sum += count(one) ? 1 : 0;
      return sum;
    });
  }
  [[nodiscard]] bool wait(std::chrono::seconds patience) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] {
      return std::all_of(outcomes_.begin(), outcomes_.end(), [](const auto& one) { return one.second.ends() > 0; });
    });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::uint64_t, request_outcome> outcomes_;
};

namespace {

// One request's reply port.
class recording_port final : public reply_port {
 public:
  recording_port(std::shared_ptr<asked_requests::board> board, std::uint64_t number)
      : board_(std::move(board)), number_(number) {}
  void on_answer(std::string text) {
    board_->note(number_, [&](request_outcome& one) { one.answers.push_back(std::move(text)); });
  }
  void on_unanswered(const item_end& end) noexcept override {
    board_->note(number_, [&](request_outcome& one) { one.errors.push_back(end); });
  }

 private:
  std::shared_ptr<asked_requests::board> board_;
  std::uint64_t number_;
};

}  // namespace

asked_requests::asked_requests() : board_(std::make_shared<board>()) {}

ref<item_scope> asked_requests::ask(std::uint64_t number, item_settings settings) const {
  if (!board_->add(number)) {
    throw error(errc::invalid_argument, "request " + std::to_string(number) + " was asked before", "asked_requests");
  }
  if (settings.request_id.empty()) settings.request_id = std::to_string(number);
  settings.reply = std::make_shared<recording_port>(board_, number);
  return item_scope::make(std::move(settings));
}

std::size_t asked_requests::size() const {
  return board_->look([](const auto& all) { return all.size(); });
}

request_outcome asked_requests::outcome(std::uint64_t number) const {
  return board_->look([number](const auto& all) {
    const auto found = all.find(number);
    return found == all.end() ? request_outcome{} : found->second;
  });
}

std::size_t asked_requests::answered() const {
  return board_->count([](const request_outcome& one) { return !one.answers.empty(); });
}

std::size_t asked_requests::unanswered(item_end_reason why) const {
  return board_->count([why](const request_outcome& one) {
    return std::any_of(one.errors.begin(), one.errors.end(), [why](const item_end& e) { return e.reason == why; });
  });
}

std::size_t asked_requests::open() const {
  return board_->count([](const request_outcome& one) { return one.ends() == 0; });
}

std::optional<std::uint64_t> asked_requests::ended_twice() const {
  return board_->look([](const auto& all) -> std::optional<std::uint64_t> {
    for (const auto& [number, one] : all) {
      if (one.ends() > 1) return number;
    }
    return std::nullopt;
  });
}

std::vector<std::string> asked_requests::messages() const {
  return board_->look([](const auto& all) {
    std::set<std::string> different;
    for (const auto& [number, one] : all) {
      for (const item_end& end : one.errors) different.insert(end.message());
    }
    return std::vector<std::string>(different.begin(), different.end());
  });
}

void asked_requests::wait_until_ended(std::chrono::seconds patience) const {
  if (board_->wait(patience)) return;
  throw error(errc::timeout, std::to_string(open()) + " requests were neither answered nor told why",
              "asked_requests");
}

bool asked_requests::answer(item_scope* item, std::string text) {
  if (!item) return false;
  auto* const port = dynamic_cast<recording_port*>(item->reply().get());
  if (!port) throw error(errc::invalid_argument, "the item is none of asked_requests", "asked_requests");
  if (!item->claim_answer()) return false;
  port->on_answer(std::move(text));
  return true;
}

}  // namespace sage::testing
