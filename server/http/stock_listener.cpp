// The portable listener: cpp-httplib's own server, tuned. Each connection and each waiting answer holds one
// of its threads, and it is open to slow clients, so it is for loopback only.
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/mutex.h"
#include "http/body.h"
#include "http/framing.h"
#include "http/responder.h"
#include "http/socket.h"

namespace zest::http {
namespace {

constexpr int kBacklog = 1024;
constexpr std::size_t kStockWorkers = 64;
constexpr std::size_t kStreamQueue = 64 * 1024;
// Marks answers that are complete, in a member that only clients of the library use.
constexpr const char* kComplete = "complete";

class StockStream final : public Responder::StreamWriter {
 public:
  bool write(std::string_view bytes) override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (closed_) return false;
    if (queue_.size() + bytes.size() > kStreamQueue) closed_ = true;
    queue_.append(bytes);
    changed_.notify_all();
    return !closed_;
  }
  void close() override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // Waits for bytes, but not for long, so that a stop is noticed. False: the stream is over.
  bool take(std::string& bytes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (queue_.empty() && !closed_) {
      changed_.wait_until(mutex_, std::chrono::steady_clock::now() + Duration(100));
    }
    bytes = std::exchange(queue_, {});
    return !bytes.empty() || !closed_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::string queue_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

// What a request's thread waits for.
class Slot {
 public:
  struct Answer {
    std::optional<Response> response;  // nothing: abandoned
    std::shared_ptr<StockStream> stream;
  };
  void put(Answer answer) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
    changed_.notify_all();
  }
  // Once `stopping`, an answer that does not come within `linger` is not waited for.
  Answer wait(const std::atomic<bool>& stopping, Duration linger) EXCLUDES(mutex_) {
    using Steady = std::chrono::steady_clock;
    constexpr Duration kLook{50};
    std::optional<Steady::time_point> give_up;
    const MutexLock lock(mutex_);
    while (!answer_) {
      const auto now = Steady::now();
      if (stopping && !give_up) give_up = now + linger;
      if (give_up && now >= *give_up) return Answer();
      changed_.wait_until(mutex_, now + kLook);
    }
    return std::move(*answer_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<Answer> answer_ GUARDED_BY(mutex_);
};

class StockResponder final : public Responder::Impl {
 public:
  explicit StockResponder(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
  bool send(Response response) override {
    slot_->put({std::move(response), nullptr});
    return true;
  }
  std::shared_ptr<Responder::StreamWriter> stream(Response head) override {
    auto stream = std::make_shared<StockStream>();
    slot_->put({std::move(head), stream});
    return stream;
  }
  void abandon() override { slot_->put({std::nullopt, nullptr}); }

 private:
  std::shared_ptr<Slot> slot_;
};

// The library shows its handlers no socket: it is looked up by the client's port.
void cut_connection(const httplib::Request& request) {
  for (int descriptor = 0; descriptor < ::getdtablesize() && descriptor < 65536; ++descriptor) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length) != 0) continue;
    if (peer.ss_family != AF_INET && peer.ss_family != AF_INET6) continue;
    const in_port_t port = peer.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(peer).sin_port
                                                     : reinterpret_cast<const sockaddr_in6&>(peer).sin6_port;
    if (ntohs(port) != request.remote_port || local_port(descriptor) != request.local_port) continue;
    reset_on_close(descriptor);
    ::shutdown(descriptor, SHUT_RDWR);
    return;
  }
}

RequestHead to_head(const httplib::Request& request) {
  RequestHead head;
  head.method = request.method;
  head.target = request.target;
  head.path = head.target.substr(0, head.target.find('?'));
  if (head.path.size() < head.target.size()) head.query = head.target.substr(head.path.size() + 1);
  for (const auto& [name, value] : request.headers) {
    const bool own =
        name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" || name == "LOCAL_PORT";
    if (!own) head.headers.add(name, value);
  }
  head.peer = request.remote_addr;
  head.local_port = static_cast<std::uint16_t>(request.local_port);
  return head;
}

class StockListener final : public Listener {
 public:
  StockListener(const ListenOptions& options, Handler& handler, Log& log)
      : limits_(options.limits), handler_(handler), log_(log) {
    tune(std::max<std::size_t>(kStockWorkers, static_cast<std::size_t>(std::max(options.workers, 1))));
    route();
  }
  ~StockListener() override { halt(); }

  Result<void> listen(const std::string& host, int port) {
    const bool bound =
        port == 0 ? (port_ = server_.bind_to_any_port(host)) > 0 : server_.bind_to_port(host, port);
    if (!bound) {
      auto reason = listen_on(host, port);
      if (!reason.ok()) return std::move(reason).error();
      return make_error(ErrorKind::InvalidRequest,
                        "cannot listen at port " + std::to_string(port) + " on " + host);
    }
    if (port != 0) port_ = port;
    // The library asks for a backlog of five connections.
    ::listen(listening_, kBacklog);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // A stop before the library is running would be lost.
    while (!server_.is_running()) std::this_thread::yield();
    return {};
  }

