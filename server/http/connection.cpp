#include "http/connection.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>

namespace zest::http {
namespace {

// A connection keeps an input buffer of at most this size between requests.
constexpr std::size_t kKeptInput = 4 * 1024;

}  // namespace

Connection::Connection(FileDescriptor socket, std::uint64_t id, ConnectionContext& context)
    : id_(id),
      context_(context),
      socket_(socket.get()),
      peer_(peer_address(socket.get())),
      gate_(context.limits),
      memory_(context.memory),
      owned_socket_(std::move(socket)) {
  set_deadline(context_.limits.idle_deadline);
}

// --- Driving ---

bool Connection::drive(Scratch& scratch) {
  const MutexLock driving(drive_mutex_);
  {
    const MutexLock lock(mutex_);
    if (closed_) return false;
    parked_ = false;
    note_work();
  }
  requests_in_a_row_ = 0;
  try {
    return drive_on(scratch);
  } catch (const std::bad_alloc&) {
    // Not even for the refusal.
    close();
    return false;
  }
}

bool Connection::drive_on(Scratch& scratch) {
  while (true) {
    Next next = Next::Again;
    while (next == Next::Again) next = step(scratch);
    if (next == Next::Close) {
      close();
      return false;
    }
    if (park(next)) return true;
  }
}

Connection::Next Connection::step(Scratch& scratch) {
  switch (phase_) {
    case Phase::TurnedAway:
      return refuse({Refusal::TooManyConnections, "there are too many connections"});
    case Phase::Head:
      return read_head(scratch);
    case Phase::Body:
      return read_body(scratch);
    case Phase::Handling:
      return take_answer();
    case Phase::Holding:
      return end_of_hold();
    case Phase::Sending:
      return flush();
    case Phase::Streaming:
      return serve_stream(scratch);
    case Phase::Draining:
      return drain(scratch);
  }
  return Next::Close;
}

bool Connection::park(Next next) {
  const MutexLock lock(mutex_);
  if (next == Next::WaitAnswer && answer_) return false;
  if (next == Next::WaitStream && stream_over_) return false;
  // A stop that comes now finds the connection parked, and one that came before is seen here.
  const bool ends_with_listener =
      next == Next::WaitRead || next == Next::Yield || next == Next::WaitHold || next == Next::WaitStream;
  if (context_.stopping && ends_with_listener) return false;
  parked_ = true;
  parked_for_ = next;
  note_wait(next);
  // There is more to do at once: an event that is due already comes behind those of the others.
  if (next == Next::Yield) arm(EPOLLIN | EPOLLOUT);
  if (next == Next::WaitRead) arm(EPOLLIN | EPOLLRDHUP);
  if (next == Next::WaitWrite) arm(EPOLLOUT);
  if (next == Next::WaitStream) {
    const std::uint32_t writable = stream_pending_.empty() ? 0U : static_cast<std::uint32_t>(EPOLLOUT);
    arm(EPOLLIN | EPOLLRDHUP | writable);
  }
  return true;
}

void Connection::note_wait(Next next) {
  Waits waits = Waits::ForOthers;
  if (next == Next::WaitRead && phase_ == Phase::Head && input_new_) {
    waits = Waits::ForRequest;
  } else if (next == Next::WaitRead && phase_ == Phase::Head) {
    waits = Waits::ForClient;
    stalled_since_ = deadline_ - Steady::duration(context_.limits.header_deadline).count();
  } else if (next == Next::WaitWrite || (next == Next::WaitRead && phase_ == Phase::Body)) {
    waits = Waits::ForClient;
    stalled_since_ = Steady::now().time_since_epoch().count();
  }
  waits_.store(waits, std::memory_order_relaxed);
}

void Connection::arm(std::uint32_t events) {
  epoll_event event{};
  event.events = events | EPOLLONESHOT;
  event.data.u64 = id_;
  ::epoll_ctl(context_.epoll.get(), EPOLL_CTL_MOD, socket_, &event);
}

bool Connection::enter(bool turned_away) {
  const MutexLock driving(drive_mutex_);
  if (turned_away) phase_ = Phase::TurnedAway;
  const MutexLock lock(mutex_);
  parked_ = true;
  if (!turned_away) note_wait(Next::WaitRead);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  if (turned_away) event.events |= EPOLLOUT;
  event.data.u64 = id_;
  return ::epoll_ctl(context_.epoll.get(), EPOLL_CTL_ADD, socket_, &event) == 0;
}

void Connection::poke() {
  const MutexLock lock(mutex_);
  if (parked_ && !closed_) arm(EPOLLIN | EPOLLOUT);
}

void Connection::expire() {
  const MutexLock lock(mutex_);
  if (!parked_ || closed_) return;
  if (parked_for_ == Next::WaitWrite) {
    note_progress_of_answer();
    if (!deadline_passed()) return;
  }
  // Without this no event would come: the socket has no room.
  if (parked_for_ == Next::WaitWrite || parked_for_ == Next::Yield) ::shutdown(socket_, SHUT_RDWR);
  arm(EPOLLIN | EPOLLOUT);
}

bool Connection::give_way() {
  const MutexLock lock(mutex_);
  const Waits waited = waits();
  if (closed_ || waited == Waits::ForOthers) return false;
  note_work();
  set_deadline(Steady::now());
  // What it still sends is not waited for; it may yet take an answer, but not keep us with one.
  if (waited == Waits::ForClient) ::shutdown(socket_, parked_for_ == Next::WaitWrite ? SHUT_RDWR : SHUT_RD);
  arm(EPOLLIN | EPOLLOUT);
  return true;
}

void Connection::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  note_work();
  owned_socket_.reset();
}

