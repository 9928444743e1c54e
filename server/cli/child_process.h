// Another program run as a shell runs it: found on PATH, with standard input, output and error as they are,
// its end told as an exit code, signals passed on. It does not outlive us, even where we are killed.
// Thread-safety: one thread, which starts every other thread of the process while ChildRunner lives.
#pragma once

#include <sys/resource.h>

#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace zest::cli {

// Exit codes of shells (POSIX, "Exit Status for Commands").
inline constexpr int kNotExecutable = 126;
inline constexpr int kNotFound = 127;
inline constexpr int kSignalBase = 128;  // plus the number of the signal that ended it

struct ChildCommand {
  std::vector<std::string> arguments;  // the program first; never empty
  std::vector<std::pair<std::string, std::string>> environment;
};

struct ChildEnd {
  int exit_code = 0;
  std::string complaint;  // why it could not be run at all, one phrase; "" when it ran
};

// From construction to destruction SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 are kept for the
// child, which starts with the signal mask and the limit of open files of the moment of construction.
class ChildRunner {
 public:
  ChildRunner();
  ~ChildRunner();
  ChildRunner(const ChildRunner&) = delete;
  ChildRunner& operator=(const ChildRunner&) = delete;

  // Goes on in a new process, which the present one watches (Linux; elsewhere nothing happens). Whichever of
  // the two is killed, the other ends everything that was started; where it is the new one, the watcher then
  // calls `clean_up`. Answers nothing in the new process, and in the watcher, once that has ended, its exit
  // code. Call it before any thread is started.
  std::optional<int> split(const std::function<void()>& clean_up);

  // Those that are kept for the child, and the one that tells of the watcher's end; not SIGCHLD.
  sigset_t signals() const;
  // One of the signals that has come already, before there is a child to take it.
  // SIGKILL stands for that of the watcher.
  std::optional<int> pending_signal() const;

  // Until one of the signals comes, which it answers; SIGKILL for the end of the watcher.
  int wait_for_signal();

  // Runs the command to its end, or to that of the watcher. When one that was passed on had asked it to end,
  // all that it has started is ended with it, as far as it is still there. A signal that is sent to this
  // process alone is passed on; one that the terminal sends to the whole foreground group has reached the
  // child already.
  ChildEnd run(const ChildCommand& command);

 private:
  // How it ended, as waitpid() tells; nothing when the watcher was killed first.
  std::optional<int> wait_for(pid_t child);
  sigset_t taken_;
  sigset_t before_;
  rlimit open_file_limit_;
  bool told_to_end_ = false;      // by a signal that was passed on
  std::vector<int> descriptors_;  // open at construction: the child's too
};

}  // namespace zest::cli
