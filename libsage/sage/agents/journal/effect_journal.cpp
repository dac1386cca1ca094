#include "sage/agents/journal/effect_journal.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/checksum.hpp"
#include "sage/state/log_frames.hpp"

namespace sage {

std::shared_ptr<agents::effect_journal> open_effect_journal(effect_journal_options options) {
  return std::make_shared<agents::effect_journal>(std::move(options));
}

}  // namespace sage

namespace sage::agents {

namespace {

constexpr std::uint32_t format_known = 1;
constexpr std::string_view repeatable = "key-";

std::string joined(const turn_name& name) {
  return std::to_string(name.agent.size()) + ":" + std::to_string(name.conversation.size()) + ":" + name.agent +
         name.conversation + name.request;
}

}  // namespace

bool may_be_repeated(std::string_view request) noexcept {
  return request.starts_with(repeatable);
}

std::string repeatable_request(std::string_view tenant, std::string_view key) {
  return std::string(repeatable) +
         sha256_of(std::to_string(tenant.size()) + ":" + std::string(tenant) + std::string(key)).substr(0, 32);
}

effect_journal::effect_journal(effect_journal_options options) : options_(std::move(options)) {
  if (options_.directory.empty()) {
    throw error(errc::configuration, "the journal of effects has no directory", {}, "name one");
  }
  file_system& files = *options_.files;
  files.make_folder(options_.directory).value();
  auto taken = files.lock(options_.directory + "/lock");
  if (!taken) {
    if (taken.error().code() != errc::invalid_argument) throw taken.error();
    throw error(errc::invalid_argument, "another process has this journal of effects", options_.directory,
                "wait until it has ended, or give each its own");
  }
  lock_ = std::move(*taken);
  if (files.status(path())) read(state::read_content(files, path()), path());
  for (const auto& [number, turn] : open_) resumable_[joined(turn.begin.name)] = number;
  forget_old_answers();
  writer_ = std::make_unique<journal_writer>(write_anew());
}

void effect_journal::read(std::string_view content, const std::string& path) {
  state::frame_reader frames(content);
  while (const auto next = frames.next()) {
    switch (next->kind) {
      case frame_of_head: {
        const auto head = state::read_frame<journal_head>(*next, path);
        if (head.format > format_known) {
          throw error(errc::unsupported, "has format " + std::to_string(head.format), path,
                      "use the version of the program that wrote it, or a newer one");
        }
        next_turn_ = std::max(next_turn_, head.next_turn);
        break;
      }
      case frame_of_begin: {
        auto begin = state::read_frame<turn_begin>(*next, path);
        next_turn_ = std::max(next_turn_, begin.turn + 1);
        open_turn& its = open_[begin.turn];
        its.begin = std::move(begin);
        its.failed = false;
        break;
      }
      case frame_of_intent: {
        auto intent = state::read_frame<effect_intent>(*next, path);
        open_[intent.turn].intents.push_back(std::move(intent));
        break;
      }
      case frame_of_result: {
        auto result = state::read_frame<effect_result>(*next, path);
        open_turn& its = open_[result.turn];
        std::erase_if(its.intents, [&](const effect_intent& one) { return one.path == result.effect.path; });
        its.results.push_back(std::move(result.effect));
        break;
      }
      case frame_of_end: {
        auto end = state::read_frame<turn_end>(*next, path);
        next_turn_ = std::max(next_turn_, end.turn + 1);
        take_end(std::move(end));
        break;
      }
      case frame_of_failure: {
        const auto failure = state::read_frame<turn_failure>(*next, path);
        if (const auto found = open_.find(failure.turn); found != open_.end()) found->second.failed = true;
        break;
      }
      default: break;
    }
  }
  // What follows was being written when the process died, and nobody was told that it is there; or it is damage,
  // which somebody may want to look at.
  if (frames.position() < content.size()) keep_torn(content);
}

void effect_journal::keep_torn(std::string_view content) {
  const std::string copy = path() + ".torn";
  if (options_.files->status(copy)) options_.files->remove(copy).value();
  auto file = options_.files->create(copy).value();
  file->write(content, -1).value();
  file->close().value();
}

void effect_journal::take_end(turn_end what) {
  open_.erase(what.turn);
  if (may_be_repeated(what.name.request)) {
    keep_answer(what.name, remembered_answer{std::move(what.input_digest), std::move(what.answers), what.at_ms});
  }
  if (!what.remembers) return;
  const conversation_name name{what.name.agent, what.name.conversation};
  auto [found, is_new] = conversations_.try_emplace(name);
  if (is_new) {
    found->second.place = by_use_.insert(by_use_.end(), name);
  } else {
    by_use_.splice(by_use_.end(), by_use_, found->second.place);
  }
  found->second.its = remembered_conversation{what.turns, std::move(what.state)};
  if (conversations_.size() > options_.conversations_max) {
    conversations_.erase(by_use_.front());
    by_use_.pop_front();
  }
}

void effect_journal::keep_answer(const turn_name& name, remembered_answer answer) {
  const std::string key = joined(name);
  if (answers_.insert_or_assign(key, std::move(answer)).second) by_age_.push_back(key);
  forget_old_answers();
}

void effect_journal::forget_old_answers() {
  const std::int64_t kept_ms = std::chrono::duration_cast<std::chrono::milliseconds>(options_.answers_kept).count();
  const std::int64_t oldest = options_.time->wall_ms() - kept_ms;
  while (!by_age_.empty()) {
    const auto found = answers_.find(by_age_.front());
    if (answers_.size() <= options_.answers_max && found->second.at_ms >= oldest) return;
    answers_.erase(found);
    by_age_.pop_front();
  }
}

std::optional<remembered_conversation> effect_journal::conversation(const std::string& agent,
                                                                    const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = conversations_.find(conversation_name{agent, name});
  if (found == conversations_.end()) return std::nullopt;
  return found->second.its;
}

std::optional<remembered_answer> effect_journal::answer(const turn_name& of) const {
  if (!may_be_repeated(of.request)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(joined(of));
  if (found == answers_.end()) return std::nullopt;
  return found->second;
}

effect_journal::begun_turn effect_journal::begin(const turn_name& name, byte_string input) {
  const std::lock_guard lock(mutex_);
  if (const auto known = resumable_.find(joined(name)); known != resumable_.end()) {
    const std::uint64_t number = known->second;
    open_turn& its = open_.at(number);
    if (its.begin.input != input) {
      throw error(errc::invalid_argument, "this Idempotency-Key belongs to another request", {},
                  "give every request a key of its own, and the same one only to repeat it as it was");
    }
    resumable_.erase(known);
    its.runs = true;
    // What it ended in is tried again; what it had done before is not.
    while (its.failed && !its.results.empty() && its.results.back().failed) its.results.pop_back();
    its.failed = false;
    return begun_turn{number, its.results};
  }
  turn_begin begin{next_turn_++, name, options_.time->wall_ms(), std::move(input)};
  append(frame_of_begin, to_msgpack(begin), std::nullopt);  // the first intent or result comes behind it
  open_turn& made = open_[begin.turn];
  made.begin = std::move(begin);
  made.runs = true;
  return begun_turn{made.begin.turn, {}};
}

void effect_journal::intend(effect_intent what, completion<bool> done) {
  const std::lock_guard lock(mutex_);
  append(frame_of_intent, to_msgpack(what), std::move(done));
  open_[what.turn].intents.push_back(std::move(what));
}

void effect_journal::settle(effect_result what, completion<bool> done) {
  const std::lock_guard lock(mutex_);
  append(frame_of_result, to_msgpack(what), std::move(done));
  open_turn& its = open_[what.turn];
  std::erase_if(its.intents, [&](const effect_intent& one) { return one.path == what.effect.path; });
  its.results.push_back(std::move(what.effect));
}

void effect_journal::end(turn_end what, completion<bool> done) {
  const std::lock_guard lock(mutex_);
  append(frame_of_end, to_msgpack(what), std::move(done));
  take_end(std::move(what));
  if (writer_->bytes() < std::max(options_.bytes_max, 4 * live_bytes_)) return;
  try {
    writer_->replace([this] { return write_anew(); });
  } catch (const error& problem) {
    // The file that is there goes on, unless another one has taken its place.
    if (moved_) writer_->fail(problem);
  }
}

void effect_journal::fail(std::uint64_t turn) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(turn);
    if (found == open_.end()) return;
    found->second.runs = false;
    found->second.failed = true;
    append(frame_of_failure, to_msgpack(turn_failure{turn}), std::nullopt);
    // A request that nobody can repeat, or that had done nothing, leaves nothing behind.
    const bool has_acted = !found->second.results.empty() || !found->second.intents.empty();
    if (!has_acted || !may_be_repeated(found->second.begin.name.request)) {
      open_.erase(found);
      return;
    }
    resumable_[joined(found->second.begin.name)] = turn;
    if (resumable_.size() > options_.answers_max) forget_oldest_failure();
  } catch (...) {  // without memory for a note it stays one that was interrupted
  }
}

