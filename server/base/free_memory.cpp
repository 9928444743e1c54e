#include "base/free_memory.h"

#include <fcntl.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <charconv>
#include <string_view>

#include "base/file_descriptor.h"

namespace zest {

// "pages in all, pages resident, …" (proc_pid_statm(5)). Without an allocation: memory may be short.
std::size_t resident_memory() {
  const FileDescriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  char bytes[128];
  const ssize_t size = file.valid() ? ::read(file.get(), bytes, sizeof bytes) : 0;
  const std::string_view text(bytes, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t space = text.find(' ');
  std::size_t pages = 0;
  if (space == std::string_view::npos) return 0;
  std::from_chars(text.data() + space + 1, text.data() + text.size(), pages);
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void FreeMemory::give_back(Steady::time_point now) {
  if (now < next_) return;
  const std::size_t resident = resident_memory();
  if (resident > kept_ + kGrowth) {
    looks_left_ = kLooks;
    wait_ = kFirstLook;
  }
  next_ = now + wait_;
  if (looks_left_ == 0) return;
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
  kept_ = resident_memory();
  wait_ = --looks_left_ > 0 ? wait_ * 2 : kFirstLook;
}

}  // namespace zest
