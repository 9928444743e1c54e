// While one lives, nothing that SQLite does in this process can change a file: every call that writes fails
// with EROFS, as on a file system that was remounted read-only under open files. Works for every user, root
// included. Thread-safety: writers may run; make and destroy it on one thread.
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include <atomic>
#include <cerrno>

namespace zest::test {

class ReadOnlyMedium {
 public:
  ReadOnlyMedium() {
    refused_ = 0;
    refuse("write", &ReadOnlyMedium::write);
    refuse("pwrite", &ReadOnlyMedium::pwrite);
    refuse("pwrite64", &ReadOnlyMedium::pwrite);
    refuse("ftruncate", &ReadOnlyMedium::truncate);
    refuse("fallocate", &ReadOnlyMedium::allocate);
    refuse("unlink", &ReadOnlyMedium::unlink);
  }
  ~ReadOnlyMedium() { files_->xSetSystemCall(files_, nullptr, nullptr); }  // SQLite's own again
  ReadOnlyMedium(const ReadOnlyMedium&) = delete;
  ReadOnlyMedium& operator=(const ReadOnlyMedium&) = delete;

  // How many calls were refused: that the medium was asked at all.
  static int refused() { return refused_; }

 private:
  template <class Function>
  void refuse(const char* name, Function* call) {
    files_->xSetSystemCall(files_, name, reinterpret_cast<sqlite3_syscall_ptr>(call));
  }
  static int fail() {
    ++refused_;
    errno = EROFS;
    return -1;
  }
  static ssize_t write(int, const void*, size_t) { return fail(); }
  static ssize_t pwrite(int, const void*, size_t, off_t) { return fail(); }
  static int truncate(int, off_t) { return fail(); }
  static int allocate(int, off_t, off_t) { return fail(); }
  static int unlink(const char*) { return fail(); }

  inline static std::atomic<int> refused_{0};
  sqlite3_vfs* const files_ = sqlite3_vfs_find(nullptr);
};

}  // namespace zest::test
