#include "support/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "support/paths.h"

namespace zest::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> child_environment(const Command& command) {
  std::vector<std::string> environment;
  for (const char* name : {"PATH", "TMPDIR"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  environment.insert(environment.end(), command.environment.begin(), command.environment.end());
  return environment;
}

// Both ends are closed in the child unless they are handed over.
void make_pipe(int (&ends)[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe can be made");
}

}  // namespace

Process::Process(const Command& command) {
  std::filesystem::path folder = command.working_directory;
  if (folder.empty()) folder = folder_.emplace().path();
  int out[2];
  int err[2];
  make_pipe(out);
  make_pipe(err);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  const std::string program = command.binary.empty() ? binary() : command.binary;
  std::vector<std::string> arguments = {program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = child_environment(command);
  const int failed = posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers(arguments).data(),
                                 pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  close(err[1]);
  if (failed != 0) throw std::runtime_error(program + " cannot be run: " + std::strerror(failed));
  {
    const MutexLock lock(mutex_);
    out_.descriptor = out[0];
    err_.descriptor = err[0];
  }
  readers_.emplace_back([this] { collect(&Process::out_); });
  readers_.emplace_back([this] { collect(&Process::err_); });
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    wait();
  }
}

void Process::collect(Stream Process::*stream) {
  int descriptor = -1;
  {
    const MutexLock lock(mutex_);
    descriptor = (this->*stream).descriptor;
  }
  char buffer[4096];
  for (ssize_t got = 0; (got = read(descriptor, buffer, sizeof buffer)) > 0;) {
    const MutexLock lock(mutex_);
    (this->*stream).text.append(buffer, static_cast<std::size_t>(got));
    changed_.notify_all();
  }
  close(descriptor);
  const MutexLock lock(mutex_);
  (this->*stream).closed = true;
  changed_.notify_all();
}

bool Process::wait_for(Stream Process::*stream, std::string_view text) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const MutexLock lock(mutex_);
  while ((this->*stream).text.find(text) == std::string::npos) {
    if ((this->*stream).closed || !changed_.wait_until(mutex_, deadline)) {
      return (this->*stream).text.find(text) != std::string::npos;
    }
  }
  return true;
}

bool Process::wait_for_output(std::string_view text) { return wait_for(&Process::out_, text); }
bool Process::wait_for_error(std::string_view text) { return wait_for(&Process::err_, text); }

std::string Process::output() const {
  const MutexLock lock(mutex_);
  return out_.text;
}

void Process::signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

Finished Process::wait() {
  for (std::thread& reader : readers_) reader.join();
  readers_.clear();
  int status = 0;
  if (pid_ > 0) waitpid(std::exchange(pid_, -1), &status, 0);
  const MutexLock lock(mutex_);
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), out_.text, err_.text};
}

Finished run(const Command& command) { return Process(command).wait(); }
Finished run(const std::vector<std::string>& arguments) { return run(Command{arguments}); }

}  // namespace zest::test
