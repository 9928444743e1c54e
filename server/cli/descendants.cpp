#include "cli/descendants.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <system_error>

namespace zest::cli {
namespace {

constexpr std::chrono::seconds kGrace{2};
constexpr timespec kBetweenLooks{0, 20'000'000};  // where no end of a child is told of, that of a grandchild

// "4711 (name of any kind) S 1 …": the number after the state.
pid_t parent_of(const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  pid_t parent = 0;
  if (name_end == std::string::npos || name_end + 4 > text.size()) return parent;
  std::from_chars(text.data() + name_end + 4, text.data() + text.size(), parent);
  return parent;
}

std::set<pid_t> descendants() {
  std::map<pid_t, pid_t> parents;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t process = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), process);
    if (read.ec == std::errc() && process > 0) parents[process] = parent_of(entry->path());
  }
  std::set<pid_t> found = {::getpid()};
  for (std::size_t before = 0; before != found.size();) {
    before = found.size();
    for (const auto& [process, parent] : parents) {
      if (found.contains(parent)) found.insert(process);
    }
  }
  found.erase(::getpid());
  return found;
}

// Sends the signal once to each that is there or comes to be; true when all have ended in time.
bool end_by(int signal) {
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  std::set<pid_t> told;
  const auto deadline = std::chrono::steady_clock::now() + kGrace;
  for (;;) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    const std::set<pid_t> left = descendants();
    if (left.empty()) return true;
    for (const pid_t process : left) {
      if (told.insert(process).second) ::kill(process, signal);
    }
    if (std::chrono::steady_clock::now() >= deadline) return false;
    ::sigtimedwait(&ended, nullptr, &kBetweenLooks);
  }
}

}  // namespace

void adopt_orphans() {
#ifdef __linux__
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

void end_descendants() {
  if (!end_by(SIGTERM)) end_by(SIGKILL);
}

}  // namespace zest::cli
