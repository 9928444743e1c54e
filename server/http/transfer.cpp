#include "http/transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <new>

namespace zest::http {
namespace {

// More header bytes than this in an answer are a hostile receiver.
constexpr std::size_t kResponseHeaderLimit = 256 * 1024;
// libcurl takes no longer line (CURL_MAX_HTTP_HEADER).
constexpr std::size_t kResponseLineLimit = CURL_MAX_HTTP_HEADER;
// How long the bytes before a planned disconnect get to leave the machine.
constexpr Duration kFlushBeforeDisconnect{20};
// How the status line of an answer begins that is one.
constexpr std::string_view kSpoken = "HTTP/1.";

// What a callback of libcurl answers; no exception may pass through C.
template <class Answer, class Function>
Answer unless_out_of_memory(Answer without, Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return without;
  }
}

Failure classify(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return Failure::None;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Failure::Resolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
      return Failure::Connect;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::Timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
      return Failure::Tls;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Failure::BadUrl;
    default:
      return Failure::Reset;
  }
}

// How libcurl reports a header line that it does not take: since 8.6 by a code of its own.
bool is_overlong_line(CURLcode code) {
#if LIBCURL_VERSION_NUM >= 0x080600
  if (code == CURLE_TOO_LARGE) return true;
#endif
  return code == CURLE_OUT_OF_MEMORY;
}

}  // namespace

void initialise_curl() {
  static const CURLcode initialised = [] {
    // OpenSSL writes without MSG_NOSIGNAL; a receiver that hangs up must not end the process.
    std::signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT);
  }();
  static_cast<void>(initialised);
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes_ += size * count;
  if (transfer.header_bytes_ > kResponseHeaderLimit) {
    transfer.head_too_large_ = true;
    return 0;
  }
  return unless_out_of_memory<std::size_t>(0, [&] {
    transfer.header_line(std::string_view(data, size * count));
    return transfer.other_version_ ? 0 : size * count;
  });
}

void Transfer::header_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.substr(0, 5) == "HTTP/") {
    outcome_.headers = Headers();  // an interim answer came before
    head_begun_ = true;
    other_version_ = line.substr(0, kSpoken.size()) != kSpoken;
    const std::string_view status = line.substr(std::min(line.find(' '), line.size()));
    interim_ = status.substr(0, 2) == " 1" && status.substr(0, 4) != " 101";
    return;
  }
  if (line.empty()) {
    head_complete_ = !interim_;
    if (!head_complete_) return;
    kept_.answered(connection_, answer());
    if (call_.body) outcome_.before_body = body_bytes_sent() < call_.body->size();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  outcome_.headers.add(std::string(line.substr(0, colon)), std::string(value));
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t length = size * count;
  if (transfer.call_.body_sink && transfer.is_for_sink()) {
    return unless_out_of_memory<std::size_t>(
        0, [&] { return transfer.call_.body_sink(std::string_view(data, length)) ? length : 0; });
  }
  transfer.wire_bytes_ += length;
  const std::size_t kept = transfer.outcome_.body.size();
  if (kept < transfer.call_.keep_response) {
    const bool taken = unless_out_of_memory(false, [&] {
      transfer.outcome_.body.append(data, std::min(length, transfer.call_.keep_response - kept));
      return true;
    });
    if (!taken) return 0;
  }
  if (transfer.wire_bytes_ > transfer.call_.response_limit) {
    transfer.too_large_ = true;
    return 0;
  }
  return length;
}

std::size_t Transfer::on_read(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.call_.body) return transfer.next_body_bytes(buffer, size * count);
  return unless_out_of_memory<std::size_t>(CURL_READFUNC_ABORT,
                                           [&] { return transfer.next_source_bytes(buffer, size * count); });
}

int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
  const auto& transfer = *static_cast<Transfer*>(self);
  // Nothing has left yet: going on is harmless.
  const bool at_start = origin == SEEK_SET && offset == 0 && transfer.body_sent_ == 0;
  return at_start ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

// libcurl silently repeats a request when a reused connection is closed without an answer; one attempt would
// then reach the receiver twice. Once a body is on its way, there is no second connection for it.
curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.body_sent_ > 0) return CURL_SOCKET_BAD;
  return unless_out_of_memory<curl_socket_t>(CURL_SOCKET_BAD, [&] {
    transfer.opened_.reserve(transfer.opened_.size() + 1);
    const int socket =
        transfer.kept_.open(transfer.endpoint_, address->family, address->socktype, address->protocol);
    if (socket >= 0) transfer.opened_.push_back(socket);
    if (transfer.whole_) transfer.leave_in_pieces();
    return socket;
  });
}

int Transfer::on_close(void* kept, curl_socket_t socket) {
  static_cast<KeptConnections*>(kept)->close(socket);
  return 0;
}

// libcurl has a connection and is about to send the first byte.
int Transfer::on_connected(void* self, char* remote_ip, char* local_ip, int remote_port, int local_port) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.whole_ && transfer.body_sent_ > 0) {
    transfer.sent_again_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  return unless_out_of_memory(CURL_PREREQFUNC_ABORT, [&] {
    transfer.connection_ = std::string(local_ip) + " " + std::to_string(local_port) + " " + remote_ip + " " +
                           std::to_string(remote_port);
    transfer.stale_connection_ = !transfer.kept_.take(transfer.connection_, local_port, transfer.opened_);
    if (transfer.stale_connection_) return CURL_PREREQFUNC_ABORT;
    if (transfer.whole_) transfer.body_sent_ = transfer.call_.body->size();
    return CURL_PREREQFUNC_OK;
  });
}

