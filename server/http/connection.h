// One client connection of the epoll listener: a state machine that never waits. A worker drives it while
// there is something to do; then it is parked until its socket, its answer or its deadline calls.
//
// Threads: drive() is for the worker that got the connection's event; the mutex drive_mutex_ orders the
// drives of several workers after one another. What other threads touch (answers, streams, the sweeper,
// stopping) is guarded by mutex_. Order: drive_mutex_ before mutex_; mutex_ is never held while the handler
// is called.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "http/body.h"
#include "http/crew.h"
#include "http/gate.h"
#include "http/memory_share.h"
#include "http/outgoing.h"
#include "http/pace.h"
#include "http/responder.h"
#include "http/socket.h"

namespace zest::http {

// What all connections of a listener share; outlives them while they are open.
struct ConnectionContext {
  Limits limits;
  Handler& handler;
  Log& log;
  FileDescriptor epoll;
  int port = 0;
  Crew crew;
  std::atomic<bool> stopping{false};
  std::shared_ptr<MemoryPool> memory = std::make_shared<MemoryPool>(limits.memory);
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Steady = std::chrono::steady_clock;
  // A worker's buffer for reading.
  using Scratch = std::vector<char>;

  // `id` names the connection in epoll's events.
  Connection(FileDescriptor socket, std::uint64_t id, ConnectionContext& context);

  std::uint64_t id() const { return id_; }
  // Enters the socket into epoll. `turned_away`: the first drive answers TooManyConnections.
  bool enter(bool turned_away) EXCLUDES(mutex_);
  // Does all that can be done now. False: the connection is closed.
  bool drive(Scratch& scratch) EXCLUDES(drive_mutex_, mutex_);  // for all (AllocationScope)
  // Has a worker drive the connection soon, if it is parked: its deadline passed, or the listener stops.
  void poke() EXCLUDES(mutex_);
  // The same when its deadline has passed indeed; an answer that the client does not read is given up.
  void expire() EXCLUDES(mutex_);
  bool overdue(Steady::time_point now) const { return now.time_since_epoch().count() >= deadline_.load(); }
  void close() EXCLUDES(mutex_);
  // What keeps it open, as far as others may ask for its place.
  enum class Waits : char {
    ForOthers,   // something of ours, or its client has just moved
    ForRequest,  // between two requests, or before the first: for a byte
    ForClient    // in the middle of a request or an answer, since stalled_since()
  };
  Waits waits() const { return waits_.load(std::memory_order_relaxed); }
  // Of those between requests the one that has waited longest has the earliest.
  Steady::rep deadline() const { return deadline_; }
  Steady::rep stalled_since() const { return stalled_since_.load(std::memory_order_relaxed); }
  // Ends now, as at its deadline, if it still waits for its client. False: it does not.
  bool give_way() EXCLUDES(mutex_);

  // From responders and stream writers, on any thread. False: the client is gone.
  bool answer(Response response) EXCLUDES(mutex_);
  bool answer_with_stream(Response head) EXCLUDES(mutex_);
  void abandon() EXCLUDES(mutex_);
  bool client_gone() EXCLUDES(mutex_);
  bool stream_write(std::string_view bytes) EXCLUDES(mutex_);
  void stream_close() EXCLUDES(mutex_);

 private:
  enum class Phase { TurnedAway, Head, Body, Handling, Holding, Sending, Streaming, Draining };
  // What a step of the state machine ends with.
  enum class Next { Again, Yield, WaitRead, WaitWrite, WaitAnswer, WaitHold, WaitStream, Close };
  // After so many reads, or requests that came in one piece, the connection steps back behind those that wait
  // for a worker, so that a fast sender does not keep one for itself.
  static constexpr int kReadsInARow = 16;
  static constexpr int kRequestsInARow = 4;
  static constexpr Duration kTrickle{50};  // between pieces of a body that trickles
  struct Answer {
    std::optional<Response> response;  // nothing: abandoned
    bool streams = false;
  };

  // An answer that leaves later (Response::hold), as it is to be sent.
  struct Held {
    Response response;
    bool close_after = false;
    bool streams = false;
  };

