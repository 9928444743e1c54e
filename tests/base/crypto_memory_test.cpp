// What OpenSSL says when it gets no memory: never a wrong answer.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <optional>
#include <string>

#include "base/crypto.h"
#include "base/memory.h"

namespace zest {
namespace {

constexpr int kNever = -1;
thread_local int allocations_before_failure = kNever;  // one fails, and those after it are served again

bool fails() { return allocations_before_failure >= 0 && allocations_before_failure-- == 0; }
void* allocate(std::size_t size, const char*, int) { return fails() ? nullptr : std::malloc(size); }
void* reallocate(void* memory, std::size_t size, const char*, int) {
  return fails() ? nullptr : std::realloc(memory, size);
}
void release(void* memory, const char*, int) { std::free(memory); }

// Before OpenSSL has allocated anything.
const bool installed = CRYPTO_set_mem_functions(allocate, reallocate, release) == 1;

// Calls `work` with the first allocation failing, then the second, and so on; how often it threw.
int times_refused(const std::function<void()>& work) {
  int refused = 0;
  for (int before = 0;; ++before) {
    allocations_before_failure = before;
    try {
      work();
    } catch (const std::bad_alloc&) {
      ++refused;
    }
    const bool reached = allocations_before_failure < 0;
    allocations_before_failure = kNever;
    if (!reached) return refused;
  }
}

TEST(CryptoWithoutMemory, RefusesOneCallerAndNeverAnswersWrong) {
  ASSERT_TRUE(installed);
  const Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_raw(std::string(32, 'k'));
  const std::string public_key = key->public_key();
  const std::string signature = key->sign("message");
  const std::string digest = sha256("message");
  const std::string mac = hmac_sha256("key", "message");
  EXPECT_GT(times_refused([&] { EXPECT_EQ(sha256("message"), digest); }), 0);
  EXPECT_GT(times_refused([&] { EXPECT_EQ(hmac_sha256("key", "message"), mac); }), 0);
  EXPECT_GT(times_refused([&] { EXPECT_EQ(key->sign("message"), signature); }), 0);
  times_refused([&] { EXPECT_TRUE(ed25519_verify(public_key, "message", signature)); });
  times_refused([&] { EXPECT_FALSE(ed25519_verify(public_key, "massage", signature)); });
}

TEST(CryptoWithoutMemory, WaitsForItWhereItServesAll) {
  const std::string mac = hmac_sha256("key", "message");
  const AllocationScope all(Allocations::ForAll);
  EXPECT_EQ(times_refused([&] { EXPECT_EQ(hmac_sha256("key", "message"), mac); }), 0);
  EXPECT_EQ(times_refused([&] { EXPECT_EQ(sha256("message").size(), 32U); }), 0);
}

}  // namespace
}  // namespace zest
