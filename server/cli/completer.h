// What a shell offers at the end of an unfinished command line: read off the parser's tree of commands, with
// the values that an option or argument takes. Thread-safety: none.
#pragma once

#include <string>
#include <vector>

#include "cli/program.h"

namespace zest::cli {

struct Candidate {
  std::string text;
  std::string help;  // one phrase, may be empty
};

struct Completion {
  // What else a shell offers there, by itself.
  enum class Beside { Nothing, Files, Commands };
  std::vector<Candidate> candidates;  // those that begin with the last word
  Beside beside = Beside::Nothing;
};

// `words`: the line after the program's name up to the cursor; the last one is the one to complete, maybe "".
// Names of a running sandbox are asked for within kAskWithin; without one there are none.
Completion complete(const Program& program, const CLI::App& root, const std::vector<std::string>& words);

// The same as shells read it: a line `text<TAB>help` for each candidate, then one of ":", ":files" and
// ":commands".
std::string completion_lines(const Completion& completion);

}  // namespace zest::cli
