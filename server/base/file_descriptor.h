// An open file, socket or whatever else has a descriptor, closed when it goes (which releases its locks).
// Thread-safety: none.
#pragma once

#include <utility>

namespace zest {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  int get() const { return descriptor_; }
  bool valid() const { return descriptor_ >= 0; }
  void reset();
  int release() { return std::exchange(descriptor_, -1); }  // whose end is then another's concern

 private:
  int descriptor_ = -1;
};

}  // namespace zest
