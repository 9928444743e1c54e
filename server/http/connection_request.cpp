// The half of a connection that takes requests in: header block, body, and the call of the handler.
#include <sys/socket.h>

#include <algorithm>

#include "http/connection.h"
#include "http/request_head.h"

namespace zest::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// A responder of the epoll listener.
class ConnectionResponder final : public Responder::Impl {
 public:
  explicit ConnectionResponder(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  bool send(Response response) override { return connection_->answer(std::move(response)); }
  std::shared_ptr<Responder::StreamWriter> stream(Response head) override;
  bool client_gone() const override { return connection_->client_gone(); }
  void abandon() override { connection_->abandon(); }

 private:
  std::shared_ptr<Connection> connection_;
};

class ConnectionStream final : public Responder::StreamWriter {
 public:
  explicit ConnectionStream(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~ConnectionStream() override { connection_->stream_close(); }
  bool write(std::string_view bytes) override { return connection_->stream_write(bytes); }
  void close() override { connection_->stream_close(); }
  bool client_gone() override { return connection_->client_gone(); }

 private:
  std::shared_ptr<Connection> connection_;
};

std::shared_ptr<Responder::StreamWriter> ConnectionResponder::stream(Response head) {
  if (!connection_->answer_with_stream(std::move(head))) return nullptr;
  return std::make_shared<ConnectionStream>(connection_);
}

}  // namespace

Connection::Next Connection::read_head(Scratch& scratch) {
  if (context_.stopping) return Next::Close;
  while (true) {
    if (!input_.empty()) {
      if (std::exchange(input_new_, false)) set_deadline(context_.limits.header_deadline);
      switch (gate_.scan(input_)) {
        case Gate::Verdict::Complete:
          return start_request();
        case Gate::Verdict::Refused:
          return refuse_head(gate_.problem());
        case Gate::Verdict::NeedMore:
          break;
      }
    }
    const ssize_t length = receive(scratch);
    // An empty line by itself is no request (see Gate).
    const bool begun = input_.find_first_not_of("\r\n") != std::string::npos;
    // A request that begins just then is taken all the same.
    const bool just_begins = input_.empty() && length > 0;
    if (deadline_passed() && !just_begins) {
      return begun ? refuse_head({Refusal::RequestTimeout, "its header block does not end"}) : Next::Close;
    }
    if (length == -1) return Next::WaitRead;
    // Who closed only its own half still reads an answer.
    if (length == 0 && begun) return refuse_head({Refusal::MalformedRequest, "its header block ends early"});
    if (length <= 0) return Next::Close;
    input_.append(scratch.data(), static_cast<std::size_t>(length));
  }
}

Connection::Next Connection::refuse_head(const Problem& problem) {
  head_ = gate_.understood(input_);
  head_.peer = peer_;
  framing_ = Framing();
  return refuse(problem);
}

Connection::Next Connection::start_request() {
  const GatedHead gated = gate_.head(input_);
  minor_version_ = gated.minor_version;
  auto parsed = request_head(gated);
  const auto* unparsed = std::get_if<Problem>(&parsed);
  head_ = unparsed ? gate_.understood(input_) : std::get<RequestHead>(std::move(parsed));
  head_.peer = peer_;
  head_.local_port = static_cast<std::uint16_t>(context_.port);
  input_.erase(0, gated.length);
  gate_.reset();
  framing_ = Framing();
  if (unparsed) return refuse(*unparsed);
  auto framed = read_framing(head_, minor_version_);
  if (const auto* problem = std::get_if<Problem>(&framed)) return refuse(*problem);
  framing_ = std::get<Framing>(framed);
  return begin_request();
}

Connection::Next Connection::begin_request() {
  Refusal failed = Refusal::HandlerFailed;
  auto begun = guarded(context_.log, "begin", failed,
                       [&handler = context_.handler, head = &head_] { return handler.begin(*head); });
  if (!begun) return refuse({failed, "unexpected exception"}, framing_.has_body());
  if (auto* answer = std::get_if<Response>(&*begun)) return send(std::move(*answer), framing_.has_body());
  return take_body(std::get<TakeBody>(std::move(*begun)));
}

Connection::Next Connection::take_body(TakeBody take) {
  body_.emplace(std::move(take), context_.limits);
  if (auto stop = body_->begin(head_, framing_)) return stop_body(std::move(*stop));
  if (!framing_.has_body()) return finish_body();
  chunked_ = ChunkedDecoder();
  body_left_ = framing_.length;
  phase_ = Phase::Body;
  body_pace_.begin(Steady::now());
  set_deadline(body_pace_.deadline(context_.limits));
  if (framing_.expects_continue && input_.empty() &&
      ::send(socket_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
          static_cast<ssize_t>(kContinue.size())) {
    return Next::Close;
  }
  return Next::Again;
}

Connection::Next Connection::read_body(Scratch& scratch) {
  if (context_.stopping) return Next::Close;
  std::size_t used = 0;
  if (!input_.empty()) {
    const std::string early = std::move(input_);
    input_.clear();
    const auto next = body_bytes(early, used);
    input_ = early.substr(used);
    if (next) return *next;
  }
  for (int reads = 0; reads < kReadsInARow; ++reads) {
    const ssize_t length = receive(scratch);
    if ((length == 0 || length == -1) && deadline_passed()) {
      return refuse({Refusal::RequestTimeout, "its body comes too slowly"});
    }
    if (length == -1) return Next::WaitRead;
    if (length == 0) return refuse({Refusal::MalformedRequest, "its body ends early"});
    if (length < 0) return Next::Close;
    body_pace_.moved(static_cast<std::uint64_t>(length), Steady::now());
    set_deadline(body_pace_.deadline(context_.limits));
    const std::string_view bytes(scratch.data(), static_cast<std::size_t>(length));
    const auto next = body_bytes(bytes, used);
    if (used < bytes.size()) input_.assign(bytes.substr(used));
    if (next) return *next;
  }
  return Next::WaitRead;
}

std::optional<Connection::Next> Connection::body_bytes(std::string_view bytes, std::size_t& used) {
  std::optional<BodyStop> stop;
  bool complete = false;
  if (framing_.chunked) {
    BodyReader& body = *body_;
    used = chunked_.feed(bytes, [&body, &stop](std::string_view content) {
      stop = body.feed(content);
      return !stop;
    });
    if (!stop && chunked_.problem()) stop = Problem{Refusal::MalformedRequest, *chunked_.problem()};
    complete = chunked_.done();
  } else {
    used = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, bytes.size()));
    body_left_ -= used;
    stop = body_->feed(bytes.substr(0, used));
    complete = body_left_ == 0;
  }
  if (stop) return stop_body(std::move(*stop));
  if (!memory_.hold(body_->in_memory())) return refuse({Refusal::TooManyBytes, ""});
  if (!complete) return std::nullopt;
  return finish_body();
}

Connection::Next Connection::finish_body() {
  if (auto stop = body_->finish()) return stop_body(std::move(*stop));
  Request request;
  request.head = head_;
  request.body = body_->take_bytes();
  request.body_file = body_->take_file();
  request.parts = body_->take_parts();
  request.call = body_->take_call();
  const Crew::Away away(body_->may_wait() ? &context_.crew : nullptr);
  body_.reset();
  phase_ = Phase::Handling;
  clear_deadline();
  guarded(context_.log, "finish", unanswered_, [&] {
    Responder responder(std::make_unique<ConnectionResponder>(shared_from_this()));
    context_.handler.finish(std::move(request), std::move(responder));
    return true;
  });
  return Next::Again;
}

Connection::Next Connection::stop_body(BodyStop stop) {
  if (const auto* problem = std::get_if<Problem>(&stop)) return refuse(*problem);
  return send(std::get<Response>(std::move(stop)), true);
}

}  // namespace zest::http
