#include "cli/child_process.h"

#include <fcntl.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <variant>

#include "base/file_descriptor.h"
#include "cli/descendants.h"

namespace zest::cli {
namespace {

constexpr int kPassedOn[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

// The signal that tells the new process of split() that the watcher was killed.
int watcher_gone() { return SIGRTMIN; }

// 0, or the errno that tells why it cannot be run.
int check_program(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return errno;
  if (S_ISDIR(status.st_mode)) return EISDIR;
  return access(path.c_str(), X_OK) == 0 ? 0 : EACCES;
}

// As shells look for it: a name with a slash is a path; else the first executable file on PATH, else the
// first file that is there at all.
std::variant<std::string, int> find_program(const std::string& name, const std::string& path) {
  if (name.find('/') != std::string::npos) {
    const int failed = check_program(name);
    return failed == 0 ? std::variant<std::string, int>(name) : failed;
  }
  int failed = ENOENT;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = end == begin ? "." : path.substr(begin, end - begin);
    const int here = check_program(folder + "/" + name);
    if (here == 0 && !name.empty()) return folder + "/" + name;
    if (here == EACCES && failed == ENOENT) failed = here;
    begin = end + 1;
  }
  return failed;
}

std::vector<int> open_descriptors() {
  std::vector<int> found;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", unreadable)) {
    const std::string name = entry.path().filename().string();
    int descriptor = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), descriptor).ec == std::errc()) {
      found.push_back(descriptor);
    }
  }
  return found;
}

// What this process has opened for itself is no business of the child. (Libraries do not mark all of it.)
void keep_from_child(const std::vector<int>& inherited) {
  for (const int descriptor : open_descriptors()) {
    const bool ours = std::find(inherited.begin(), inherited.end(), descriptor) == inherited.end();
    if (ours) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
}

// Ends in a null pointer, as exec wants it. Points into `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// What the child has otherwise than this process.
struct ChildState {
  sigset_t mask;
  rlimit open_file_limit;
};

// In the child, where nothing but system calls is allowed.
void become(const char* path, char* const* arguments, char* const* environment, const ChildState& state,
            pid_t parent) {
#ifdef __linux__
  // Should both that could end it be killed at once.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kSignalBase + SIGTERM);
#else
  static_cast<void>(parent);
#endif
  // Ignored by this process, which a child would inherit.
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGXFSZ, SIG_DFL);
  setrlimit(RLIMIT_NOFILE, &state.open_file_limit);
  pthread_sigmask(SIG_SETMASK, &state.mask, nullptr);
  execve(path, arguments, environment);
}

// 0 or an errno.
int start(const std::string& path, std::vector<std::string> arguments, const ChildCommand& command,
          const ChildState& state, pid_t& child) {
  std::vector<std::string> environment;
  for (const auto& variable : command.environment)
    environment.push_back(variable.first + "=" + variable.second);
  const std::vector<char*> argument_list = pointers(arguments);
  const std::vector<char*> environment_list = pointers(environment);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  const FileDescriptor report(ends[0]);
  FileDescriptor reporting(ends[1]);
  const pid_t parent = getpid();
  child = fork();
  if (child < 0) return errno;
  if (child == 0) {
    become(path.c_str(), argument_list.data(), environment_list.data(), state, parent);
    const int failed = errno;
    [[maybe_unused]] const ssize_t told = write(reporting.get(), &failed, sizeof failed);
    _exit(kNotExecutable);
  }
  reporting.reset();
  int failed = 0;
  if (read(report.get(), &failed, sizeof failed) != static_cast<ssize_t>(sizeof failed)) return 0;
  waitpid(child, nullptr, 0);
  return failed;
}

// A script without an interpreter line is the shell's.
int start_as_shell_does(const std::string& path, const ChildCommand& command, const ChildState& state,
                        pid_t& child) {
  const int failed = start(path, command.arguments, command, state, child);
  if (failed != ENOEXEC) return failed;
  std::vector<std::string> arguments = {"sh", path};
  arguments.insert(arguments.end(), command.arguments.begin() + 1, command.arguments.end());
  return start("/bin/sh", std::move(arguments), command, state, child);
}

