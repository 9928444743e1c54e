#include <sys/resource.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdio>
#include <cstdlib>
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

// Under a limit of the address space (ulimit -v) the threads share one arena: each of its own sets 64 MB
// aside.
void spare_address_space() {
#ifdef __GLIBC__
  rlimit space{};
  if (::getrlimit(RLIMIT_AS, &space) != 0 || space.rlim_cur == RLIM_INFINITY) return;
  ::mallopt(M_ARENA_MAX, 1);  // NOLINT(concurrency-mt-unsafe): there are no threads yet
#endif
}

std::terminate_handler usual_end = nullptr;

// What main() cannot catch: a thread that serves everybody, or one that has just been started, and has waited
// for memory in vain.
[[noreturn]] void end() {
  try {
    if (const std::exception_ptr reason = std::current_exception()) std::rethrow_exception(reason);
  } catch (const std::bad_alloc&) {
    std::_Exit(without_resources("there is not enough memory"));
  } catch (...) {
    usual_end();  // tells what was thrown
  }
  std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  usual_end = std::set_terminate(end);
  spare_address_space();
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