std::size_t Transfer::body_bytes_sent() const {
  if (!whole_) return body_sent_;
  curl_off_t sent = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
  return static_cast<std::size_t>(sent);
}

std::size_t Transfer::body_end() const {
  const std::size_t size = call_.body->size();
  return call_.disconnect_after_body_bytes ? std::min(*call_.disconnect_after_body_bytes, size) : size;
}

std::size_t Transfer::next_body_bytes(char* buffer, std::size_t room) {
  const auto now = Steady::now();
  if (!body_started_) body_started_ = now;
  const std::size_t end = body_end();
  std::size_t length = std::min(room, end - body_sent_);
  if (call_.body_bytes_per_second > 0 && length > 0) {
    const double rate = static_cast<double>(call_.body_bytes_per_second);
    const double elapsed = std::chrono::duration<double>(now - *body_started_).count();
    const auto allowed = static_cast<std::size_t>(elapsed * rate) + 1;  // the first byte goes at once
    if (allowed <= body_sent_) {
      const double next = static_cast<double>(body_sent_) / rate;
      wake_at_ =
          *body_started_ + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(next));
      return CURL_READFUNC_PAUSE;
    }
    length = std::min(length, allowed - body_sent_);
  }
  if (length > 0) std::memcpy(buffer, call_.body->data() + body_sent_, length);
  body_sent_ += length;
  if (call_.disconnect_after_body_bytes && body_sent_ == end) {
    disconnect_planned_ = true;
    wake_at_ = now + kFlushBeforeDisconnect;
    if (length == 0) return CURL_READFUNC_PAUSE;
  }
  return length;
}

std::size_t Transfer::next_source_bytes(char* buffer, std::size_t room) {
  const std::optional<std::size_t> length = call_.body_source->read(buffer, room);
  if (!length) return CURL_READFUNC_ABORT;
  body_sent_ += *length;
  return *length;
}

long Transfer::status() const {
  long code = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &code);
  return code;
}

KeptConnections::Answer Transfer::answer() const {
  return status() / 100 == 2 ? KeptConnections::Answer::Success : KeptConnections::Answer::Failure;
}

bool Transfer::is_for_sink() const {
  return answer() == KeptConnections::Answer::Success &&
         outcome_.headers.find(call_.body_sink_field) != nullptr;
}

bool Transfer::on_time(Steady::time_point now) {
  if (!wake_at_ || now < *wake_at_) return true;
  if (disconnect_planned_) return false;
  wake_at_.reset();
  curl_easy_pause(handle_.get(), CURLPAUSE_CONT);
  return true;
}

Outcome Transfer::take_outcome() {
  outcome_.latency = std::chrono::duration_cast<Duration>(Steady::now() - started_);
  // Only a complete head is an answer, whatever its first lines say.
  outcome_.status = head_complete_ ? static_cast<int>(status()) : 0;
  if (!head_complete_) outcome_.headers = Headers();
  return std::move(outcome_);
}

Outcome Transfer::finish(CURLcode code) {
  Outcome outcome = take_outcome();
  if (code == CURLE_OK) {
    kept_.leave(connection_, answer());
    probes_ = false;
  }
  const bool closed = code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT && !head_begun_;
  if (closed && opened_.empty()) kept_.lost(endpoint_);
  if (too_large_) {
    outcome.failure = Failure::TooLarge;
    outcome.failure_detail = "the answer is larger than " + std::to_string(call_.response_limit) + " bytes";
  } else if (head_too_large_) {
    outcome.failure = Failure::Reset;
    outcome.failure_detail =
        "the head of the answer is larger than " + std::to_string(kResponseHeaderLimit) + " bytes";
  } else if (head_begun_ && !head_complete_ && is_overlong_line(code)) {
    outcome.failure = Failure::Reset;
    outcome.failure_detail =
        "a header line of the answer is longer than " + std::to_string(kResponseLineLimit) + " bytes";
  } else if (sent_again_ ||
             (body_sent_ > 0 && (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_FAIL_REWIND))) {
    outcome.failure = Failure::Reset;
    outcome.failure_detail = "the connection was closed without an answer";
  } else if (other_version_ || (body_sent_ > 0 && code == CURLE_UNSUPPORTED_PROTOCOL)) {
    outcome.failure = Failure::Reset;
    outcome.failure_detail = "the answer is not HTTP/1";
  } else if (code == CURLE_OK && !head_complete_) {
    outcome.failure = Failure::Reset;
    outcome.failure_detail = "the answer ends before its head is complete";
  } else {
    outcome.failure = classify(code);
    if (code != CURLE_OK)
      outcome.failure_detail = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
  }
  return outcome;
}

Outcome Transfer::cancelled() {
  Outcome outcome = take_outcome();
  outcome.failure = Failure::Cancelled;
  outcome.failure_detail = "cancelled";
  return outcome;
}

Outcome Transfer::unresolved() {
  Outcome outcome = take_outcome();
  outcome.failure = Failure::Resolve;
  outcome.failure_detail = "Could not resolve host: " + name_;
  return outcome;
}

Outcome Transfer::late_lookup() {
  Outcome outcome = take_outcome();
  outcome.failure = Failure::Timeout;
  outcome.failure_detail =
      "Resolving timed out after " + std::to_string(outcome.latency.count()) + " milliseconds";
  return outcome;
}

Outcome Transfer::disconnected() {
  Outcome outcome = take_outcome();
  outcome.failure = Failure::Reset;
  outcome.failure_detail =
      "disconnected on purpose after " + std::to_string(body_sent_) + " bytes of the body";
  return outcome;
}

}  // namespace zest::http
