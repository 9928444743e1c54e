#include "app/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/thread_name.h"

namespace zest::app {

void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is the stream's own: those before it are taken. Opened the wrong way round, it
    // fails like a closed one.
    const int way = O_CLOEXEC | (stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (::open("/dev/null", way) < 0) static_cast<void>(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
}

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

void end_with_input() {
  std::thread([] {
    name_thread("input");
    char ignored[256];
    for (;;) {
      const ssize_t count = ::read(STDIN_FILENO, ignored, sizeof ignored);
      if (count == 0 || (count < 0 && errno != EINTR)) break;
    }
    ::kill(::getpid(), SIGTERM);
  }).detach();
}

void disown_children_of_others() {
  if (::getpid() == 1) std::signal(SIGCHLD, SIG_IGN);
}

SignalWait::SignalWait(std::initializer_list<int> signals) : set_(), before_() {
  sigemptyset(&set_);
  for (const int signal : signals) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

SignalWait::~SignalWait() {
  const timespec at_once{};
  while (sigtimedwait(&set_, nullptr, &at_once) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int SignalWait::wait() {
  int signal = 0;
  while (sigwait(&set_, &signal) != 0) {
  }
  return signal;
}

}  // namespace zest::app
