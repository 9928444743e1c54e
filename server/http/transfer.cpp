#include "http/transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "base/url.h"

namespace zest::http {
namespace {

// More header bytes than this in an answer are a hostile receiver.
constexpr std::size_t kResponseHeaderLimit = 256 * 1024;
// libcurl takes no longer line (CURL_MAX_HTTP_HEADER).
constexpr std::size_t kResponseLineLimit = CURL_MAX_HTTP_HEADER;
// libcurl closes connections that idled longer when it next looks at them. KeptConnections is stricter.
constexpr long kIdleConnectionSeconds = 1;
// How long the bytes before a planned disconnect get to leave the machine.
constexpr Duration kFlushBeforeDisconnect{20};

struct CurlUrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// "" when the URL has no such part.
std::string part_of(CURLU* url, CURLUPart part, unsigned int flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

template <class Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  curl_easy_setopt(handle, option, value);
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

bool is_token(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127 && c != ':'; });
}

// A line break in a value would smuggle in further header fields.
std::string without_control_characters(const std::string& value) {
  std::string clean;
  for (const char c : value) {
    if (static_cast<unsigned char>(c) >= ' ' || c == '\t') clean.push_back(c);
  }
  return clean;
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

Transfer::Transfer(Call call, CurlEasy handle, KeptConnections& kept)
    : call_(std::move(call)), kept_(kept), handle_(std::move(handle)) {
  set_up();
}

Transfer::~Transfer() {
  if (probes_) kept_.give_up_probe(endpoint_);
}

void Transfer::set_up() {
  CURL* const easy = handle_.get();
  set_option(easy, CURLOPT_URL, call_.url.c_str());
  set_option(easy, CURLOPT_PRIVATE, this);
  set_option(easy, CURLOPT_ERRORBUFFER, error_text_);
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_PROXY, "");
  set_option(easy, CURLOPT_PATH_AS_IS, 1L);
  set_option(easy, CURLOPT_MAXAGE_CONN, kIdleConnectionSeconds);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Should libcurl look a name up after all, its thread is not waited for.
  set_option(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  set_timeout(call_.timeout);
  if (!call_.ca_file.empty()) set_option(easy, CURLOPT_CAINFO, call_.ca_file.c_str());
  set_option(easy, CURLOPT_SSL_VERIFYPEER, call_.verify_tls ? 1L : 0L);
  set_option(easy, CURLOPT_SSL_VERIFYHOST, call_.verify_tls ? 2L : 0L);
  set_option(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set_option(easy, CURLOPT_HEADERDATA, this);
  set_option(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set_option(easy, CURLOPT_WRITEDATA, this);
  set_up_connection();
  set_up_method();
  set_up_headers();
}

void Transfer::set_up_connection() {
  CURL* const easy = handle_.get();
  const Result<HttpUrl> url = parse_http_url(call_.url);
  endpoint_ = url.ok() ? url->origin() : call_.url;
  const KeptConnections::Use use = kept_.plan(endpoint_);
  probes_ = use == KeptConnections::Use::Probe;
  set_option(easy, CURLOPT_FRESH_CONNECT, use == KeptConnections::Use::Any ? 0L : 1L);
  set_option(easy, CURLOPT_FORBID_REUSE, use == KeptConnections::Use::Once ? 1L : 0L);
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  set_option(easy, CURLOPT_OPENSOCKETDATA, this);
  // A connection outlives its transfer.
  set_option(easy, CURLOPT_CLOSESOCKETFUNCTION, &Transfer::on_close);
  set_option(easy, CURLOPT_CLOSESOCKETDATA, &kept_);
  set_option(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
  set_option(easy, CURLOPT_PREREQDATA, this);
}

void Transfer::set_timeout(Duration left) {
  // 0 would mean no deadline at all.
  const long timeout = static_cast<long>(std::max<std::int64_t>(left.count(), 1));
  set_option(handle_.get(), CURLOPT_TIMEOUT_MS, timeout);
  set_option(handle_.get(), CURLOPT_CONNECTTIMEOUT_MS, timeout);
}

std::string Transfer::name_to_look_up() {
#ifdef CURLU_PUNYCODE
  constexpr unsigned int kHostForm = CURLU_PUNYCODE;
#else
  constexpr unsigned int kHostForm = 0;
#endif
  const std::unique_ptr<CURLU, CurlUrlDeleter> url(curl_url());
  // What cannot be parsed is for libcurl to refuse.
  if (curl_url_set(url.get(), CURLUPART_URL, call_.url.c_str(), CURLU_GUESS_SCHEME) != CURLUE_OK) return "";
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME, 0);
  if (scheme != "http" && scheme != "https") return "";
  const std::string host = part_of(url.get(), CURLUPART_HOST, kHostForm);
  if (!needs_lookup(host)) return "";
  name_ = host;
  port_ = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  return name_;
}

void Transfer::use_addresses(const Addresses& addresses) {
  std::string entry = "+" + name_ + ":" + port_ + ":";  // +: libcurl forgets it again
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const bool v6 = addresses[i].find(':') != std::string::npos;
    entry += (i > 0 ? "," : "") + (v6 ? "[" + addresses[i] + "]" : addresses[i]);
  }
  addresses_.reset(curl_slist_append(nullptr, entry.c_str()));
  set_option(handle_.get(), CURLOPT_RESOLVE, addresses_.get());
  set_timeout(std::chrono::ceil<Duration>(deadline() - Steady::now()));
}

CurlEasy Transfer::release() {
  // A handle that never ran would keep the list through its reset.
  set_option(handle_.get(), CURLOPT_RESOLVE, static_cast<curl_slist*>(nullptr));
  return std::move(handle_);
}

void Transfer::set_up_method() {
  CURL* const easy = handle_.get();
  if (call_.body) {
    // The body goes through the read callback and cannot be rewound: libcurl would otherwise silently send it
    // a second time when a reused connection is closed without an answer, and one attempt would reach the
    // receiver twice.
    set_option(easy, CURLOPT_POST, 1L);
    set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body->size()));
    set_option(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
    set_option(easy, CURLOPT_READDATA, this);
    set_option(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
    set_option(easy, CURLOPT_SEEKDATA, this);
  } else if (call_.method == "POST" || call_.method == "PUT" || call_.method == "PATCH") {
    set_option(easy, CURLOPT_POST, 1L);
    set_option(easy, CURLOPT_POSTFIELDS, "");
    set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(0));
  } else if (call_.method == "HEAD") {
    set_option(easy, CURLOPT_NOBODY, 1L);
    return;
  } else {
    set_option(easy, CURLOPT_HTTPGET, 1L);
  }
  set_option(easy, CURLOPT_CUSTOMREQUEST, call_.method.c_str());
}

void Transfer::set_up_headers() {
  curl_slist* list = nullptr;
  const auto append = [&list](const std::string& line) {
    if (curl_slist* longer = curl_slist_append(list, line.c_str())) list = longer;
  };
  for (const auto& [name, value] : call_.headers.fields()) {
    if (!is_token(name)) continue;
    const std::string clean = without_control_characters(value);
    append(clean.empty() ? name + ";" : name + ": " + clean);
  }
  if (!call_.headers.find("Expect")) append("Expect:");
  if (!call_.headers.find("Content-Type")) append("Content-Type:");
  headers_.reset(list);
  set_option(handle_.get(), CURLOPT_HTTPHEADER, list);
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes_ += size * count;
  if (transfer.header_bytes_ > kResponseHeaderLimit) {
    transfer.head_too_large_ = true;
    return 0;
  }
  transfer.header_line(std::string_view(data, size * count));
  return size * count;
}

void Transfer::header_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.substr(0, 5) == "HTTP/") {
    outcome_.headers = Headers();  // an interim answer came before
    head_begun_ = true;
    const std::string_view status = line.substr(std::min(line.find(' '), line.size()));
    interim_ = status.substr(0, 2) == " 1" && status.substr(0, 4) != " 101";
    return;
  }
  if (line.empty()) {
    head_complete_ = !interim_;
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
  transfer.wire_bytes_ += length;
  const std::size_t kept = transfer.outcome_.body.size();
  if (kept < transfer.call_.keep_response) {
    transfer.outcome_.body.append(data, std::min(length, transfer.call_.keep_response - kept));
  }
  if (transfer.wire_bytes_ > transfer.call_.response_limit) {
    transfer.too_large_ = true;
    return 0;
  }
  return length;
}

std::size_t Transfer::on_read(char* buffer, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->next_body_bytes(buffer, size * count);
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
  const int socket =
      transfer.kept_.open(transfer.endpoint_, address->family, address->socktype, address->protocol);
  if (socket >= 0) transfer.opened_.push_back(socket);
  return socket;
}

int Transfer::on_close(void* kept, curl_socket_t socket) {
  static_cast<KeptConnections*>(kept)->close(socket);
  return 0;
}

// libcurl has a connection and is about to send the first byte.
int Transfer::on_connected(void* self, char* remote_ip, char* local_ip, int remote_port, int local_port) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.connection_ = std::string(local_ip) + " " + std::to_string(local_port) + " " + remote_ip + " " +
                         std::to_string(remote_port);
  transfer.stale_connection_ = !transfer.kept_.take(transfer.connection_, local_port, transfer.opened_);
  return transfer.stale_connection_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

void Transfer::use_new_connection() {
  stale_connection_ = false;
  set_option(handle_.get(), CURLOPT_FRESH_CONNECT, 1L);
  set_timeout(std::chrono::ceil<Duration>(deadline() - Steady::now()));
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

bool Transfer::on_time(Steady::time_point now) {
  if (!wake_at_ || now < *wake_at_) return true;
  if (disconnect_planned_) return false;
  wake_at_.reset();
  curl_easy_pause(handle_.get(), CURLPAUSE_CONT);
  return true;
}

Outcome Transfer::take_outcome() {
  outcome_.latency = std::chrono::duration_cast<Duration>(Steady::now() - started_);
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  // Only a complete head is an answer, whatever its first lines say.
  outcome_.status = head_complete_ ? static_cast<int>(status) : 0;
  if (!head_complete_) outcome_.headers = Headers();
  return std::move(outcome_);
}

Outcome Transfer::finish(CURLcode code) {
  Outcome outcome = take_outcome();
  // A receiver that fails may close its connection over that.
  if (code == CURLE_OK && outcome.status / 100 == 2) {
    kept_.leave(connection_);
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
  } else if (body_sent_ > 0 && (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_FAIL_REWIND)) {
    outcome.failure = Failure::Reset;
    outcome.failure_detail = "the connection was closed without an answer";
  } else if (body_sent_ > 0 && code == CURLE_UNSUPPORTED_PROTOCOL) {
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
