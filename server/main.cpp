#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "cli/cli.h"

namespace {

// What the limits of a container or a shell forbid is no bug.
int without_resources(const char* what) {
  std::fprintf(
      stderr,
      "zest-sandbox: %s; raise the limit (memory or processes of the container, ulimit -v, ulimit -u)\n",
      what);
  return zest::cli::kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return zest::cli::run(argc, argv);
  } catch (const std::bad_alloc&) {
    return without_resources("there is not enough memory");
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again)
      return without_resources("no thread can be started");
    std::fprintf(stderr, "zest-sandbox: internal error: %s\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zest-sandbox: internal error: %s\n", error.what());
  }
  return zest::cli::kFailed;
}
