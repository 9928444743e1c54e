// An answer on its way out: its bytes, and how far they got. Thread-safety: none.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "http/listener.h"
#include "http/socket.h"

namespace zest::http {

// The Date of an answer that leaves now (RFC 9110, 6.6.1): by the machine's clock, for clients correct theirs
// by it.
const std::string& date_now();

class Outgoing {
 public:
  enum class Progress { Done, Blocked, Failed };
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};
  struct Options {
    bool head_only = false;      // the answer to HEAD
    bool close = false;          // says Connection: close
    bool keep_alive_10 = false;  // says Connection: keep-alive, which HTTP/1.0 clients wait for
    bool endless = false;        // no Content-Length: the body ends with the connection
  };

  // False: the answer's file cannot be read.
  bool start(Response response, const Options& options);
  // Writes what the socket takes without waiting, but not much more than kFlushInARow: who reads fast must
  // not keep a worker for as long as a large answer takes. Of the body not more than `body_bytes` in all.
  Progress flush(int socket, std::uint64_t body_bytes = kAll);
  // Whether so much of the body has left that a flush() with `body_bytes` sends nothing more.
  bool has_sent(std::uint64_t body_bytes) const {
    return body_bytes != kAll && sent_ >= head_bytes_ + body_bytes;
  }
  // Bytes that left so far; tells whether a client still reads.
  std::uint64_t sent() const { return sent_; }

 private:
  static constexpr std::uint64_t kFlushInARow = 1024 * 1024;

  Progress flush_bytes(int socket, std::uint64_t enough, std::uint64_t most);
  Progress flush_file(int socket, std::uint64_t enough);

  std::string head_;
  std::string body_;
  std::size_t position_ = 0;  // in head and body together
  std::uint64_t head_bytes_ = 0;
  std::shared_ptr<const FileDescriptor> file_;
  off_t file_at_ = 0;
  std::uint64_t file_left_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace zest::http
