#include "app/process.h"

#include <sys/resource.h>

namespace zest::app {

void raise_open_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void ignore_write_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

SignalWait::SignalWait(std::initializer_list<int> signals) : set_(), before_() {
  sigemptyset(&set_);
  for (const int signal : signals) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

SignalWait::~SignalWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int SignalWait::wait() {
  int signal = 0;
  while (sigwait(&set_, &signal) != 0) {
  }
  pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  return signal;
}

}  // namespace zest::app
