// Memory that is free goes back to the system. Sanitizers have allocators of their own, which do as they
// like.
#include "base/free_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZEST_OTHER_ALLOCATOR 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ZEST_OTHER_ALLOCATOR 1
#endif
#endif

#if defined(__GLIBC__) && !defined(ZEST_OTHER_ALLOCATOR)

namespace zest {
namespace {

constexpr std::size_t kMuch = std::size_t{96} << 20;
constexpr std::size_t kPiece = 1000;

// Many small pieces with one that stays on top of them, so that the allocator alone gives nothing back.
class Pieces {
 public:
  Pieces() {
    for (std::size_t bytes = 0; bytes < kMuch; bytes += kPiece) {
      pieces_.push_back(std::make_unique<char[]>(kPiece));
    }
    last_ = std::make_unique<char[]>(kPiece);
  }
  void free() { pieces_.clear(); }

 private:
  std::vector<std::unique_ptr<char[]>> pieces_;
  std::unique_ptr<char[]> last_;
};

TEST(FreeMemory, GoesBackOnceItIsFree) {
  FreeMemory memory;
  FreeMemory::Steady::time_point now{};
  memory.give_back(now);
  const std::size_t before = resident_memory();
  ASSERT_GT(before, 0U);
  Pieces pieces;
  // Still in use at the first look.
  memory.give_back(now += FreeMemory::kFirstLook);
  EXPECT_GT(resident_memory(), before + kMuch / 2);
  pieces.free();
  memory.give_back(now += 2 * FreeMemory::kFirstLook);
  EXPECT_LT(resident_memory(), before + kMuch / 2);
}

// What came before the first look counts as grown, too: a process may be busy from its first moment on.
TEST(FreeMemory, GoesBackWhenItWasTakenBeforeTheFirstLook) {
  FreeMemory memory;
  const std::size_t before = resident_memory();
  Pieces pieces;
  FreeMemory::Steady::time_point now{};
  memory.give_back(now);
  pieces.free();
  memory.give_back(now += FreeMemory::kFirstLook);
  EXPECT_LT(resident_memory(), before + kMuch / 2);
}

}  // namespace
}  // namespace zest

#endif
