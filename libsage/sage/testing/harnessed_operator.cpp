#include "sage/testing/harnessed_operator.hpp"

#include <utility>

#include "sage/base/error.hpp"
#include "sage/functions/dead_letter.hpp"
#include "sage/functions/tasks/blocking_port.hpp"
#include "sage/model/item_scope.hpp"

namespace sage::testing {

using operators::dead_letter_port;
using operators::fate;
using operators::flow;

namespace {

// Far more than the retries and batches of any test; an operator that suspends for ever must not hang it.
constexpr std::size_t resumes_max = 1'000'000;

}  // namespace

class harnessed_operator::counting_waker final : public waker {
 public:
  void wake() noexcept override { ++wakes_; }
  [[nodiscard]] bool stop_requested() const noexcept override { return false; }
  [[nodiscard]] std::size_t wakes() const noexcept { return wakes_; }

 private:
  std::atomic<std::size_t> wakes_{0};
};

harnessed_operator::harnessed_operator(operators::operator_ptr logic, harness_options options, const record_type* out)
    : logic_(std::move(logic)),
      options_(std::move(options)),
      out_(out),
      waker_(std::make_shared<counting_waker>()),
      self_("harness", options_.name, options_.instance, options_.parallelism, options_.batch_size, time_,
            batch_pool::make(), options_.seed),
      after_refusal_(options_.ports) {
  self_.set_engine(waker_);
  self_.set_blocking(functions::make_inline_blocking());
  self_.set_state_backend(options_.state);
  logic_->open(self_);
}

harnessed_operator::~harnessed_operator() {
  if (phase_ == phase::closed) return;
  logic_->abort();
  try {
    logic_->close();
  } catch (...) {  // a test that cares what close throws has called it
  }
}

std::size_t harnessed_operator::wakes() const noexcept {
  return waker_->wakes();
}

std::vector<event_time> harnessed_operator::times(std::uint32_t port) const {
  std::vector<event_time> all;
  for (const emission& one : emissions_) {
    if (one.port != port) continue;
    const event_time* const times = one.records->times();
    for (std::size_t i = 0; i < one.records->size(); ++i) all.push_back(times ? times[i] : no_event_time);
  }
  return all;
}

std::vector<std::string> harnessed_operator::request_ids(std::uint32_t port) const {
  std::vector<std::string> ids;
  for (const emission& one : emissions_) {
    if (one.port != port) continue;
    const ref<item_scope>* const items = one.records->items();
    for (std::size_t i = 0; i < one.records->size(); ++i) {
      ids.push_back(items && items[i] ? items[i]->request_id() : std::string());
    }
  }
  return ids;
}

void harnessed_operator::expect(bool holds, const char* what) const {
  if (!holds) throw error(errc::invalid_argument, std::string("the harness is used wrongly: ") + what, options_.name);
}

void harnessed_operator::violated(const std::string& what) const {
  throw error(errc::user_function, "the operator breaks its contract: " + what, self_.place(),
              "see the contract in sage/operators/operator.hpp");
}

bool harnessed_operator::emit(std::uint32_t port, batch_ref records) {
  if (!in_call_) violated("it emits outside of on_batch, resume and on_end");
  if (!records) violated("it emits no batch at all");
  const bool dead = port == dead_letter_port;
  const std::uint32_t ports = out_ ? options_.ports : 0;
  if (!dead && port >= ports) {
    violated("it emits on port " + std::to_string(port) + " of " + std::to_string(ports));
  }
  const record_type& wanted = dead ? record_type_of<dead_letter>() : *out_;
  if (&records->type() != &wanted) {
    violated("it emits " + std::string(records->type().name) + " where " + std::string(wanted.name) + " leaves");
  }
  if (records->empty()) return !blocked_;  // as in an engine, nothing travels
  if (dead) dead_letters_ += records->size();
  if (blocked_ && !dead && ++after_refusal_[port] > 1)
    violated("it goes on emitting though its output wants a pause");
  if (refused_.contains(emitted_++) || refuse_all_) blocked_ = true;
  emissions_.push_back(emission{port, std::move(records)});
  return !blocked_;
}

// Every call that may emit goes through here.
template <class Call>
flow harnessed_operator::call(const char* what, Call&& call) {
  expect(phase_ != phase::closed, "it is closed");
  expect(phase_ != phase::failed, "the operator has thrown; only abort and close may follow");
  blocked_ = false;
  after_refusal_.assign(after_refusal_.size(), 0);
  in_call_ = true;
  flow came = flow::done;
  try {
    came = call();
  } catch (...) {
    in_call_ = false;
    suspended_ = false;
    phase_ = phase::failed;
    throw;
  }
  in_call_ = false;
  suspended_ = came == flow::suspended;
  if (suspended_) ++suspensions_;
  if (!suspended_ && logic_->retry_at()) violated(std::string(what) + " is through, but wants a retry");
  if (!suspended_ && ending_) phase_ = phase::ended;
  check_books();
  return came;
}

void harnessed_operator::check_books() {
  const fate& now = logic_->fates();
  if (now.passed < before_.passed || now.filtered < before_.filtered || now.dropped < before_.dropped ||
      now.dead < before_.dead || now.gone < before_.gone || now.late < before_.late) {
    violated("a fate has become less");
  }
  before_ = now;
  const std::string books = std::to_string(in_) + " in, but " + std::to_string(now.passed) + " passed, " +
                            std::to_string(now.filtered) + " filtered, " + std::to_string(now.dropped) +
                            " dropped, " + std::to_string(now.dead) + " dead, " + std::to_string(now.late) + " late";
  if (now.sum() > in_) violated("more came out than went in: " + books);
  if (phase_ == phase::ended && now.sum() != in_) violated("records are missing at the end: " + books);
  if (!suspended_ && dead_letters_ != now.dead) {
    violated(std::to_string(dead_letters_) + " dead letters were emitted, " + std::to_string(now.dead) + " counted");
  }
}

flow harnessed_operator::on_batch(batch_ref records) {
  return on_input(0, std::move(records));
}

flow harnessed_operator::on_input(std::uint32_t input, batch_ref records) {
  expect(!suspended_, "the operator is suspended; resume it before the next batch");
  expect(phase_ != phase::ended && !ending_ && !end_told_, "the input has ended");
  expect(records && !records->empty(), "an engine never hands over an empty batch");
  in_ += records->size();
  // A second share stays here, as with another consumer of the same output: what it sees must not change.
  const batch_ref shared = records->unique() ? batch_ref{} : records;
  const std::size_t size = records->size();
  const std::uint64_t* const hashes = records->hashes();
  const flow came = call("on_batch", [&] { return logic_->on_input(input, std::move(records), *this); });
  if (shared && (shared->size() != size || shared->hashes() != hashes)) violated("it changes a shared batch");
  return came;
}

flow harnessed_operator::resume() {
  expect(suspended_, "there is nothing to resume");
  const auto at = logic_->retry_at();
  expect(!at || *at <= time_.now(), "the retry isn't due yet; move time() or call settle()");
  const flow came = call("resume", [&] { return logic_->resume(*this); });
  // Suspended when its time came to an end: now it can be told that its input has.
  return came == flow::done && end_told_ && !ending_ ? tell_end() : came;
}

flow harnessed_operator::advance(event_time time) {
  expect(!suspended_, "the operator is suspended; resume it before time goes on");
  expect(time > logic_->input_watermark(), "time only goes on");
  self_.set_watermark(time);
  return call("on_watermark", [&] { return logic_->advance(time, *this); });
}

flow harnessed_operator::end() {
  expect(!suspended_, "the operator is suspended; resume it before the end");
  expect(!end_told_, "the input has ended already");
  end_told_ = true;
  if (logic_->input_watermark() < end_of_time && advance(end_of_time) == flow::suspended) return flow::suspended;
  return tell_end();
}

flow harnessed_operator::tell_end() {
  ending_ = true;
  return call("on_end", [&] { return logic_->on_end(*this); });
}

flow harnessed_operator::settle() {
  for (std::size_t i = 0; suspended_; ++i) {
    if (i == resumes_max) violated("it is suspended without end");
    if (const auto at = logic_->retry_at()) time_.advance_to(*at);
    const auto wakes_at = logic_->wake_at();
    if (!blocked_ && !logic_->has_news() && wakes_at) time_.advance_to(*wakes_at);
    const bool waited_for_output = blocked_ || logic_->retry_at().has_value() || wakes_at || logic_->has_yielded();
    resume();
    // Suspended twice in a row for no reason of ours: it waits for something that only the test can bring about.
    if (suspended_ && !waited_for_output && !blocked_ && !logic_->retry_at() && !logic_->wake_at() &&
        !logic_->has_news()) {
      return flow::suspended;
    }
  }
  return flow::done;
}

flow harnessed_operator::wake() {
  expect(!suspended_, "the operator is suspended; resume it instead");
  return call("on_wake", [&] { return logic_->on_wake(*this); });
}

void harnessed_operator::prepare(std::uint64_t epoch) {
  expect(phase_ == phase::ended, "prepare comes after the end of input");
  logic_->prepare(epoch);
}

void harnessed_operator::commit(std::uint64_t epoch) {
  expect(phase_ == phase::ended, "commit comes after the end of input");
  logic_->commit(epoch);
}

void harnessed_operator::abort() {
  expect(phase_ != phase::closed, "it is closed");
  suspended_ = false;
  phase_ = phase::failed;
  logic_->abort();
}

void harnessed_operator::close() {
  expect(phase_ != phase::closed, "it is closed already");
  suspended_ = false;
  phase_ = phase::closed;
  logic_->close();
}

}  // namespace sage::testing