std::string variable(const ChildCommand& command, std::string_view name, std::string otherwise) {
  for (const auto& entry : command.environment) {
    if (entry.first == name) return entry.second;
  }
  return otherwise;
}

// `path`: where it was found, or "".
ChildEnd not_run(const std::string& name, const std::string& path, int failed) {
  std::string complaint = name + " is not found";
  if (failed != ENOENT) {
    complaint = name + " cannot be run: " + std::generic_category().message(failed);
  } else if (!path.empty()) {
    complaint = path + " cannot be run: its interpreter is not found";
  }
  return {failed == ENOENT ? kNotFound : kNotExecutable, std::move(complaint)};
}

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

ChildRunner::ChildRunner() : taken_(), before_(), open_file_limit_(), descriptors_(open_descriptors()) {
  getrlimit(RLIMIT_NOFILE, &open_file_limit_);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, a child would be gone without an exit code
  sigemptyset(&taken_);
  sigaddset(&taken_, SIGCHLD);
  sigaddset(&taken_, watcher_gone());
  for (const int signal : kPassedOn) sigaddset(&taken_, signal);
  pthread_sigmask(SIG_BLOCK, &taken_, &before_);
}

ChildRunner::~ChildRunner() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> ChildRunner::split(const std::function<void()>& clean_up) {
#ifdef __linux__
  const pid_t watcher = getpid();
  const pid_t worker = fork();
  if (worker < 0) return std::nullopt;  // then it goes on unwatched
  adopt_orphans();
  if (worker == 0) {
    prctl(PR_SET_PDEATHSIG, watcher_gone());
    if (getppid() != watcher) raise(watcher_gone());
    return std::nullopt;
  }
  const int status = wait_for(worker).value_or(0);
  if (WIFSIGNALED(status)) {
    end_descendants();
    clean_up();
  }
  return exit_code_of(status);
#else
  static_cast<void>(clean_up);
  return std::nullopt;
#endif
}

sigset_t ChildRunner::signals() const {
  sigset_t signals = taken_;
  sigdelset(&signals, SIGCHLD);
  return signals;
}

std::optional<int> ChildRunner::pending_signal() const {
  sigset_t pending;
  sigpending(&pending);
  if (sigismember(&pending, watcher_gone()) == 1) return SIGKILL;
  for (const int signal : kPassedOn) {
    if (sigismember(&pending, signal) == 1) return signal;
  }
  return std::nullopt;
}

int ChildRunner::wait_for_signal() {
  for (;;) {
    const int signal = sigwaitinfo(&taken_, nullptr);
    if (signal == watcher_gone()) return SIGKILL;
    if (signal > 0 && signal != SIGCHLD) return signal;
  }
}

ChildEnd ChildRunner::run(const ChildCommand& command) {
  const auto found = find_program(command.arguments.front(), variable(command, "PATH", kDefaultPath));
  const std::string& name = command.arguments.front();
  if (const int* failed = std::get_if<int>(&found)) return not_run(name, "", *failed);
  const std::string& path = std::get<std::string>(found);
  keep_from_child(descriptors_);
  pid_t child = -1;
  const int failed = start_as_shell_does(path, command, {before_, open_file_limit_}, child);
  if (failed != 0) return not_run(name, path, failed);
  if (const std::optional<int> status = wait_for(child)) {
    // Who was to end it meant all of it; what detached itself has had no signal.
    if (told_to_end_) end_descendants();
    return {exit_code_of(*status), ""};
  }
  end_descendants();
  return {kSignalBase + SIGKILL, ""};
}

std::optional<int> ChildRunner::wait_for(pid_t child) {
  for (;;) {
    siginfo_t information{};
    const int signal = sigwaitinfo(&taken_, &information);
    if (signal < 0) continue;
    if (signal == watcher_gone()) return std::nullopt;
    if (signal != SIGCHLD) {
      if (information.si_code == SI_KERNEL) continue;
      told_to_end_ = told_to_end_ || (signal != SIGUSR1 && signal != SIGUSR2);
      kill(child, signal);
      continue;
    }
    // One signal may stand for several that ended, orphans of the child's among them.
    int status = 0;
    for (pid_t ended = 0; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended == child) return status;
    }
  }
}

}  // namespace zest::cli
