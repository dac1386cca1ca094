/// Looks now and then whether somebody has asked for something.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "sage/connectors/dead_letters/letter_folder.hpp"
#include "sage/functions/context.hpp"

namespace sage::letters {

/// Wakes `whom` whenever the file of changes has grown. A thread of its own, which ends with it.
class change_watch {
 public:
  change_watch(letter_folder folder, std::chrono::milliseconds poll, std::shared_ptr<waker> whom);
  ~change_watch();
  change_watch(const change_watch&) = delete;
  change_watch& operator=(const change_watch&) = delete;

 private:
  void run();

  letter_folder folder_;
  std::chrono::milliseconds poll_;
  std::shared_ptr<waker> whom_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace sage::letters
