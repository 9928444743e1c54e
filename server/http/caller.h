// HTTP client calls, behind libcurl: one blocking call (the command line, tests), and the engine that keeps
// many exchanges in flight on one thread (webhooks). Redirects are never followed; proxies of the environment
// are ignored.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/version.h"
#include "http/kept_connections.h"
#include "http/message.h"
#include "http/resolver.h"

namespace zest::http {

// Why an exchange has no usable answer.
enum class Failure { None, Resolve, Connect, Tls, Timeout, Reset, TooLarge, Cancelled, BadUrl };
const char* failure_name(Failure failure);  // "connect", "tls", "timeout", "reset", …

// A body that is never whole in memory.
struct BodySource {
  // Puts the next bytes, at most so many, there and says how many: 0 at the end, nothing when they cannot be
  // read.
  std::function<std::optional<std::size_t>(char* buffer, std::size_t room)> read;
  std::optional<std::uint64_t> size;  // absent: the body is sent in chunks
};

struct Call {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::shared_ptr<const std::string> body;  // null: none
  std::shared_ptr<BodySource> body_source;  // instead of `body`
  // Takes the body of a success (2xx) that has this header field as it comes, instead of Outcome::body and
  // whatever its size. False ends the exchange.
  std::function<bool(std::string_view)> body_sink;
  std::string body_sink_field;
  Duration timeout{10'000};                  // wall time for the whole exchange, lookup and connect included
  std::size_t response_limit = 1024 * 1024;  // more than this on the wire is TooLarge
  std::size_t keep_response = 1024 * 1024;   // how much of the body is kept
  std::string ca_file;                       // "": the system's
  bool verify_tls = true;
  // Fault injection on what we send; 0 / nothing: as fast and whole as possible.
  std::uint64_t body_bytes_per_second = 0;
  std::optional<std::size_t> disconnect_after_body_bytes;
};

struct Outcome {
  Failure failure = Failure::None;
  std::string failure_detail;  // one phrase for people
  int status = 0;              // 0 when there was no answer
  Headers headers;
  std::string body;          // at most keep_response bytes
  Duration latency{0};       // wall
  bool before_body = false;  // the answer's head came before the whole body of the request had left
};

// One blocking call.
Outcome call(const Call& call);

// Many exchanges at once on one thread; names that hang cost a bounded number of threads beside it and hold
// up nothing. Thread-safety: all methods from any thread.
class CallEngine {
 public:
  explicit CallEngine(ResolveName resolve = resolve_by_system, ConnectionReuse reuse = {});
  ~CallEngine();  // cancels what is in flight and joins; lookups of names are not waited for
  using Id = std::uint64_t;
  // `done` runs on the engine's thread, exactly once; keep it short and never block in it.
  Id start(Call call, std::function<void(Outcome)> done);
  // Ends an exchange with Failure::Cancelled, soon; nothing if it is over already.
  void cancel(Id id);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

std::vector<LibraryVersion> caller_libraries();

}  // namespace zest::http
