#include "sage/app/signals.hpp"

#include <cerrno>
#include <utility>

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sage/app/console.hpp"
#include "sage/base/error.hpp"

namespace sage::apps {

struct write_signal_guard::before {
  struct sigaction pipe {};
  struct sigaction size {};
};

write_signal_guard::write_signal_guard() : before_(std::make_unique<before>()) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before_->pipe);
  ::sigaction(SIGXFSZ, &ignore, &before_->size);
}

write_signal_guard::~write_signal_guard() {
  ::sigaction(SIGPIPE, &before_->pipe, nullptr);
  ::sigaction(SIGXFSZ, &before_->size, nullptr);
}

struct signal_watch::taken {
  sigset_t wanted{};
  sigset_t mask_before{};
  int descriptor = -1;

  taken() {
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGINT);
    ::sigaddset(&wanted, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &wanted, &mask_before);
    descriptor = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~taken() {
    if (descriptor >= 0) ::close(descriptor);
    ::pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  }
};

signal_watch::signal_watch(console& to) : console_(to), taken_(std::make_unique<taken>()) {
  if (taken_->descriptor < 0)
    throw error(errc::io, "can't wait for signals", "signalfd", "raise the limit of open files");
  thread_ = std::thread([this] { watch(); });
}

signal_watch::~signal_watch() {
  end_.request();
  thread_.join();
}

void signal_watch::watch() {
  pollfd sources[2] = {{taken_->descriptor, POLLIN, 0}, {end_.descriptor(), POLLIN, 0}};
  while (!end_.is_requested()) {
    if (::poll(sources, 2, -1) < 0 && errno != EINTR) return;
    signalfd_siginfo signal{};
    while (::read(taken_->descriptor, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
      on_signal(static_cast<int>(signal.ssi_signo));
    }
  }
}

void signal_watch::on_signal(int number) {
  const std::string name = number == SIGINT ? "SIGINT" : "SIGTERM";
  const std::lock_guard lock(mutex_);
  const auto wish = wishes_.on_signal(number, system_clock().now());
  if (wish != stop_wishes::wish::none) stop_.request();
  switch (wish) {
    case stop_wishes::wish::none:
    case stop_wishes::wish::stop_app: break;
    case stop_wishes::wish::drain: drain(name); break;
    case stop_wishes::wish::cancel:
      console_.note(name + ": giving up");
      job_->cancel();
      break;
    case stop_wishes::wish::end_process:
      console_.note(name + (wishes_.job_has_begun() ? ": ended at once" : ": ended before the job began"));
      ::_exit(1);
  }
}

void signal_watch::job_starting() {
  const std::lock_guard lock(mutex_);
  wishes_.on_job_starting();
}

void signal_watch::job_started(job started) {
  const std::lock_guard lock(mutex_);
  job_ = std::move(started);
  if (wishes_.on_job_started() != stop_wishes::wish::drain) return;
  stop_.request();
  drain("a signal");
}

void signal_watch::drain(const std::string& why) {
  const bool is_checkpointed = job_->record()->settings().checkpoints.has_value();
  console_.note(why + (is_checkpointed ? ": stopping at a checkpoint; a second signal gives up"
                                       : ": finishing what was read; a second signal gives up"));
  job_->suspend();
}

void signal_watch::job_ended() {
  const std::lock_guard lock(mutex_);
  job_.reset();
  wishes_.on_job_ended();
}

}  // namespace sage::apps
