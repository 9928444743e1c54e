// The few socket calls that the listeners need, with errors as values.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace zest::http {

// Owns a file descriptor.
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

 private:
  int descriptor_ = -1;
};

// A non-blocking listening socket. SO_REUSEADDR only: with SO_REUSEPORT two servers would share a port
// silently. Errors: InvalidRequest "port 8080 on 127.0.0.1 is in use", or why the host cannot be bound.
Result<FileDescriptor> listen_on(const std::string& host, int port);

int local_port(int socket);
std::string peer_address(int socket);
// The next close() of the socket resets the connection instead of ending it in order.
void reset_on_close(int socket);

}  // namespace zest::http
