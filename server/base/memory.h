// When memory runs out (ulimit -v, a machine that does not overcommit). What one caller asked for is refused:
// its allocation throws std::bad_alloc, and the call is answered 503. What serves everybody (settling,
// answering, publishing, timers) must not fail for one caller's appetite: its allocations come from a
// reserve, and wait for a moment for what those who are refused give back. A thread is told what it allocates
// for by scopes; without any it is for one caller. Thread-safety: all of it from any thread.
#pragma once

#include <cstddef>
#include <functional>

#include "base/error.h"
#include "base/time.h"

namespace zest {

enum class Allocations { ForOneCaller, ForAll };

// What the calling thread allocates for, until the scope's end. Scopes nest.
class AllocationScope {
 public:
  // Address space that is set aside as long as there is enough.
  static constexpr std::size_t kReserve = 4 * 1024 * 1024;
  // How long (wall) an allocation for all waits for memory. Then it throws std::bad_alloc as well.
  static constexpr Duration kPatience{5'000};

  explicit AllocationScope(Allocations purpose);
  ~AllocationScope();
  AllocationScope(const AllocationScope&) = delete;
  AllocationScope& operator=(const AllocationScope&) = delete;

 private:
  const Allocations before_;
};

// Runs `work` for one caller: an exception ends it, and nothing else. Who has a caller to answer catches
// before.
void run_for_one_caller(const std::function<void()>& work) noexcept;

// What operator new does before it tries again; to be called by who got nothing from a C library. Throws
// std::bad_alloc when there is no more to hope for.
void make_room();

// ServiceUnavailable, for a caller who is refused.
Error out_of_memory_error();

}  // namespace zest
