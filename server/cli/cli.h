// The command line: finds the command, runs it, and answers the exit code of the process.
#pragma once

namespace zest::cli {

inline constexpr int kFine = 0;
inline constexpr int kFailed = 1;       // the thing asked about failed
inline constexpr int kUsage = 2;        // wrong usage
inline constexpr int kUnreachable = 3;  // the sandbox cannot be reached

int run(int argc, const char* const* argv);

}  // namespace zest::cli