void Connection::set_deadline(Duration from_now) { set_deadline(Steady::now() + from_now); }

void Connection::set_deadline(Steady::time_point at) { deadline_ = at.time_since_epoch().count(); }

void Connection::clear_deadline() { deadline_ = std::numeric_limits<Steady::rep>::max(); }

ssize_t Connection::receive(Scratch& scratch) {
  while (true) {
    const ssize_t length = ::recv(socket_, scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (length >= 0) return length;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return -1;
    if (errno != EINTR) return -2;
  }
}

// --- Answering ---

Connection::Next Connection::refuse(const Problem& problem, bool close_after) {
  return send(refuse_with(context_.handler, context_.log, problem.refusal, problem.what, head_,
                          body_ ? body_->call() : nullptr),
              close_after);
}

Connection::Next Connection::take_answer() {
  std::optional<Answer> answer;
  {
    const MutexLock lock(mutex_);
    answer.swap(answer_);
  }
  if (!answer) return Next::WaitAnswer;
  if (!answer->response) return refuse({unanswered_, "the request was left unanswered"}, false);
  return send(std::move(*answer->response), answer->streams, answer->streams);
}

Connection::Next Connection::hold(Response response, bool close_after, bool streams) {
  phase_ = Phase::Holding;
  set_deadline(std::exchange(response.hold, Duration(0)));
  held_ = Held{std::move(response), close_after, streams};
  return Next::Again;
}

Connection::Next Connection::end_of_hold() {
  if (!context_.stopping && !deadline_passed()) return Next::WaitHold;
  Held held = std::move(*held_);
  held_.reset();
  return send(std::move(held.response), held.close_after, held.streams);
}

// Whether the answer may take so much memory until it has left. One that changed something always may.
bool Connection::afford(const Response& response) {
  const bool head_only = head_.method == "HEAD";
  const std::size_t size = head_only ? 0 : response.body.capacity();
  if (head_only || head_.method == "GET") return memory_.hold(size);
  memory_.hold_anyway(size);
  return true;
}

Connection::Next Connection::send(Response response, bool close_after, bool streams) {
  body_.reset();
  if (!afford(response)) {
    response = Response();
    return refuse({Refusal::TooManyBytes, ""}, close_after);
  }
  if (response.hold > Duration(0)) return hold(std::move(response), close_after, streams);
  if (response.drop_connection) {
    reset_on_close(socket_);
    return Next::Close;
  }
  const std::string* const connection = response.headers.find("Connection");
  const bool asked_to_close = connection && equal_ignoring_case(*connection, "close");
  const bool cut = response.cut.has_value();
  close_after_answer_ = close_after || asked_to_close || !framing_.keep_alive || context_.stopping || cut;
  bytes_per_second_ = response.bytes_per_second;
  sending_since_ = Steady::now();
  streams_ = streams && head_.method != "HEAD";
  Outgoing::Options options;
  options.head_only = head_.method == "HEAD";
  options.close = close_after_answer_ && !cut;  // the cut comes as a surprise
  options.keep_alive_10 = minor_version_ == 0;
  options.endless = streams;
  const bool from_file = response.file != nullptr;
  if (!outgoing_.start(std::move(response), options)) {
    context_.log.error("the file of an answer cannot be read");
    const Response failed =
        refuse_with(context_.handler, context_.log, Refusal::HandlerFailed, "a file cannot be read", head_);
    // An answer about a file that cannot be read must not itself come from a file.
    if (!from_file || failed.file || !outgoing_.start(failed, options)) return Next::Close;
  }
  phase_ = Phase::Sending;
  {
    const MutexLock lock(mutex_);
    answer_given_ = answer_taken_ = 0;
    answer_pace_.begin(Steady::now());
  }
  return flush();
}

// How much of a body that is to trickle may have left by now.
std::uint64_t Connection::body_bytes_by_now() const {
  if (bytes_per_second_ == 0 || context_.stopping) return Outgoing::kAll;
  const auto since = std::chrono::duration_cast<Duration>(Steady::now() - sending_since_);
  const auto elapsed = static_cast<std::uint64_t>(since.count());
  return elapsed / 1000 * bytes_per_second_ + elapsed % 1000 * bytes_per_second_ / 1000;
}

Connection::Next Connection::flush() {
  const std::uint64_t body_bytes = body_bytes_by_now();
  switch (outgoing_.flush(socket_, body_bytes)) {
    case Outgoing::Progress::Done:
      return after_answer();
    case Outgoing::Progress::Failed:
      return Next::Close;
    case Outgoing::Progress::Blocked:
      if (!outgoing_.has_sent(body_bytes)) break;
      set_deadline(kTrickle);
      return Next::WaitHold;
  }
  const MutexLock lock(mutex_);
  answer_given_ = outgoing_.sent();
  note_progress_of_answer();
  return deadline_passed() ? Next::Close : Next::WaitWrite;
}

// A socket takes megabytes at a time and then nothing for as long as a slow client needs for them: what
// counts is what has arrived.
void Connection::note_progress_of_answer() {
  int queued = 0;
  ::ioctl(socket_, SIOCOUTQ, &queued);
  const std::uint64_t under_way = static_cast<std::uint64_t>(std::max(queued, 0));
  const std::uint64_t taken = answer_given_ > under_way ? answer_given_ - under_way : 0;
  if (taken > answer_taken_) answer_pace_.moved(taken - answer_taken_, Steady::now());
  answer_taken_ = std::max(answer_taken_, taken);
  set_deadline(answer_pace_.deadline(context_.limits));
}

Connection::Next Connection::after_answer() {
  static_cast<void>(memory_.hold(0));
  if (streams_) {
    streams_ = false;
    phase_ = Phase::Streaming;
    clear_deadline();
    const MutexLock lock(mutex_);
    stream_open_ = true;
    return Next::Again;
  }
  if (context_.stopping) return Next::Close;
  if (close_after_answer_) {
    // Closing with unread bytes would reset the connection, and the client could lose its answer over that.
    ::shutdown(socket_, SHUT_WR);
    phase_ = Phase::Draining;
    input_ = std::string();
    set_deadline(context_.limits.linger_deadline);
    return Next::Again;
  }
  phase_ = Phase::Head;
  input_new_ = true;
  if (input_.capacity() > kKeptInput) input_.shrink_to_fit();
  set_deadline(context_.limits.idle_deadline);
  if (input_.empty()) return Next::WaitRead;
  return ++requests_in_a_row_ < kRequestsInARow ? Next::Again : Next::Yield;
}

Connection::Next Connection::drain(Scratch& scratch) {
  for (int reads = 0; reads < kReadsInARow; ++reads) {
    if (context_.stopping || deadline_passed()) return Next::Close;
    const ssize_t length = receive(scratch);
    if (length == -1) return Next::WaitRead;
    if (length <= 0) return Next::Close;
  }
  return Next::WaitRead;
}

bool Connection::give(Answer answer) {
  const MutexLock lock(mutex_);
  if (closed_) return false;
  answer_ = std::move(answer);
  if (parked_) arm(EPOLLOUT);
  return true;
}

bool Connection::answer(Response response) { return give({std::move(response), false}); }
bool Connection::answer_with_stream(Response head) { return give({std::move(head), true}); }
void Connection::abandon() { give({std::nullopt, false}); }

bool Connection::client_gone() {
  const MutexLock lock(mutex_);
  if (closed_) return true;
  pollfd look{socket_, POLLRDHUP, 0};  // POLLHUP and POLLERR come unasked
  return ::poll(&look, 1, 0) > 0;
}

// --- Streams ---

Connection::Next Connection::serve_stream(Scratch& scratch) {
  if (context_.stopping) return Next::Close;
  // What a client says while it is streamed to is of no interest, only that it is there.
  for (int reads = 0; reads < kReadsInARow; ++reads) {
    const ssize_t length = receive(scratch);
    if (length == -1) break;
    if (length <= 0) return Next::Close;
  }
  const MutexLock lock(mutex_);
  if (!send_pending()) return Next::Close;
  if (!stream_over_) return Next::WaitStream;
  if (!stream_pending_.empty()) return Next::Close;  // too slow for what was queued
  ::shutdown(socket_, SHUT_WR);
  phase_ = Phase::Draining;
  set_deadline(context_.limits.linger_deadline);
  return Next::Again;
}

// False: the client is gone.
bool Connection::send_pending() {
  while (!stream_pending_.empty()) {
    const ssize_t sent =
        ::send(socket_, stream_pending_.data(), stream_pending_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    stream_pending_.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::stream_write(std::string_view bytes) {
  constexpr std::size_t kStreamQueue = 64 * 1024;
  const MutexLock lock(mutex_);
  if (closed_ || stream_over_) return false;
  const bool idle = stream_pending_.empty();
  const bool fits = stream_pending_.size() + bytes.size() <= kStreamQueue;
  if (fits) stream_pending_.append(bytes);
  const bool alive = fits && (!stream_open_ || !idle || send_pending());
  if (!alive) stream_over_ = true;
  // A worker goes on when the socket takes more, or ends the stream.
  const bool needs_worker = !alive || (idle && !stream_pending_.empty());
  if (needs_worker && parked_ && stream_open_)
    arm(alive ? EPOLLIN | EPOLLRDHUP | EPOLLOUT : EPOLLIN | EPOLLOUT);
  return alive;
}

void Connection::stream_close() {
  const MutexLock lock(mutex_);
  if (closed_ || stream_over_) return;
  stream_over_ = true;
  if (parked_ && stream_open_) arm(EPOLLIN | EPOLLOUT);
}

}  // namespace zest::http
