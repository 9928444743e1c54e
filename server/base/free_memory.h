// What large calls have used goes back to the system: the allocator keeps it for each thread otherwise, for
// as long as the process lives. Where the system does not tell how much there is (Linux does), nothing
// happens. Thread-safety: none; one owner.
#pragma once

#include <chrono>
#include <cstddef>

namespace zest {

// Bytes of this process that are in the machine's memory; 0 where the system does not tell.
std::size_t resident_memory();

// What is there at its construction is what the process has at rest.
class FreeMemory {
 public:
  using Steady = std::chrono::steady_clock;
  // Growth, in bytes, after which it is worth a look; the whole process at rest has about twice as much.
  static constexpr std::size_t kGrowth = std::size_t{16} << 20;
  // What grew may still be in use at the first look: there are so many, each after twice the time.
  static constexpr int kLooks = 6;
  static constexpr std::chrono::seconds kFirstLook{1};

  // To be called now and then, by a thread that can be spared for some milliseconds. Does nothing most times.
  void give_back(Steady::time_point now);

 private:
  std::size_t kept_ = resident_memory();  // after the last look
  int looks_left_ = 0;
  std::chrono::seconds wait_{kFirstLook};
  Steady::time_point next_{};
};

}  // namespace zest
