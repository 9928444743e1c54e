// The portable listener: cpp-httplib's own server, tuned. Each connection and each waiting answer holds one
// of its threads, and it is open to slow clients, so it is for loopback only.
#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "base/thread_name.h"
#include "http/body.h"
#include "http/framing.h"
#include "http/gate.h"
#include "http/outgoing.h"
#include "http/pace.h"
#include "http/responder.h"
#include "http/socket.h"
#include "http/stock_responder.h"

namespace zest::http {
namespace {

constexpr int kStockBacklog = 1024;
constexpr std::size_t kStockWorkers = 64;
// Marks answers that are complete, in a member that only clients of the library use.
constexpr const char* kComplete = "complete";

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

bool is_own_header(const std::string& name) {
  return name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" || name == "LOCAL_PORT";
}

// What the library made of a head, looked at by the gate. What the library dropped or decoded on its way
// (lines that are no header, headers without a value, percent signs in values) the gate cannot see.
struct SecondLook {
  enum class At { RequestLine, WholeHead };
  RequestHead head;
  std::optional<Problem> problem;

  SecondLook(const httplib::Request& request, const Limits& limits, At what = At::WholeHead) {
    std::string text = request.method + " " + request.target + " " + request.version + "\r\n";
    for (const auto& [name, value] : request.headers) {
      if (what == At::RequestLine || is_own_header(name)) continue;
      std::string line = name + ": " + value;
      // The library decodes line ends into values; to the gate they are control characters like others.
      std::replace(line.begin(), line.end(), '\n', '\0');
      text.append(line).append("\r\n");
    }
    if (what == At::WholeHead) text.append("\r\n");
    Gate gate(limits);
    if (gate.scan(text) == Gate::Verdict::Refused) problem = gate.problem();
    head = gate.understood(text);
    head.peer = request.remote_addr;
    head.local_port = static_cast<std::uint16_t>(request.local_port);
  }
};

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
    ::listen(listening_, kStockBacklog);
    thread_ = std::thread([this] {
      name_thread("http-accept");
      server_.listen_after_bind();
    });
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
    server_.set_read_timeout(std::max(limits_.header_deadline, limits_.body_idle));
    server_.set_write_timeout(limits_.body_idle);
    server_.set_socket_options([this](socket_t socket) {
      const int on = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      listening_ = socket;
    });
  }

