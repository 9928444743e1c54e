// What a process asks of the system once. Thread-safety: call before threads are started.
#pragma once

#include <csignal>
#include <initializer_list>

namespace zest::app {

// Standard streams that the process was started without stay closed to reading and writing, but their numbers
// are taken: else the first sockets and databases would get them, and the log would be written into those.
// Comes before anything else is opened.
void occupy_standard_streams();

// Every connection and every webhook on its way is an open file: raises the soft limit to the hard one.
void raise_open_file_limit();

// Sends this process SIGTERM when standard input ends: a test run's pipe ends with the test run, however that
// ends. Comes after the signals are blocked (SignalWait).
void end_with_input();

// The first process of a container inherits the children of others that died; their ends are not waited for.
// Not for commands with children of their own.
void disown_children_of_others();

// A peer that hangs up, or a file that has reached its limit, is an error of that write, never the end of the
// process.
void ignore_write_signals();

// Takes signals as values instead of interruptions: blocked in this thread and in all that it starts
// afterwards, from construction to destruction. So is one that comes again: a terminal sends Ctrl-C to all,
// and npm, make and their like pass it on, so that one wish to stop comes several times. Whoever stops does
// it in bounded time, therefore.
class SignalWait {
 public:
  explicit SignalWait(std::initializer_list<int> signals);
  ~SignalWait();
  SignalWait(const SignalWait&) = delete;
  SignalWait& operator=(const SignalWait&) = delete;

  // Blocks until one of the signals arrives and answers it.
  int wait();

  const sigset_t& signals() const { return set_; }

 private:
  sigset_t set_;
  sigset_t before_;
};

}  // namespace zest::app
