#include "base/memory.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>

#include "base/thread_name.h"

namespace zest {
namespace {

TEST(Memory, WhatIsForOneCallerFailsAtOnce) {
  EXPECT_THROW(make_room(), std::bad_alloc);
  const AllocationScope all(Allocations::ForAll);
  const AllocationScope one(Allocations::ForOneCaller);
  EXPECT_THROW(make_room(), std::bad_alloc);
}

TEST(Memory, WhatIsForAllGetsTheReserveAndThenTriesAgain) {
  const AllocationScope all(Allocations::ForAll);
  { const AllocationScope one(Allocations::ForOneCaller); }
  EXPECT_NO_THROW(make_room());
  EXPECT_NO_THROW(make_room());
}

TEST(Memory, DestructorsOfAnExceptionOnItsWayAreServed) {
  bool served = false;
  struct Destroyed {
    explicit Destroyed(bool& flag) : served(flag) {}
    ~Destroyed() {
      try {
        make_room();
        served = true;
      } catch (const std::bad_alloc&) {
        served = false;
      }
    }
    bool& served;
  };
  EXPECT_THROW(
      {
        const Destroyed destroyed(served);
        throw std::runtime_error("on its way");
      },
      std::runtime_error);
  EXPECT_TRUE(served);
}

TEST(Memory, OneCallersExceptionEndsWithHisWork) {
  run_for_one_caller([] { throw std::bad_alloc(); });
  run_for_one_caller([] { throw std::runtime_error("a bug"); });
  const Error error = out_of_memory_error();
  EXPECT_EQ(error.kind, ErrorKind::ServiceUnavailable);
  EXPECT_EQ(error.detail, "the sandbox is out of memory; retry with backoff");
}

TEST(Threads, AreStartedByName) {
  std::vector<std::thread> threads;
  std::string seen;
  ASSERT_TRUE(start_thread(threads, "worker", [&seen] { seen = "ran"; }));
  threads.front().join();
  EXPECT_EQ(seen, "ran");
}

}  // namespace
}  // namespace zest