std::vector<turn_begin> effect_journal::interrupted(const std::string& agent) const {
  const std::lock_guard lock(mutex_);
  std::vector<turn_begin> all;
  for (const auto& [number, its] : open_) {
    if (!its.runs && !its.failed && its.begin.name.agent == agent) all.push_back(its.begin);
  }
  return all;
}

void effect_journal::forget_oldest_failure() {
  const auto oldest = std::find_if(open_.begin(), open_.end(), [](const auto& one) { return one.second.failed; });
  if (oldest == open_.end()) return;
  resumable_.erase(joined(oldest->second.begin.name));
  open_.erase(oldest);
}

std::string effect_journal::key_of(std::uint64_t turn, std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(turn);
  if (found == open_.end()) return {};
  return sha256_of(joined(found->second.begin.name) + "/" + std::to_string(found->second.begin.at_ms) + "/" +
                   std::to_string(turn) + "/" + std::string(path))
      .substr(0, 32);
}

void effect_journal::append(char kind, const std::string& payload, std::optional<completion<bool>> done) {
  std::string bytes;
  state::append_frame(bytes, kind, payload);
  writer_->append(std::move(bytes), std::move(done));
}

// What still counts, in an order that reading it again can follow.
std::string effect_journal::live_content() const {
  std::string out;
  state::append_frame_of(out, frame_of_head, journal_head{format_known, next_turn_});
  for (const conversation_name& name : by_use_) {
    const remembered_conversation& its = conversations_.at(name).its;
    turn_end end;
    end.name = turn_name{name.first, name.second, {}};
    end.turns = its.turns;
    end.state = its.state;
    state::append_frame_of(out, frame_of_end, end);
  }
  for (const std::string& key : by_age_) {
    const remembered_answer& its = answers_.at(key);
    turn_end end;
    const std::size_t first = key.find(':');
    const std::size_t second = key.find(':', first + 1);
    const std::size_t agent_bytes = std::stoull(key.substr(0, first));
    const std::size_t conversation_bytes = std::stoull(key.substr(first + 1, second - first - 1));
    end.name.agent = key.substr(second + 1, agent_bytes);
    end.name.conversation = key.substr(second + 1 + agent_bytes, conversation_bytes);
    end.name.request = key.substr(second + 1 + agent_bytes + conversation_bytes);
    end.at_ms = its.at_ms;
    end.input_digest = its.input_digest;
    end.remembers = false;
    end.answers = its.answers;
    state::append_frame_of(out, frame_of_end, end);
  }
  for (const auto& [number, its] : open_) {
    state::append_frame_of(out, frame_of_begin, its.begin);
    for (const recorded_effect& one : its.results) {
      state::append_frame_of(out, frame_of_result, effect_result{number, one});
    }
    for (const effect_intent& one : its.intents) state::append_frame_of(out, frame_of_intent, one);
    if (its.failed) state::append_frame_of(out, frame_of_failure, turn_failure{number});
  }
  return out;
}

std::unique_ptr<writable_file> effect_journal::write_anew() {
  file_system& files = *options_.files;
  const std::string temporary = path() + ".tmp";
  if (files.status(temporary)) files.remove(temporary).value();
  const std::string content = live_content();
  auto file = files.create(temporary).value();
  file->write(content, -1).value();
  file->sync().value();
  file->close().value();
  files.rename(temporary, path()).value();
  moved_ = true;
  files.sync_folder(options_.directory).value();
  live_bytes_ = content.size();
  auto opened = files.reopen(path(), content.size()).value();
  moved_ = false;
  return opened;
}

}  // namespace sage::agents
