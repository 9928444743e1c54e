#include "application/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <thread>

#include "application/call.h"
#include "base/file_descriptor.h"
#include "base/mutex.h"

namespace zest::application {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeptOutput = 16 * 1024;
constexpr std::size_t kShownLines = 12;
constexpr Duration kPause{50};
constexpr Duration kRest{1'000};
constexpr Duration kGrace{2'000};                  // between the request to end and the end
constexpr std::chrono::milliseconds kMoment{500};  // in which a command that cannot run has ended
constexpr Duration kReadyTimeout{2'000};           // of one look
constexpr const char* kShell = "/bin/sh";
// Reads until the other end is gone. A word before that means that nothing is left to do.
constexpr const char* kWatch =
    "read -r done && exit 0; kill -s TERM -- -$0 2>/dev/null; sleep 2; kill -s KILL -- -$0 2>/dev/null";

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// What this process has open for itself is no business of what it starts. (Libraries do not mark all of it.)
void keep_own_descriptors() {
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", unreadable)) {
    const std::string name = entry.path().filename().string();
    int descriptor = 0;
    const bool number = std::from_chars(name.data(), name.data() + name.size(), descriptor).ec == std::errc();
    if (number && descriptor > STDERR_FILENO) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
}

// A group of its own, with the signals as a program expects them.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(&actions_);
  }
  ~Attributes() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  void put(int descriptor, int at) { posix_spawn_file_actions_adddup2(&actions_, descriptor, at); }
  void run_in(const std::filesystem::path& folder) {
    if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
  }
  // 0 or an errno.
  int spawn(pid_t& child, std::vector<std::string> arguments, std::vector<std::string> environment) {
    const std::vector<char*> argument_list = pointers_to(arguments);
    const std::vector<char*> environment_list = pointers_to(environment);
    return posix_spawnp(&child, argument_list.front(), &actions_, &attributes_, argument_list.data(),
                        environment_list.data());
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

std::string status_text(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status)) + " ended it";
  return "it ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

// Reads what the child prints, on a thread of its own.
class Process::Output {
 public:
  explicit Output(FileDescriptor source) : source_(std::move(source)), reader_([this] { read_all(); }) {}
  ~Output() {
    stop_.store(true);
    reader_.join();
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Until everything that was printed has been read, or for a moment, as something may go on with the pipe.
  void wait_for_rest() const {
    const auto deadline = Clock::now() + kRest;
    while (!done_.load() && Clock::now() < deadline) std::this_thread::sleep_for(kPause / 5);
  }

  std::string last_lines() const {
    MutexLock lock(mutex_);
    std::size_t begin = kept_.size();
    while (begin > 0 && (kept_[begin - 1] == '\n')) --begin;
    const std::size_t end = begin;
    for (std::size_t lines = 0; begin > 0; --begin) {
      if (kept_[begin - 1] == '\n' && ++lines == kShownLines) break;
    }
    return kept_.substr(begin, end - begin);
  }

 private:
  void read_all() {
    char bytes[4096];
    while (!stop_.load()) {
      pollfd ready{source_.get(), POLLIN, 0};
      if (poll(&ready, 1, static_cast<int>(kPause.count())) <= 0) continue;
      const ssize_t count = read(source_.get(), bytes, sizeof bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      MutexLock lock(mutex_);
      kept_.append(bytes, static_cast<std::size_t>(count));
      if (kept_.size() > 2 * kKeptOutput) kept_.erase(0, kept_.size() - kKeptOutput);
    }
    done_.store(true);
  }

  FileDescriptor source_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> done_{false};
  mutable Mutex mutex_;
  std::string kept_ GUARDED_BY(mutex_);
  std::thread reader_;
};

Process::Process() = default;

Result<std::unique_ptr<Process>> Process::start(const Start& start, const Environment& environment) {
  std::unique_ptr<Process> process(new Process());
  process->where_ = start.where;
  RETURN_IF_ERROR(process->spawn(start, environment));
  process->watch();
  RETURN_IF_ERROR(process->wait_until_ready(start));
  return process;
}

Result<void> Process::spawn(const Start& start, const Environment& environment) {
  std::vector<std::string> variables;
  const auto set = [&variables](const std::string& name, const std::string& value) {
    const auto same = [&name](const std::string& each) { return each.rfind(name + "=", 0) == 0; };
    variables.erase(std::remove_if(variables.begin(), variables.end(), same), variables.end());
    variables.push_back(name + "=" + value);
  };
  for (const auto& variable : environment) set(variable.first, variable.second);
  for (const auto& variable : start.environment) set(variable.first, variable.second);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return invalid_request(std::generic_category().message(errno));
  FileDescriptor reading(ends[0]);
  const FileDescriptor writing(ends[1]);
  const FileDescriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  keep_own_descriptors();
  Attributes attributes;
  attributes.put(nothing.get(), STDIN_FILENO);
  attributes.put(writing.get(), STDOUT_FILENO);
  attributes.put(writing.get(), STDERR_FILENO);
  attributes.run_in(start.folder);
  const int failed = attributes.spawn(child_, start.command, variables);
  if (failed != 0) {
    child_ = -1;
    return invalid_request(start.where + ": start: " + start.command.front() +
                           " cannot be run: " + std::generic_category().message(failed));
  }
  output_ = std::make_unique<Output>(std::move(reading));
  return {};
}

void Process::watch() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;  // then only an orderly end is followed
  const FileDescriptor reading(ends[0]);
  alive_ = ends[1];
  Attributes attributes;
  attributes.put(reading.get(), STDIN_FILENO);
  if (attributes.spawn(watcher_, {kShell, "-c", kWatch, std::to_string(child_)}, {"PATH=/usr/bin:/bin"}) !=
      0) {
    watcher_ = -1;
  }
}

Result<void> Process::wait_until_ready(const Start& start) {
  if (start.ready.empty()) return {};
  const auto deadline = Clock::now() + start.within;
  std::string last = "nobody listens there";
  for (;;) {
    if (const std::optional<std::string> how = ended()) {
      return invalid_request(start.where + ": start: " + *how + " before it was ready" + output_text());
    }
    const Result<Answer> answer = call({"GET", start.ready, {}, std::nullopt, kReadyTimeout});
    if (answer.ok() && answer->status / 100 == 2) return {};
    last = answer.ok() ? excerpt(*answer) : answer.error().detail;
    if (Clock::now() >= deadline) break;
    std::this_thread::sleep_for(kPause);
  }
  return invalid_request(start.where + ": start: " + start.ready + " is not ready after " +
                         format_duration(start.within) + " (" + last + ")" + output_text());
}

std::optional<std::string> Process::death() {
  const auto deadline = Clock::now() + kMoment;
  std::optional<std::string> how = ended();
  while (!how && Clock::now() < deadline) {
    std::this_thread::sleep_for(kPause / 5);
    how = ended();
  }
  if (!how) return std::nullopt;
  std::string text = output_text();
  // One sentence: lines stand beside one another.
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at))
    text.replace(at, 1, at + 1 == text.size() ? "" : text[at - 1] == ':' ? " " : " | ");
  return where_ + ": start: " + *how + text;
}

std::optional<std::string> Process::ended() {
  if (!status_) {
    int status = 0;
    const pid_t done = waitpid(child_, &status, WNOHANG);
    if (done == child_) status_ = status;
    if (done < 0 && errno == ECHILD) status_ = 0;  // somebody else waits for all children
  }
  if (!status_) return std::nullopt;
  return status_text(*status_);
}

std::string Process::output() const { return output_ ? output_->last_lines() : ""; }

std::string Process::output_text() const {
  if (status_ && output_) output_->wait_for_rest();
  const std::string text = output();
  return text.empty() ? "; it printed nothing" : "; it printed:\n" + text;
}

void Process::kill() {
  if (child_ <= 0) return;
  ::kill(-child_, SIGKILL);
  // Until all of the group are gone, so that their ports are free.
  const auto deadline = Clock::now() + kGrace;
  while (::kill(-child_, 0) == 0 && Clock::now() < deadline) {
    static_cast<void>(ended());
    std::this_thread::sleep_for(kPause / 50);
  }
}

Process::~Process() {
  if (child_ > 0) {
    ::kill(-child_, SIGTERM);
    const auto deadline = Clock::now() + kGrace;
    // The group is there as long as one of its processes is.
    while (::kill(-child_, 0) == 0 && Clock::now() < deadline) {
      static_cast<void>(ended());
      std::this_thread::sleep_for(kPause / 5);
    }
    ::kill(-child_, SIGKILL);
    if (!status_) waitpid(child_, nullptr, 0);
  }
  if (alive_ >= 0) {
    [[maybe_unused]] const ssize_t told = write(alive_, "done\n", 5);
    close(alive_);
  }
  if (watcher_ > 0) waitpid(watcher_, nullptr, 0);
}

}  // namespace zest::application