  int port() const override { return port_; }
  void stop() override { halt(); }
  bool hardened() const override { return false; }

 private:
  void halt() {
    stopping_ = true;
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void tune(std::size_t workers) {
    server_.new_task_queue = [workers] { return new httplib::ThreadPool(workers); };
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(1'000'000);
    server_.set_keep_alive_timeout(5);
    server_.set_read_timeout(limits_.header_deadline);
    server_.set_write_timeout(limits_.body_deadline);
    server_.set_socket_options([this](socket_t socket) {
      const int on = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      listening_ = socket;
    });
  }

  void route() {
    using Routed = httplib::Server::HandlerResponse;
    server_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      const bool reads_body = request.method == "POST" || request.method == "PUT" ||
                              request.method == "PATCH" || request.method == "DELETE";
      if (reads_body && request.target.size() <= limits_.target_bytes) return Routed::Unhandled;
      serve(request, response, nullptr);
      return Routed::Handled;
    });
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& reader) {
      serve(request, response, &reader);
    };
    const std::string everything = R"([\s\S]*)";
    server_.Post(everything, with_body);
    server_.Put(everything, with_body);
    server_.Patch(everything, with_body);
    server_.Delete(everything, with_body);
    const httplib::Server::HandlerWithResponse on_error = [this](const httplib::Request& request,
                                                                 httplib::Response& response) {
      if (response.reason == kComplete) return Routed::Unhandled;
      const Refusal refusal = response.status == 414   ? Refusal::UriTooLong
                              : response.status == 413 ? Refusal::BodyTooLarge
                              : response.status >= 500 ? Refusal::HandlerFailed
                                                       : Refusal::MalformedRequest;
      refuse({refusal, "the request is malformed"}, to_head(request), request, response);
      return Routed::Handled;
    };
    server_.set_error_handler(on_error);
    server_.set_exception_handler(
        [this](const httplib::Request& request, httplib::Response& response, const std::exception_ptr&) {
          log_.error("unexpected exception in a request");
          refuse({Refusal::HandlerFailed, "unexpected exception"}, to_head(request), request, response);
        });
  }

