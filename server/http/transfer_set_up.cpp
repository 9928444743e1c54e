// The half of a transfer that tells libcurl what to do.
#include <algorithm>
#include <new>

#include "base/url.h"
#include "http/certificates.h"
#include "http/transfer.h"

namespace zest::http {
namespace {

// libcurl closes connections that idled longer when it next looks at them. KeptConnections is stricter.
constexpr long kIdleConnectionSeconds = 1;
// Bytes of a body that libcurl sends together with the head; it does so up to 64 KiB.
constexpr std::size_t kSmallBody = 16 * 1024;

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
  const std::string& trusted = call_.ca_file.empty() ? system_certificates() : call_.ca_file;
  if (!trusted.empty()) set_option(easy, CURLOPT_CAINFO, trusted.c_str());
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
  if (!url) throw std::bad_alloc();
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
  if (!addresses_) throw std::bad_alloc();
  set_option(handle_.get(), CURLOPT_RESOLVE, addresses_.get());
  set_timeout(std::chrono::ceil<Duration>(deadline() - Steady::now()));
}

CurlEasy Transfer::release() {
  // A handle that never ran would keep the list through its reset.
  set_option(handle_.get(), CURLOPT_RESOLVE, static_cast<curl_slist*>(nullptr));
  return std::move(handle_);
}

// A small body leaves with its head, in one piece, where a connection is used again; on_open() and
// on_connected() let nothing follow. On a new one it does not: who keeps more connections waiting than its
// listen queue holds would be sent the one piece again and again, by all of them at the same instants,
// instead of being seen to turn them away by what comes second.
bool Transfer::may_leave_whole() const {
  return call_.body && !call_.body->empty() && call_.body->size() <= kSmallBody &&
         call_.body_bytes_per_second == 0 && !call_.disconnect_after_body_bytes;
}

void Transfer::leave_in_pieces() {
  whole_ = false;
  set_option(handle_.get(), CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
}

void Transfer::set_up_method() {
  CURL* const easy = handle_.get();
  if (call_.body || call_.body_source) {
    // The body goes through the read callback and cannot be rewound: libcurl would otherwise silently send it
    // a second time when a reused connection is closed without an answer, and one attempt would reach the
    // receiver twice.
    set_option(easy, CURLOPT_POST, 1L);
    curl_off_t size = -1;
    if (call_.body) size = static_cast<curl_off_t>(call_.body->size());
    if (!call_.body && call_.body_source->size) size = static_cast<curl_off_t>(*call_.body_source->size);
    set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, size);
    set_option(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
    set_option(easy, CURLOPT_READDATA, this);
    set_option(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
    set_option(easy, CURLOPT_SEEKDATA, this);
    whole_ = may_leave_whole();
    if (whole_) set_option(easy, CURLOPT_POSTFIELDS, call_.body->data());
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
  const auto append = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  };
  for (const auto& [name, value] : call_.headers.fields()) {
    if (!is_token(name)) continue;
    const std::string clean = without_control_characters(value);
    append(clean.empty() ? name + ";" : name + ": " + clean);
  }
  if (!call_.headers.find("Expect")) append("Expect:");
  if (!call_.headers.find("Content-Type")) append("Content-Type:");
  set_option(handle_.get(), CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::use_new_connection() {
  stale_connection_ = false;
  set_option(handle_.get(), CURLOPT_FRESH_CONNECT, 1L);
  set_timeout(std::chrono::ceil<Duration>(deadline() - Steady::now()));
}

}  // namespace zest::http
