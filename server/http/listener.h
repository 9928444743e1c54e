// The HTTP server behind one door: strict about what comes in, bounded in what a client can cost. Requests go
// to a Handler in two steps, so that a refusal can be given before a large body is read.
//
// Threads: begin() and finish() run on the listener's worker threads, several at a time. A Responder may be
// kept and answered later from any thread: that gives the worker back (waiting calls), and the connection
// stays open meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"

namespace zest::http {

// Limits of every exchange. Sources: [sandbox] where Zest documents none.
struct Limits {
  std::size_t header_bytes = 32 * 1024;
  // Beside these, Cookie lines: browsers send all that every application on this host has set.
  std::size_t cookie_bytes = 32 * 1024;
  std::size_t header_count = 100;
  std::size_t target_bytes = 4 * 1024;
  // Bodies that have come and answers that have not left, of all calls together, in memory: beyond it a call
  // that takes more than MemoryShare::kSmall is refused (portable: no bound but that of its workers).
  std::size_t memory = 64 * 1024 * 1024;
  std::size_t connections =
      2048;  // beyond them an idle one ends, or a stalled one (portable: a new one is refused)
  std::size_t multipart_parts = 20;
  std::size_t multipart_field_bytes = 64 * 1024;  // one part without a file name
  // Wall time.
  Duration header_deadline{10'000};  // from a request's first byte to the end of its header block
  // Of a body, and of an answer that the client reads: how long nothing may move, and how many bytes must
  // move in each second on average once that time is over (0: any number).
  Duration body_idle{30'000};
  std::uint64_t body_rate = 1000;
  Duration idle_deadline{60'000};  // between requests
  Duration stall{1'000};  // beyond `connections`: who lets a request or an answer wait longer gives way
  Duration linger_deadline{
      2'000};  // for a refused client to stop sending and read its answer; for answers at stop()
};

// How to take the body of a request whose head was accepted.
struct TakeBody {
  std::size_t limit = 1024 * 1024;  // more than this is refused: on_limit(...)
  bool multipart = false;           // parse multipart/form-data, spool file parts to `spool_dir`
  bool to_file = false;             // take the body to a file of `spool_dir` instead of into memory
  std::filesystem::path spool_dir;
  std::uint64_t file_limit = 0;  // bytes of one file part; `limit` bounds the whole body
  // Multipart only: called as soon as a file part's header is known; an answer ends the exchange with it
  // (415).
  std::function<std::optional<Response>(const Part&)> on_part;
  // Whether finish() may wait for something, or take long: another worker then takes this one's place at
  // once, not when that has gone on for a while.
  bool may_wait = true;
  std::unique_ptr<AdmittedCall> call;  // for Request::call, or for refuse() when the body is not to be had
};

// What went wrong below the level of the API: the handler makes the answer, so that every answer has one
// envelope.
enum class Refusal {
  MalformedRequest,     // 400: request line, header or framing that HTTP does not allow
  UriTooLong,           // 414
  HeadersTooLarge,      // 431
  BodyTooLarge,         // 413: TakeBody::limit
  FileTooLarge,         // 413: TakeBody::file_limit
  MalformedMultipart,   // 400
  RequestTimeout,       // 408: the header block did not arrive in time, or the body fast enough
  UnsupportedEncoding,  // 415: a Content-Encoding, or 501-like transfer coding
  VersionNotSupported,  // 505: anything but HTTP/1.0 and HTTP/1.1
  TooManyConnections,   // 503
  TooManyBytes,         // 503: Limits::memory
  StorageFailed,        // 503: a file of the body cannot be written (disk full, read-only)
  OutOfMemory,          // 503: there is no memory for this exchange
  HandlerFailed,        // 500: the handler threw, left a request unanswered, or its file could not be read
};

// Answers one request, once; movable, from any thread. Destroyed unanswered, it answers 500 through the
// handler.
class Responder {
 public:
  class Impl;
  explicit Responder(std::unique_ptr<Impl> impl);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();

  // Sends the answer; false when the client is gone or this was already used.
  bool send(Response response);
  // The client has closed the connection, or its half of it: nobody seems to wait for the answer. The
  // portable listener cannot tell and says false.
  bool client_gone() const;
  // Sends `head` and keeps the connection for an endless body that is written in pieces (server-sent events).
  class StreamWriter;
  std::shared_ptr<StreamWriter> stream(Response head);

 private:
  std::unique_ptr<Impl> impl_;
};

// The body of a streamed answer. write() never blocks: it queues up to 64 KiB and answers false once the
// client is gone or too slow, after which the stream is closed.
class Responder::StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  virtual bool write(std::string_view bytes) = 0;
  virtual void close() = 0;
  // As Responder::client_gone(); also once the stream is over.
  virtual bool client_gone() { return false; }
};

class Handler {
 public:
  virtual ~Handler() = default;
  // The head is known. Either how to take the body, or an answer already (the body is then not read).
  virtual std::variant<TakeBody, Response> begin(const RequestHead& head) = 0;
  // The whole request is there.
  virtual void finish(Request request, Responder responder) = 0;
  // The exchange cannot be served; `head` holds what was understood of it (possibly nothing). `call`: what
  // begin() gave for it; nullptr when it did not come so far.
  virtual Response refuse(Refusal refusal, std::string_view what, const RequestHead& head,
                          const AdmittedCall* call) = 0;
};

struct ListenOptions {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free one
  int workers = 8;
  int at_once =
      0;  // that take calls while none of them waits (crew.h); 0: one for each processor, at least 4
  Limits limits;
};

class Listener {
 public:
  // Binds and starts serving; at 127.0.0.1 and localhost both loopback addresses are served where the machine
  // has both (the portable listener: one). `handler` and `log` outlive the listener. Errors: InvalidRequest
  // "port 8080 on 127.0.0.1 is in use", or why the host cannot be bound.
  static Result<std::unique_ptr<Listener>> start(const ListenOptions& options, Handler& handler, Log& log);
  virtual ~Listener() = default;  // stops
  virtual int port() const = 0;
  // Stops accepting, lets running handlers finish, closes every connection. Idempotent.
  virtual void stop() = 0;
  // False for the portable listener, which must not be exposed beyond loopback.
  virtual bool hardened() const = 0;
};

// Which listener serves: "hardened", or "portable", which is laxer about HTTP and for loopback only.
const char* listener_kind();

}  // namespace zest::http