  // What the library lets through and should not.
  std::optional<Problem> check(const RequestHead& head, const httplib::Request& request) const {
    if (head.target.size() > limits_.target_bytes)
      return Problem{Refusal::UriTooLong, "the target is too long"};
    std::size_t bytes = 0;
    for (const auto& [name, value] : head.headers.fields()) {
      bytes += name.size() + value.size() + 4;
      const bool broken = std::any_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' && c != '\t';
      });
      if (broken) return Problem{Refusal::MalformedRequest, "a header has a control character"};
    }
    if (bytes > limits_.header_bytes || head.headers.fields().size() > limits_.header_count) {
      return Problem{Refusal::HeadersTooLarge, "the header block is too large"};
    }
    if (head.headers.count("Host") > 1 || (request.version == "HTTP/1.1" && !head.headers.find("Host"))) {
      return Problem{Refusal::MalformedRequest, "exactly one Host is needed"};
    }
    return std::nullopt;
  }

  void serve(const httplib::Request& request, httplib::Response& response,
             const httplib::ContentReader* reader) {
    RequestHead head = to_head(request);
    // The request object is the library's own and not const: it must neither compress, nor cut ranges out of
    // answers, nor parse multipart itself.
    auto& own = const_cast<httplib::Request&>(request);
    own.headers.erase("Accept-Encoding");
    own.headers.erase("Content-Type");
    own.ranges.clear();
    if (auto problem = check(head, request)) return refuse(*problem, head, request, response, true);
    auto framed = read_framing(head, request.version == "HTTP/1.1" ? 1 : 0);
    if (const auto* problem = std::get_if<Problem>(&framed))
      return refuse(*problem, head, request, response, true);
    const auto& framing = std::get<Framing>(framed);
    if (framing.has_body() && !reader) {
      return refuse({Refusal::MalformedRequest, head.method + " takes no body"}, head, request, response,
                    true);
    }
    auto begun = guarded(log_, "begin", [&] { return handler_.begin(head); });
    if (!begun)
      return refuse({Refusal::HandlerFailed, "unexpected exception"}, head, request, response, true);
    if (auto* answer = std::get_if<Response>(&*begun)) {
      if (framing.has_body()) discard(*reader);
      return put(std::move(*answer), request, response, framing.has_body());
    }
    Request taken;
    BodyReader body(std::get<TakeBody>(std::move(*begun)), limits_);
    if (auto stop = read_body(body, head, framing, reader)) {
      if (auto* problem = std::get_if<Problem>(&*stop))
        return refuse(*problem, head, request, response, true);
      return put(std::get<Response>(std::move(*stop)), request, response, true);
    }
    taken.head = head;
    taken.body = body.take_bytes();
    taken.parts = body.take_parts();
    finish(std::move(taken), head, request, response);
  }

  std::optional<BodyStop> read_body(BodyReader& body, const RequestHead& head, const Framing& framing,
                                    const httplib::ContentReader* reader) {
    auto stop = body.begin(head, framing);
    if (stop) {
      if (framing.has_body()) discard(*reader);
      return stop;
    }
    if (framing.has_body()) {
      const auto give_up = std::chrono::steady_clock::now() + limits_.body_deadline;
      std::optional<std::chrono::steady_clock::time_point> linger;
      const bool complete = (*reader)([&](const char* data, std::size_t length) {
        const auto now = std::chrono::steady_clock::now();
        if (linger) return now < *linger;
        if (now > give_up) stop = Problem{Refusal::BodyTimeout, "the body took too long"};
        if (!stop) stop = body.feed(std::string_view(data, length));
        if (stop) linger = now + limits_.linger_deadline;
        return true;
      });
      if (!stop && !complete) stop = Problem{Refusal::BodyTimeout, "the body did not arrive"};
    }
    return stop ? std::move(stop) : body.finish();
  }

  // Lets a refused client finish sending, so that it reads its answer.
  void discard(const httplib::ContentReader& reader) {
    const auto until = std::chrono::steady_clock::now() + limits_.linger_deadline;
    reader([until](const char*, std::size_t) { return std::chrono::steady_clock::now() < until; });
  }

  void finish(Request taken, const RequestHead& head, const httplib::Request& request,
              httplib::Response& response) {
    const auto slot = std::make_shared<Slot>();
    guarded(log_, "finish", [&] {
      handler_.finish(std::move(taken), Responder(std::make_unique<StockResponder>(slot)));
      return true;
    });
    Slot::Answer answer = slot->wait(stopping_, limits_.linger_deadline);
    if (!answer.response) return refuse({Refusal::HandlerFailed, "no answer"}, head, request, response);
    if (!answer.stream) return put(std::move(*answer.response), request, response, false);
    put_head(*answer.response, response);
    response.set_header("Connection", "close");
    const std::string* const type = answer.response->headers.find("Content-Type");
    response.set_content_provider(
        type ? *type : "application/octet-stream",
        [this, stream = answer.stream](std::size_t, httplib::DataSink& sink) {
          std::string bytes;
          // False closes the connection, which is what ends a body of unknown length.
          if (stopping_ || !stream->take(bytes)) return false;
          return bytes.empty() ? true : sink.write(bytes.data(), bytes.size());
        },
        [stream = answer.stream](bool) { stream->close(); });
  }

  void refuse(const Problem& problem, const RequestHead& head, const httplib::Request& request,
              httplib::Response& response, bool close = false) {
    put(refuse_with(handler_, log_, problem.refusal, problem.what, head), request, response, close);
  }

  static void put_head(const Response& answer, httplib::Response& response) {
    response.status = answer.status;
    response.reason = kComplete;
    response.headers.clear();
    for (const auto& [name, value] : answer.headers.fields()) {
      const bool framing =
          equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Connection") ||
          equal_ignoring_case(name, "Transfer-Encoding") || equal_ignoring_case(name, "Content-Type");
      if (!framing) response.set_header(name, value);
    }
  }

  // `close`: bytes of the request may be unread, so that the next request could not be found.
  void put(Response answer, const httplib::Request& request, httplib::Response& response, bool close) {
    if (answer.drop_connection) return cut_connection(request);
    put_head(answer, response);
    const std::string* const type = answer.headers.find("Content-Type");
    const std::string content_type = type ? *type : "application/octet-stream";
    if (close) response.set_header("Connection", "close");
    if (!answer.file.empty()) {
      put_file(answer, content_type, response);
    } else if (close && !answer.body.empty()) {
      // A provider that answers false in the end is the one way to have the library close the connection.
      const std::size_t size = answer.body.size();
      response.set_content_provider(
          size, content_type,
          [body = std::move(answer.body)](std::size_t offset, std::size_t, httplib::DataSink& sink) {
            sink.write(body.data() + offset, body.size() - offset);
            return false;
          });
    } else if (!answer.body.empty() || type) {
      response.set_content(answer.body, content_type);
    }
  }

  void put_file(const Response& answer, const std::string& content_type, httplib::Response& response) {
    const auto file = std::make_shared<std::ifstream>(answer.file, std::ios::binary);
    std::error_code failed;
    const auto size = std::filesystem::file_size(answer.file, failed);
    if (failed || !*file || size == 0) return;
    response.set_content_provider(static_cast<std::size_t>(size), content_type,
                                  [file](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
                                    std::string piece(std::min<std::size_t>(length, 64 * 1024), '\0');
                                    file->seekg(static_cast<std::streamoff>(offset));
                                    file->read(piece.data(), static_cast<std::streamsize>(piece.size()));
                                    const auto read = static_cast<std::size_t>(file->gcount());
                                    return read > 0 && sink.write(piece.data(), read);
                                  });
  }

  const Limits limits_;
  Handler& handler_;
  Log& log_;
  httplib::Server server_;
  socket_t listening_ = INVALID_SOCKET;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Listener>> start_stock_listener(const ListenOptions& options, Handler& handler,
                                                       Log& log) {
  auto listener = std::make_unique<StockListener>(options, handler, log);
  RETURN_IF_ERROR(listener->listen(options.host, options.port));
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace zest::http
