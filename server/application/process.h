// The application, started by us and ended with us: its whole process group, even where we are killed.
// Thread-safety: none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "application/description.h"
#include "base/result.h"

namespace zest::application {

class Process {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  // Runs the command beside the description, with `environment` and then its own variables, and waits until
  // it is ready. What it prints is kept (the last 16 KiB) and shown when it fails. Errors: InvalidRequest
  // with one sentence that begins with file, line and column: it cannot be run, it died, or it is not ready
  // in time.
  static Result<std::unique_ptr<Process>> start(const Start& start, const Environment& environment);
  // Asks the group to end (SIGTERM), and after two seconds insists.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Ends the group at once, as a crash does (SIGKILL).
  void kill();

  // How it ended, when it has: "it ended with status 1".
  std::optional<std::string> ended();
  // When it has ended by itself, or does so within a moment, one sentence about it that begins with file,
  // line and column.
  std::optional<std::string> death();
  // The last lines that it printed; "" for none.
  std::string output() const;

 private:
  class Output;
  Process();
  Result<void> spawn(const Start& start, const Environment& environment);
  Result<void> wait_until_ready(const Start& start);
  void watch();
  std::string output_text() const;  // for the end of a sentence

  std::string where_;  // of its description
  int child_ = -1;     // also the number of its group
  int watcher_ = -1;   // ends the group when this process is gone
  int alive_ = -1;     // what the watcher reads
  std::optional<int> status_;
  std::unique_ptr<Output> output_;
};

}  // namespace zest::application
