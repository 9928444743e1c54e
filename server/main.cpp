#include <cstdio>
#include <exception>

#include "cli/cli.h"

int main(int argc, char** argv) {
  try {
    return zest::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zest-sandbox: internal error: %s\n", error.what());
    return zest::cli::kFailed;
  }
}
