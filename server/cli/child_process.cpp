#include "cli/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <variant>

namespace zest::cli {
namespace {

constexpr int kPassedOn[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

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

// 0 or an errno.
int start(const std::string& path, std::vector<std::string> arguments, const ChildCommand& command,
          const sigset_t& mask, pid_t& child) {
  std::vector<std::string> environment;
  for (const auto& variable : command.environment)
    environment.push_back(variable.first + "=" + variable.second);
  sigset_t standard;
  sigemptyset(&standard);
  // Ignored by this process, which a child would inherit.
  sigaddset(&standard, SIGPIPE);
  sigaddset(&standard, SIGXFSZ);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setsigdefault(&attributes, &standard);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int failed = posix_spawn(&child, path.c_str(), nullptr, &attributes, pointers(arguments).data(),
                                 pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  return failed;
}

// A script without an interpreter line is the shell's.
int start_as_shell_does(const std::string& path, const ChildCommand& command, const sigset_t& mask,
                        pid_t& child) {
  const int failed = start(path, command.arguments, command, mask, child);
  if (failed != ENOEXEC) return failed;
  std::vector<std::string> arguments = {"sh", path};
  arguments.insert(arguments.end(), command.arguments.begin() + 1, command.arguments.end());
  return start("/bin/sh", std::move(arguments), command, mask, child);
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

}  // namespace

ChildRunner::ChildRunner() : taken_(), before_(), open_file_limit_(), descriptors_(open_descriptors()) {
  getrlimit(RLIMIT_NOFILE, &open_file_limit_);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, a child would be gone without an exit code
  sigemptyset(&taken_);
  sigaddset(&taken_, SIGCHLD);
  for (const int signal : kPassedOn) sigaddset(&taken_, signal);
  pthread_sigmask(SIG_BLOCK, &taken_, &before_);
}

ChildRunner::~ChildRunner() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> ChildRunner::pending_signal() const {
  sigset_t pending;
  sigpending(&pending);
  for (const int signal : kPassedOn) {
    if (sigismember(&pending, signal) == 1) return signal;
  }
  return std::nullopt;
}

ChildEnd ChildRunner::run(const ChildCommand& command) {
  const auto found = find_program(command.arguments.front(), variable(command, "PATH", kDefaultPath));
  const std::string& name = command.arguments.front();
  if (const int* failed = std::get_if<int>(&found)) return not_run(name, "", *failed);
  const std::string& path = std::get<std::string>(found);
  keep_from_child(descriptors_);
  // A limit is inherited; lowered for a moment, it takes nothing that is open.
  rlimit ours{};
  getrlimit(RLIMIT_NOFILE, &ours);
  setrlimit(RLIMIT_NOFILE, &open_file_limit_);
  pid_t child = -1;
  const int failed = start_as_shell_does(path, command, before_, child);
  setrlimit(RLIMIT_NOFILE, &ours);
  if (failed != 0) return not_run(name, path, failed);
  return {wait_for(child), ""};
}

int ChildRunner::wait_for(pid_t child) {
  for (;;) {
    siginfo_t information{};
    const int signal = sigwaitinfo(&taken_, &information);
    if (signal < 0) continue;
    if (signal != SIGCHLD) {
      if (information.si_code != SI_KERNEL) kill(child, signal);
      continue;
    }
    int status = 0;
    if (waitpid(child, &status, WNOHANG) != child) continue;
    return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

}  // namespace zest::cli
