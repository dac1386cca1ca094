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

namespace {

// Longer than it takes to send a signal to a process and then to its group, shorter than a person takes.
constexpr nanoseconds same_wish = 20'000'000;

}  // namespace

struct pipe_signal_guard::before {
  struct sigaction action {};
};

pipe_signal_guard::pipe_signal_guard() : before_(std::make_unique<before>()) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before_->action);
}

pipe_signal_guard::~pipe_signal_guard() {
  ::sigaction(SIGPIPE, &before_->action, nullptr);
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
  const nanoseconds now = system_clock().now();
  const bool again = seen_ > 0 && number == last_number_ && now - last_at_ < same_wish;
  last_number_ = number;
  last_at_ = now;
  if (again) return;
  stop_.request();
  ++seen_;
  if (phase_ == phase::during && seen_ == 1) {
    console_.note(name + ": finishing what was read; a second signal gives up");
    job_->drain();
    return;
  }
  if (phase_ == phase::during && seen_ == 2) {
    console_.note(name + ": giving up");
    job_->cancel();
    return;
  }
  if (phase_ == phase::after && seen_ == 1) return;
  console_.note(name + (phase_ == phase::before ? ": ended before the job began" : ": ended at once"));
  ::_exit(1);
}

void signal_watch::job_started(job started) {
  const std::lock_guard lock(mutex_);
  job_ = std::move(started);
  phase_ = phase::during;
}

void signal_watch::job_ended() {
  const std::lock_guard lock(mutex_);
  job_.reset();
  phase_ = phase::after;
  seen_ = 0;
}

}  // namespace sage::apps