  bool drive_on(Scratch& scratch) REQUIRES(drive_mutex_) EXCLUDES(mutex_);
  Next step(Scratch& scratch) REQUIRES(drive_mutex_);
  Next read_head(Scratch& scratch) REQUIRES(drive_mutex_);
  Next start_request() REQUIRES(drive_mutex_);
  // A header block that is not one, or not all of one.
  Next refuse_head(const Problem& problem) REQUIRES(drive_mutex_);
  Next begin_request() REQUIRES(drive_mutex_);
  Next take_body(TakeBody take) REQUIRES(drive_mutex_);
  Next read_body(Scratch& scratch) REQUIRES(drive_mutex_);
  // Feeds body bytes; `used` tells how many belong to the body. Nothing: go on.
  std::optional<Next> body_bytes(std::string_view bytes, std::size_t& used) REQUIRES(drive_mutex_);
  Next finish_body() REQUIRES(drive_mutex_);
  Next take_answer() REQUIRES(drive_mutex_) EXCLUDES(mutex_);
  Next stop_body(BodyStop stop) REQUIRES(drive_mutex_);
  Next refuse(const Problem& problem, bool close_after = true) REQUIRES(drive_mutex_);
  Next send(Response response, bool close_after, bool streams = false) REQUIRES(drive_mutex_);
  bool afford(const Response& response) REQUIRES(drive_mutex_);
  Next hold(Response response, bool close_after, bool streams) REQUIRES(drive_mutex_);
  Next end_of_hold() REQUIRES(drive_mutex_);
  Next flush() REQUIRES(drive_mutex_) EXCLUDES(mutex_);
  std::uint64_t body_bytes_by_now() const REQUIRES(drive_mutex_);
  Next after_answer() REQUIRES(drive_mutex_) EXCLUDES(mutex_);
  Next serve_stream(Scratch& scratch) REQUIRES(drive_mutex_) EXCLUDES(mutex_);
  Next drain(Scratch& scratch) REQUIRES(drive_mutex_);
  // Bytes read, 0 at the end, -1 when there is nothing to read now, -2 when the connection is broken.
  ssize_t receive(Scratch& scratch) REQUIRES(drive_mutex_);
  // False: something came up meanwhile, drive on.
  bool park(Next next) REQUIRES(drive_mutex_) EXCLUDES(mutex_);
  void set_deadline(Duration from_now);
  void set_deadline(Steady::time_point at);
  void clear_deadline();
  void note_progress_of_answer() REQUIRES(mutex_);
  // What it waits for as it is parked for `next`.
  void note_wait(Next next) REQUIRES(drive_mutex_, mutex_);
  void note_work() REQUIRES(mutex_) { waits_.store(Waits::ForOthers, std::memory_order_relaxed); }
  bool deadline_passed() const { return overdue(Steady::now()); }
  bool give(Answer answer) EXCLUDES(mutex_);
  void arm(std::uint32_t events) REQUIRES(mutex_);
  bool send_pending() REQUIRES(mutex_);

  const std::uint64_t id_;
  ConnectionContext& context_;
  const int socket_;  // owned by owned_socket_
  std::atomic<Steady::rep> deadline_;
  std::atomic<Waits> waits_{Waits::ForOthers};
  std::atomic<Steady::rep> stalled_since_{0};

  Mutex drive_mutex_;
  Phase phase_ GUARDED_BY(drive_mutex_) = Phase::Head;
  std::string peer_ GUARDED_BY(drive_mutex_);
  std::string input_ GUARDED_BY(drive_mutex_);  // read and not yet used: a header block, or the next request
  bool input_new_ GUARDED_BY(drive_mutex_) = true;  // no deadline of a header block is running
  Gate gate_ GUARDED_BY(drive_mutex_);
  RequestHead head_ GUARDED_BY(drive_mutex_);
  Framing framing_ GUARDED_BY(drive_mutex_);
  std::optional<BodyReader> body_ GUARDED_BY(drive_mutex_);
  ChunkedDecoder chunked_ GUARDED_BY(drive_mutex_);
  std::uint64_t body_left_ GUARDED_BY(drive_mutex_) = 0;
  Pace body_pace_ GUARDED_BY(drive_mutex_);
  int requests_in_a_row_ GUARDED_BY(drive_mutex_) = 0;
  int minor_version_ GUARDED_BY(drive_mutex_) = 1;
  std::optional<Held> held_ GUARDED_BY(drive_mutex_);
  // Of the request at hand: its body until there is an answer, then that.
  MemoryShare memory_ GUARDED_BY(drive_mutex_);
  Outgoing outgoing_ GUARDED_BY(drive_mutex_);
  std::uint64_t bytes_per_second_ GUARDED_BY(drive_mutex_) = 0;  // of the answer's body; 0: any
  Steady::time_point sending_since_ GUARDED_BY(drive_mutex_){};
  bool close_after_answer_ GUARDED_BY(drive_mutex_) = false;
  bool streams_ GUARDED_BY(drive_mutex_) = false;
  // Why the request at hand was left unanswered, if it was.
  Refusal unanswered_ GUARDED_BY(drive_mutex_) = Refusal::HandlerFailed;

  Mutex mutex_;
  FileDescriptor owned_socket_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  bool parked_ GUARDED_BY(mutex_) = false;
  Next parked_for_ GUARDED_BY(mutex_) = Next::WaitRead;
  std::optional<Answer> answer_ GUARDED_BY(mutex_);
  // Of the answer under way: bytes given to the socket, bytes that the client's machine has taken.
  std::uint64_t answer_given_ GUARDED_BY(mutex_) = 0;
  std::uint64_t answer_taken_ GUARDED_BY(mutex_) = 0;
  Pace answer_pace_ GUARDED_BY(mutex_);
  // A stream: its bytes may be written from when its head has left until it is over.
  bool stream_open_ GUARDED_BY(mutex_) = false;
  bool stream_over_ GUARDED_BY(mutex_) = false;
  std::string stream_pending_ GUARDED_BY(mutex_);
};

}  // namespace zest::http
