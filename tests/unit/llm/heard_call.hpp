/// Listeners that keep what they hear, for tests of the HTTP client and of model calls.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/llm/http/http_client.hpp"
#include "sage/llm/model_call.hpp"

namespace sage::test {

/// What a listener shares with the test: the lock, and waits with a deadline.
class watched {
 public:
  template <class Seen>
  bool wait_until(Seen seen, std::int64_t wait_ms = 20'000) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), seen);
  }

 protected:
  template <class Change>
  auto change(Change made) {
    struct notified {
      std::condition_variable& changed;
      ~notified() { changed.notify_all(); }
    } const after{changed_};
    const std::lock_guard lock(mutex_);
    return made();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class heard_answer final : public llm::http_listener, public watched {
 public:
  std::uint32_t status = 0;
  llm::http_headers headers;
  std::string body;
  std::uint64_t body_bytes = 0;
  std::uint64_t keep_bytes_max = 1 << 20;
  std::uint32_t heads = 0;
  std::uint32_t dones = 0;
  std::uint32_t resumes = 0;
  llm::http_outcome outcome;
  llm::body_verdict verdict = llm::body_verdict::more;  // of every piece; set before the start

  void on_head(std::uint32_t code, const llm::http_headers& seen) override {
    change([&] {
      ++heads;
      status = code;
      headers = seen;
    });
  }
  llm::body_verdict on_body(std::string_view bytes) override {
    return change([&] {
      body_bytes += bytes.size();
      if (body.size() < keep_bytes_max) body.append(bytes);
      return verdict;
    });
  }
  llm::body_verdict on_resume() override {
    return change([&] {
      ++resumes;
      return verdict = llm::body_verdict::more;
    });
  }
  void on_done(const llm::http_outcome& seen) override {
    change([&] {
      ++dones;
      outcome = seen;
    });
  }
  bool wait_done() {
    return wait_until([&] { return dones > 0; });
  }
};

class heard_call final : public llm::model_call_listener, public llm::embedding_call_listener, public watched {
 public:
  std::vector<chat_delta> deltas;
  std::string text;  // of all deltas
  std::optional<chat_reply> reply;
  std::optional<embedding_reply> vectors;
  std::optional<llm::provider_error> problem;
  std::uint32_t ends = 0;
  bool full_after_each = false;

  llm::flow on_delta(chat_delta delta) override {
    return change([&] {
      text += delta.text;
      deltas.push_back(std::move(delta));
      return full_after_each ? llm::flow::full : llm::flow::more;
    });
  }
  void on_reply(chat_reply whole) override {
    change([&] {
      ++ends;
      reply = std::move(whole);
    });
  }
  void on_vectors(embedding_reply whole) override {
    change([&] {
      ++ends;
      vectors = std::move(whole);
    });
  }
  void on_failure(const llm::provider_error& seen) override {
    change([&] {
      ++ends;
      problem = seen;
    });
  }
  bool wait_end() {
    return wait_until([&] { return ends > 0; });
  }
};

}  // namespace sage::test
