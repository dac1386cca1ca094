#include "sage/connectors/dead_letters/replay_source.hpp"

#include <algorithm>
#include <utility>

#include "sage/connectors/dead_letters/change_watch.hpp"

namespace sage::letters {

namespace {

constexpr std::size_t at_once_max = 64;

std::string_view text_of(const byte_string& bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

replay_source::replay_source(file_system& files, std::string folder, std::chrono::milliseconds poll,
                             std::vector<replay_target> targets)
    : folder_(files, std::move(folder)), poll_(poll), targets_(std::move(targets)) {}

replay_source::~replay_source() = default;

void replay_source::open(context& self) {
  self_ = &self;
  if (poll_.count() > 0 && self.engine()) watch_ = std::make_unique<change_watch>(folder_, poll_, self.engine());
}

void replay_source::close() {
  watch_.reset();
}

void replay_source::start(const split& part, std::uint64_t position) {
  static_cast<void>(part);
  taken_ = position;
  seen_bytes_ = 0;
}

void replay_source::load() {
  waiting_.clear();
  at_ = 0;
  const std::uint64_t bytes = folder_.changes_bytes();
  if (bytes == seen_bytes_) return;
  folder_.for_each_replay(taken_, [&](asked_replay& one) {
    waiting_.push_back(std::move(one));
    return waiting_.size() < at_once_max;
  });
  if (waiting_.size() < at_once_max) seen_bytes_ = bytes;  // what was written meanwhile shows in the next look
}

read_status replay_source::read(operators::output& out) {
  if (at_ == waiting_.size()) load();
  if (at_ == waiting_.size()) return drained_ ? read_status::end_of_split : read_status::idle;
  asked_replay& next = waiting_[at_++];
  emit(next, out);
  taken_ = next.number;
  auto progress = batch<replay_progress>::make(self_->pool(), 1);
  progress->emplace_back(replay_progress{taken_});
  out.emit(static_cast<std::uint32_t>(targets_.size()), erase(std::move(progress)));
  return read_status::more;
}

// Why the letter can't go back; empty when it can, to `target`.
std::string replay_source::problem_of(const kept_letter& letter, const replay_target*& target) const {
  const auto found = std::find_if(targets_.begin(), targets_.end(), [&](const replay_target& one) {
    return one.uid == letter.uid && one.input == letter.input;
  });
  if (found == targets_.end()) return "nobody called '" + letter.uid + "' takes dead letters back in this job";
  if (!letter.returns || !found->packing->unpack) {
    return "a " + letter.record_type +
           " can't be kept as it was: it views other memory, holds secrets or isn't described";
  }
  if (letter.record_type != found->packing->type->name) {
    return "it is a " + letter.record_type + ", the operator takes " + std::string(found->packing->type->name);
  }
  target = &*found;
  return {};
}

void replay_source::emit(asked_replay& replay, operators::output& out) {
  const kept_letter& letter = replay.letter;
  const replay_target* target = nullptr;
  if (const std::string why = problem_of(letter, target); !why.empty()) return refuse(letter, why, out);
  batch_ref made = batch_base::make(self_->pool(), *target->packing->type, 1);
  decode_problem problem;
  if (!target->packing->unpack(text_of(letter.record), *made, problem)) {
    return refuse(letter, problem.to_error().what(), out);
  }
  if (letter.has_event_time) made->add_times()[0] = letter.event_time;
  out.emit(static_cast<std::uint32_t>(target - targets_.data()), std::move(made));
}

void replay_source::refuse(const kept_letter& letter, const std::string& why, operators::output& out) {
  dead_letter again;
  again.operator_name = letter.operator_name;
  again.instance = letter.instance;
  again.attempts = letter.attempts;
  again.error = "letter " + std::to_string(letter.number) + " can't be tried again: " + why;
  again.record_type = letter.record_type;
  again.record = letter.shown;
  again.uid = letter.uid;
  again.input = letter.input;
  if (letter.has_event_time) again.time = letter.event_time;
  again.traceparent = letter.traceparent;
  again.packed = std::string(text_of(letter.record));
  again.returns = letter.returns;
  auto made = batch<dead_letter>::make(self_->pool(), 1);
  made->emplace_back(std::move(again));
  out.emit(static_cast<std::uint32_t>(targets_.size() + 1), erase(std::move(made)));
}

}  // namespace sage::letters
