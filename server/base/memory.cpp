#include "base/memory.h"

#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <new>
#include <thread>

namespace zest {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{1};
// Allocations that fail within so much time fail for one and the same reason.
constexpr std::chrono::seconds kSameShortage{1};

thread_local Allocations present = Allocations::ForOneCaller;
thread_local Steady::time_point shortage_began;
thread_local Steady::time_point shortage_felt;

// Not from the heap: what is given back is there for whatever size is wanted.
std::atomic<void*> reserve{nullptr};

void set_aside() {
  void* const block = ::mmap(nullptr, AllocationScope::kReserve, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block == MAP_FAILED) return;
  void* none = nullptr;
  if (!reserve.compare_exchange_strong(none, block)) ::munmap(block, AllocationScope::kReserve);
}

bool give_reserve() {
  void* const block = reserve.exchange(nullptr);
  return block != nullptr && ::munmap(block, AllocationScope::kReserve) == 0;
}

}  // namespace

AllocationScope::AllocationScope(Allocations purpose) : before_(present) {
  static const bool installed = [] {
    std::set_new_handler(make_room);
    return true;
  }();
  static_cast<void>(installed);
  present = purpose;
  if (reserve.load(std::memory_order_relaxed) == nullptr) set_aside();
}

AllocationScope::~AllocationScope() { present = before_; }

void run_for_one_caller(const std::function<void()>& work) noexcept {
  try {
    const AllocationScope scope(Allocations::ForOneCaller);
    work();
  } catch (...) {  // NOLINT(bugprone-empty-catch): see above
  }
}

void make_room() {
  // While an exception is on its way, destructors run, which must not fail.
  if (present == Allocations::ForOneCaller && std::uncaught_exceptions() == 0) throw std::bad_alloc();
  if (give_reserve()) return;
  const auto now = Steady::now();
  if (now - shortage_felt > kSameShortage) shortage_began = now;
  shortage_felt = now;
  if (now - shortage_began > AllocationScope::kPatience) throw std::bad_alloc();
  std::this_thread::sleep_for(kPause);
}

Error out_of_memory_error() {
  const AllocationScope scope(Allocations::ForAll);
  try {
    return make_error(ErrorKind::ServiceUnavailable, "the sandbox is out of memory; retry with backoff");
  } catch (const std::bad_alloc&) {
    return make_error(ErrorKind::ServiceUnavailable, "out of memory");  // short enough to need none
  }
}

}  // namespace zest
