#include "base/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace zest {
namespace {

// A pipe with room for anything has room for so much (PIPE_BUF).
constexpr std::size_t kAtOnce = 4096;

bool has_room(int file, std::chrono::milliseconds patience) {
  pollfd look{file, POLLOUT, 0};
  return ::poll(&look, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

LogOutput::~LogOutput() {
  if (pipe_ >= 0) ::close(pipe_);
}

void LogOutput::write(std::string_view line) {
  const MutexLock lock(mutex_);
  open_pipe_again();
  Outcome outcome = Outcome::Written;
  if (lost_ > 0) outcome = put(loss_(lost_));
  if (outcome == Outcome::Written) {
    lost_ = 0;
    outcome = put(line);
  }
  if (outcome != Outcome::NoRoom) return;
  ++lost_;
  last_loss_ = Steady::now();
}

LogOutput::Outcome LogOutput::put(std::string_view line) {
  std::string text = cut_ ? "\n" : "";
  text.append(line).append("\n");
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = put_now(left.substr(0, kAtOnce));
    if (written > 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
      cut_ = !left.empty();
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno != EAGAIN) return Outcome::Failed;
    if (!wait_for_room()) return Outcome::NoRoom;
  }
  return Outcome::Written;
}

ssize_t LogOutput::put_now(std::string_view bytes) {
  if (pipe_ >= 0) return ::write(pipe_, bytes.data(), bytes.size());
  const ssize_t sent = ::send(STDERR_FILENO, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  if (has_room(STDERR_FILENO, std::chrono::milliseconds(0))) {
    return ::write(STDERR_FILENO, bytes.data(), bytes.size());
  }
  errno = EAGAIN;
  return -1;
}

bool LogOutput::wait_for_room() {
  const Steady::time_point begun = Steady::now();
  if (last_loss_ && begun - *last_loss_ < kWithoutPatience) return false;
  const int file = pipe_ >= 0 ? pipe_ : STDERR_FILENO;
  for (;;) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begun);
    if (waited >= kPatience) return false;
    if (has_room(file, kPatience - waited)) return true;
  }
}

void LogOutput::open_pipe_again() {
  struct stat status {};
  const bool is_pipe = ::fstat(STDERR_FILENO, &status) == 0 && S_ISFIFO(status.st_mode);
  const FileIdentity identity{status.st_dev, status.st_ino};
  if (is_pipe && pipe_identity_ == identity) return;
  if (pipe_ >= 0) ::close(std::exchange(pipe_, -1));
  pipe_identity_.reset();
  if (!is_pipe) return;
  pipe_identity_ = identity;
  pipe_ = ::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

}  // namespace zest
