#include "sage/llm/limits/text_gatherer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sage/base/assert.hpp"

namespace sage::llm {

text_gatherer::text_gatherer(const gathering_limits& limits) : limits_(limits) {
  limits_.texts_max = std::max<std::size_t>(limits_.texts_max, 1);
  limits_.requests_max = std::max<std::size_t>(limits_.requests_max, 1);
}

bool text_gatherer::add(call_id id, std::vector<std::size_t> bytes) {
  SAGE_ASSERT(!bytes.empty());
  if (texts_ > 0 && bytes.size() > limits_.waiting_texts_max - std::min(texts_, limits_.waiting_texts_max))
    return false;
  texts_ += bytes.size();
  calls_.emplace(id, open_call{std::move(bytes), 0});
  waiting_.push_back(id);
  return true;
}

void text_gatherer::remove(call_id id) {
  if (!calls_.contains(id)) return;
  forget(id);
  std::erase(waiting_, id);
  for (pieces& one : again_) {
    std::erase_if(one, [id](const piece& its) { return its.call == id; });
  }
  std::erase_if(again_, [](const pieces& one) { return one.empty(); });
}

std::optional<text_gatherer::request> text_gatherer::begin() {
  if (under_way_.size() >= limits_.requests_max) return std::nullopt;
  request made;
  if (!again_.empty()) {
    made.pieces = std::move(again_.front());
    again_.pop_front();
  } else {
    made.pieces = gather();
  }
  if (made.pieces.empty()) return std::nullopt;
  made.id = ++last_;
  under_way_.emplace(made.id, made.pieces);
  return made;
}

text_gatherer::pieces text_gatherer::gather() {
  pieces made;
  std::size_t texts = 0;
  std::size_t bytes = 0;
  while (!waiting_.empty()) {
    const call_id id = waiting_.front();
    const open_call& its = calls_.at(id);
    std::size_t end = its.next;
    while (end < its.bytes.size() && texts < limits_.texts_max &&
           (texts == 0 || (bytes <= limits_.bytes_max && its.bytes[end] <= limits_.bytes_max - bytes))) {
      ++texts;
      bytes += its.bytes[end++];
    }
    if (end == its.next) break;
    made.push_back({id, its.next, end});
    waiting_.pop_front();
  }
  return made;
}

std::vector<text_gatherer::call_id> text_gatherer::on_success(request_id id) {
  std::vector<call_id> whole;
  for (const piece& one : end_request(id)) {
    open_call& its = calls_.at(one.call);
    its.next = one.end;
    if (its.next < its.bytes.size()) {
      waiting_.push_back(one.call);
    } else {
      whole.push_back(one.call);
      forget(one.call);
    }
  }
  return whole;
}

std::vector<text_gatherer::call_id> text_gatherer::on_failure(request_id id, bool is_divisible) {
  pieces left = end_request(id);
  if (is_divisible && left.size() > 1) {
    const auto middle = left.begin() + static_cast<std::ptrdiff_t>(left.size() / 2);
    again_.emplace_front(middle, left.end());
    again_.emplace_front(left.begin(), middle);
    return {};
  }
  std::vector<call_id> failed;
  for (const piece& one : left) {
    failed.push_back(one.call);
    forget(one.call);
  }
  return failed;
}

void text_gatherer::on_abandoned(request_id id) {
  pieces left = end_request(id);
  if (!left.empty()) again_.push_front(std::move(left));
}

// Takes the request out; its pieces without those of calls that have been given up.
text_gatherer::pieces text_gatherer::end_request(request_id id) {
  const auto found = under_way_.find(id);
  SAGE_ASSERT(found != under_way_.end());
  pieces left = std::move(found->second);
  under_way_.erase(found);
  std::erase_if(left, [this](const piece& one) { return !calls_.contains(one.call); });
  return left;
}

void text_gatherer::forget(call_id id) {
  const auto found = calls_.find(id);
  texts_ -= found->second.bytes.size();
  calls_.erase(found);
}

}  // namespace sage::llm
