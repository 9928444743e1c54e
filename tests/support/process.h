// The real binary as a child process. Its environment is empty but for PATH, TMPDIR and what a test adds, so
// that nothing of the machine leaks in. Thread-safety: one test's thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "support/temporary_folder.h"

namespace zest::test {

struct Finished {
  int exit_code = 0;  // 128 + n when signal n ended it
  std::string out;
  std::string err;
};

struct Command {
  std::vector<std::string> arguments;
  std::vector<std::string> environment = {};     // "NAME=value"
  std::filesystem::path working_directory = {};  // empty: a fresh empty folder
  std::string binary = {};                       // empty: zest-sandbox
};

class Process {
 public:
  explicit Process(const Command& command);
  ~Process();  // kills what still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until standard output (or error) holds `text`; false when the process ends without it, or after a
  // minute.
  bool wait_for_output(std::string_view text);
  bool wait_for_error(std::string_view text);
  std::string output() const;
  pid_t id() const { return pid_; }
  void signal(int number) const;
  Finished wait();

 private:
  struct Stream {
    int descriptor = -1;
    std::string text;
    bool closed = false;
  };
  void collect(Stream Process::*stream);
  bool wait_for(Stream Process::*stream, std::string_view text);

  std::optional<TemporaryFolder> folder_;  // where it runs, unless its command says
  pid_t pid_ = -1;
  mutable Mutex mutex_;
  CondVar changed_;
  Stream out_ GUARDED_BY(mutex_);
  Stream err_ GUARDED_BY(mutex_);
  std::vector<std::thread> readers_;
};

// Runs it to its end.
Finished run(const Command& command);
Finished run(const std::vector<std::string>& arguments);

}  // namespace zest::test
