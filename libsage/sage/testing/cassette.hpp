/// Records what a model answers, and answers the same again without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/file_system.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/llm/provider_error.hpp"

namespace sage::testing {

/// A failure that isn't a provider's.
struct cassette_failure {
  std::uint8_t code = 0;  ///< errc
  std::string message;
  std::string where;
  std::string advice;
};

/// One call: a line of a cassette, in JSON. Exactly one of reply, problem, failure and stopped says how it ended.
struct cassette_entry {
  std::uint64_t call = 0;  ///< counted from 1, in the order in which they began
  chat_request request;
  std::vector<chat_delta> deltas;  ///< that an observer was shown
  std::optional<chat_reply> reply;
  std::optional<llm::provider_error> problem;
  std::optional<cassette_failure> failure;
  bool stopped = false;  ///< by whoever asked, before it ended
};

/// Calls another model and writes every call down, in JSON Lines. Thread-safe.
///
/// Fails  errc::invalid_argument from the constructor when the file is there already; errc::io when it can't be
/// written Note   prompts and answers are written as they are: no cassette of real people's words
class cassette_recorder final : public chat_model {
 public:
  cassette_recorder(const std::string& path, std::shared_ptr<chat_model> inner, file_system& files = system_files());
  ~cassette_recorder() override;

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override;
  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }

 private:
  class noted_call;
  void write(const cassette_entry& entry);

  std::string path_;
  std::shared_ptr<chat_model> inner_;
  std::mutex mutex_;
  std::unique_ptr<writable_file> file_;
  std::uint64_t calls_ = 0;
};

/// Answers from a cassette. Each recorded call is played once, to the first that asks exactly the same, so calls may
/// come in another order than they were recorded in: those of concurrent agents do. Delays aren't kept. Thread-safe.
///
/// Fails  errc::not_found, errc::parse from the constructor, with the line;
///        errc::invalid_argument at the first call that wasn't recorded: which call, and how it differs from the
///        recorded one that is most like it. Every later call fails with the same text: what comes after a divergence
///        proves nothing
class cassette_player final : public chat_model {
 public:
  explicit cassette_player(const std::string& path, file_system& files = system_files());

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override;
  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  /// Recorded calls that nobody has made. At the end of a test: none, or the run has done less than the recorded one.
  [[nodiscard]] std::size_t left() const;
  /// What the first divergence was; empty without one.
  [[nodiscard]] std::string divergence() const;

 private:
  [[nodiscard]] const cassette_entry& take(const chat_request& request);

  std::string path_;
  std::string name_;
  std::vector<cassette_entry> entries_;
  mutable std::mutex mutex_;
  std::vector<bool> played_;
  std::uint64_t calls_ = 0;
  std::string divergence_;
};

/// Plays the cassette at `path`, or records it when there is none: delete the file to record anew.
[[nodiscard]] std::shared_ptr<chat_model> open_cassette(const std::string& path, std::shared_ptr<chat_model> inner,
                                                        file_system& files = system_files());

}  // namespace sage::testing