  static int minor_version(const httplib::Request& request) { return request.version == "HTTP/1.1" ? 1 : 0; }

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
      if (response.reason != kComplete) refuse_unread(request, response);
      return Routed::Handled;  // also has the library count the body's length
    };
    server_.set_error_handler(on_error);
    // Whom the head alone refuses is told before it sends its body.
    server_.set_expect_100_continue_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
          return ask_first(request, response) ? 100 : response.status;
        });
    server_.set_exception_handler(
        [this](const httplib::Request& request, httplib::Response& response, const std::exception_ptr&) {
          log_.error("unexpected exception in a request");
          refuse({Refusal::HandlerFailed, "unexpected exception"}, SecondLook(request, limits_).head, request,
                 response);
        });
  }

  // The library gave up on a request, mostly on its head, of which it tells the request line. What it left
  // unread ends the connection.
  void refuse_unread(const httplib::Request& request, httplib::Response& response) {
    static constexpr std::array<std::string_view, 9> kKnown = {
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    const SecondLook look(request, limits_, SecondLook::At::RequestLine);
    const auto refuse_as = [&](Refusal refusal, std::string_view what) {
      refuse({refusal, std::string(what)}, look.head, request, response, true);
    };
    if (response.status >= 500) return refuse_as(Refusal::HandlerFailed, "unexpected failure");
    if (response.status == 414) return refuse_as(Refusal::UriTooLong, "the target is too long");
    if (look.problem) return refuse_as(look.problem->refusal, look.problem->what);
    if (std::find(kKnown.begin(), kKnown.end(), request.method) == kKnown.end()) {
      Refusal failed = Refusal::HandlerFailed;
      auto begun = guarded(log_, "begin", failed, [&] { return handler_.begin(look.head); });
      auto* answer = begun ? std::get_if<Response>(&*begun) : nullptr;
      if (answer) return put(std::move(*answer), request, response, true);
    }
    if (response.status != 400) return refuse_as(Refusal::MalformedRequest, "the request is malformed");
    // Too large, late or cut short: the library does not tell which.
    refuse_as(Refusal::HeadersTooLarge, "a header is longer than 8 KiB, or the headers do not end");
  }

  // Before a client that asks for it sends its body: false when it need not, having been answered.
  bool ask_first(const httplib::Request& request, httplib::Response& response) {
    const SecondLook look(request, limits_);
    if (look.problem) return true;  // serve() refuses it
    const auto framed = read_framing(look.head, minor_version(request));
    const auto* framing = std::get_if<Framing>(&framed);
    if (framing == nullptr || !framing->has_body()) return true;
    Refusal failed = Refusal::HandlerFailed;
    auto begun = guarded(log_, "begin", failed, [&] { return handler_.begin(look.head); });
    if (!begun) return true;
    const_cast<httplib::Request&>(request).ranges.clear();  // see serve()
    if (auto* answer = std::get_if<Response>(&*begun)) {
      put(std::move(*answer), request, response, true);
      return false;
    }
    BodyReader body(std::get<TakeBody>(std::move(*begun)), limits_);
    auto stop = body.begin(look.head, *framing);
    if (!stop) return true;
    put_stop(std::move(*stop), body, look.head, request, response);
    return false;
  }

  void serve(const httplib::Request& request, httplib::Response& response,
             const httplib::ContentReader* reader) {
    const SecondLook look(request, limits_);
    const RequestHead& head = look.head;
    // The request object is the library's own and not const: it must neither compress, nor cut ranges out of
    // answers, nor parse multipart itself.
    auto& own = const_cast<httplib::Request&>(request);
    own.headers.erase("Accept-Encoding");
    own.headers.erase("Content-Type");
    own.ranges.clear();
    if (look.problem) return refuse(*look.problem, head, request, response, true);
    auto framed = read_framing(head, minor_version(request));
    if (const auto* problem = std::get_if<Problem>(&framed))
      return refuse(*problem, head, request, response, true);
    const auto& framing = std::get<Framing>(framed);
    // The library reads no body of a GET: what is there stays unread and ends the connection.
    const bool unread = framing.has_body() && !reader;
    Refusal failed = Refusal::HandlerFailed;
    auto begun = guarded(log_, "begin", failed, [&] { return handler_.begin(head); });
    if (!begun) return refuse({failed, "unexpected exception"}, head, request, response, true);
    if (auto* answer = std::get_if<Response>(&*begun)) {
      if (framing.has_body() && !unread) discard(*reader);
      return put(std::move(*answer), request, response, framing.has_body());
    }
    Request taken;
    BodyReader body(std::get<TakeBody>(std::move(*begun)), limits_);
    if (auto stop = read_body(body, head, framing, reader)) {
      return put_stop(std::move(*stop), body, head, request, response);
    }
    taken.head = head;
    taken.body = body.take_bytes();
    taken.body_file = body.take_file();
    taken.parts = body.take_parts();
    taken.call = body.take_call();
    finish(std::move(taken), head, request, response, unread);
  }

  std::optional<BodyStop> read_body(BodyReader& body, const RequestHead& head, const Framing& framing,
                                    const httplib::ContentReader* reader) {
    const bool readable = framing.has_body() && reader != nullptr;
    auto stop = body.begin(head, framing);
    if (stop) {
      if (readable) discard(*reader);
      return stop;
    }
    if (readable) {
      Pace pace;
      pace.begin(std::chrono::steady_clock::now());
      std::optional<std::chrono::steady_clock::time_point> linger;
      const bool complete = (*reader)([&](const char* data, std::size_t length) {
        const auto now = std::chrono::steady_clock::now();
        if (linger) return now < *linger;
        if (now > pace.deadline(limits_))
          stop = Problem{Refusal::RequestTimeout, "its body comes too slowly"};
        pace.moved(length, now);
        if (!stop) stop = body.feed(std::string_view(data, length));
        if (stop) linger = now + limits_.linger_deadline;
        return true;
      });
      if (!stop && !complete) stop = Problem{Refusal::RequestTimeout, "its body comes too slowly"};
    }
    return stop ? std::move(stop) : body.finish();
  }

  // Lets a refused client finish sending, so that it reads its answer.
  void discard(const httplib::ContentReader& reader) {
    const auto until = std::chrono::steady_clock::now() + limits_.linger_deadline;
    reader([until](const char*, std::size_t) { return std::chrono::steady_clock::now() < until; });
  }

  void finish(Request taken, const RequestHead& head, const httplib::Request& request,
              httplib::Response& response, bool close) {
    const auto slot = std::make_shared<Slot>();
    Refusal failed = Refusal::HandlerFailed;
    guarded(log_, "finish", failed, [&] {
      handler_.finish(std::move(taken), Responder(std::make_unique<StockResponder>(slot)));
      return true;
    });
    Slot::Answer answer = slot->wait(stopping_, limits_.linger_deadline);
    if (!answer.response) return refuse({failed, "no answer"}, head, request, response, close);
    if (!answer.stream) return put(std::move(*answer.response), request, response, close);
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
              httplib::Response& response, bool close = false, const AdmittedCall* call = nullptr) {
    put(refuse_with(handler_, log_, problem.refusal, problem.what, head, call), request, response, close);
  }

  void put_stop(BodyStop stop, const BodyReader& body, const RequestHead& head,
                const httplib::Request& request, httplib::Response& response) {
    if (auto* problem = std::get_if<Problem>(&stop))
      return refuse(*problem, head, request, response, true, body.call());
    put(std::get<Response>(std::move(stop)), request, response, true);
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
    if (!answer.headers.find("Date")) response.set_header("Date", date_now());
  }

  // `close`: bytes of the request may be unread, so that the next request could not be found.
  void put(Response answer, const httplib::Request& request, httplib::Response& response, bool close) {
    if (answer.drop_connection) return cut_connection(request);
    put_head(answer, response);
    const std::string* const type = answer.headers.find("Content-Type");
    const std::string content_type = type ? *type : "application/octet-stream";
    if (close) response.set_header("Connection", "close");
    const bool spoilt = answer.cut || answer.bytes_per_second > 0;
    if (spoilt && !answer.body.empty()) return put_spoilt(std::move(answer), content_type, response);
    if (answer.file) {
      put_file(answer, content_type, response);
    } else if (close && !answer.body.empty()) {
      // A provider that answers false in the end is the one way to have the library close the connection, and
      // it is not called for HEAD, whose client then gets a body with the end of its connection.
      const_cast<httplib::Request&>(request).method = "GET";
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

  // A body that is cut or trickles.
  void put_spoilt(Response answer, const std::string& content_type, httplib::Response& response) {
    const std::size_t size = answer.body.size();
    std::size_t end = size;
    if (answer.cut) end = std::min<std::size_t>(answer.cut->after.value_or(size / 2), size - 1);
    const auto rate = static_cast<std::size_t>(answer.bytes_per_second);
    response.set_content_provider(size, content_type,
                                  [this, end, rate, body = std::move(answer.body)](
                                      std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                    const std::size_t piece =
                                        rate == 0 || stopping_ ? end : std::max<std::size_t>(rate / 10, 1);
                                    if (offset < end)
                                      sink.write(body.data() + offset, std::min(piece, end - offset));
                                    if (rate > 0 && !stopping_)
                                      std::this_thread::sleep_for(std::chrono::milliseconds(100));
                                    return offset + piece < end || end == body.size();
                                  });
  }

  void put_file(const Response& answer, const std::string& content_type, httplib::Response& response) {
    struct stat status {};
    if (::fstat(answer.file->get(), &status) != 0 || status.st_size == 0) return;
    response.set_content_provider(
        static_cast<std::size_t>(status.st_size), content_type,
        [file = answer.file](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
          std::string piece(std::min<std::size_t>(length, 64 * 1024), '\0');
          const ssize_t read = ::pread(file->get(), piece.data(), piece.size(), static_cast<off_t>(offset));
          return read > 0 && sink.write(piece.data(), static_cast<std::size_t>(read));
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
