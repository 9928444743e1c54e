#include "http/outgoing.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>

namespace zest::http {
namespace {

constexpr std::size_t kFilePiece = 1024 * 1024;

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

// Where an answer ends is decided here alone.
bool is_framing_field(std::string_view name) {
  return equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Transfer-Encoding") ||
         equal_ignoring_case(name, "Connection");
}

// A line break in a value would start another header, or the body.
void append_clean(std::string& text, std::string_view value) {
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  if (std::none_of(value.begin(), value.end(), breaks)) {
    text += value;
    return;
  }
  std::remove_copy_if(value.begin(), value.end(), std::back_inserter(text), breaks);
}

std::string date_at(std::time_t instant) {
  std::tm utc{};
  ::gmtime_r(&instant, &utc);
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto two_digits = [](int value) { return std::to_string(100 + value).substr(1); };
  return std::string(kDays[utc.tm_wday]) + ", " + two_digits(utc.tm_mday) + " " + kMonths[utc.tm_mon] + " " +
         std::to_string(1900 + utc.tm_year) + " " + two_digits(utc.tm_hour) + ":" + two_digits(utc.tm_min) +
         ":" + two_digits(utc.tm_sec) + " GMT";
}

}  // namespace

const std::string& date_now() {
  struct Made {
    std::time_t at = 0;
    std::string text;
  };
  thread_local Made last;  // the same for each answer of a second
  const std::time_t now = std::time(nullptr);
  if (last.text.empty() || last.at != now) last = {now, date_at(now)};
  return last.text;
}

bool Outgoing::start(Response response, const Options& options) {
  position_ = 0;
  sent_ = 0;
  file_ = std::move(response.file);
  file_at_ = 0;
  file_left_ = 0;
  body_ = std::move(response.body);
  std::uint64_t length = body_.size();
  if (file_) {
    body_.clear();
    struct stat status {};
    if (::fstat(file_->get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
    length = file_left_ = static_cast<std::uint64_t>(status.st_size);
  }
  head_ = "HTTP/1.1 " + std::to_string(response.status) + " " + reason_phrase(response.status) + "\r\n";
  for (const auto& [name, value] : response.headers.fields()) {
    if (is_framing_field(name)) continue;
    append_clean(head_, name);
    head_ += ": ";
    append_clean(head_, value);
    head_ += "\r\n";
  }
  if (!response.headers.find("Date")) head_.append("Date: ").append(date_now()).append("\r\n");
  const bool bodiless = has_no_body(response.status);
  if (!bodiless && !options.endless) head_ += "Content-Length: " + std::to_string(length) + "\r\n";
  if (options.close) head_ += "Connection: close\r\n";
  if (options.keep_alive_10 && !options.close) head_ += "Connection: keep-alive\r\n";
  head_ += "\r\n";
  head_bytes_ = head_.size();
  if (response.cut && length > 0) {
    const std::uint64_t kept = std::min(response.cut->after.value_or(length / 2), length - 1);
    body_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kept, body_.size())));
    file_left_ = std::min(file_left_, kept);
  }
  if (bodiless || options.head_only) {
    body_.clear();
    file_.reset();
    file_left_ = 0;
  }
  return true;
}

Outgoing::Progress Outgoing::flush(int socket, std::uint64_t body_bytes) {
  const std::uint64_t most = body_bytes == kAll ? kAll : head_bytes_ + body_bytes;
  const std::uint64_t enough = std::min(sent_ + kFlushInARow, most);
  const Progress progress = flush_bytes(socket, enough, most);
  return progress == Progress::Done && file_left_ > 0 ? flush_file(socket, enough) : progress;
}

Outgoing::Progress Outgoing::flush_bytes(int socket, std::uint64_t enough, std::uint64_t most) {
  const std::size_t total = head_.size() + body_.size();
  while (position_ < total) {
    if (sent_ >= enough) return Progress::Blocked;
    const std::size_t in_head = std::min(position_, head_.size());
    const std::size_t in_body = position_ - in_head;
    // The head goes in one piece whatever is allowed of the body.
    const std::uint64_t allowed = most == kAll ? kAll : most - std::max(sent_, head_bytes_);
    const auto body_left = static_cast<std::size_t>(std::min<std::uint64_t>(body_.size() - in_body, allowed));
    iovec pieces[2] = {{head_.data() + in_head, head_.size() - in_head}, {body_.data() + in_body, body_left}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    const ssize_t sent =
        ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT | (file_left_ > 0 ? MSG_MORE : 0));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Progress::Blocked : Progress::Failed;
    position_ += static_cast<std::size_t>(sent);
    sent_ += static_cast<std::uint64_t>(sent);
  }
  // A connection that idles afterwards keeps no memory of a large answer.
  head_ = std::string();
  body_ = std::string();
  position_ = 0;
  return Progress::Done;
}

Outgoing::Progress Outgoing::flush_file(int socket, std::uint64_t enough) {
  while (file_left_ > 0) {
    if (sent_ >= enough) return Progress::Blocked;
    const auto piece =
        static_cast<std::size_t>(std::min({file_left_, std::uint64_t{kFilePiece}, enough - sent_}));
    const ssize_t sent = ::sendfile(socket, file_->get(), &file_at_, piece);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Progress::Blocked : Progress::Failed;
    if (sent == 0) return Progress::Failed;  // the file became shorter than was announced
    file_left_ -= static_cast<std::uint64_t>(sent);
    sent_ += static_cast<std::uint64_t>(sent);
  }
  file_.reset();
  return Progress::Done;
}

}  // namespace zest::http
