#include "http/gate.h"

#include <algorithm>

#include "base/text.h"

namespace zest::http {
namespace {

constexpr std::size_t kLongestMethod = 32;
constexpr std::size_t kVersionBytes = 9;  // " HTTP/1.1"

bool is_method_character(char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; }

// RFC 9110: token.
bool is_token_character(char c) {
  const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter_or_digit ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

bool is_cookie_line(std::string_view line) {
  constexpr std::string_view kStart = "Cookie:";
  return equal_ignoring_case(line.substr(0, kStart.size()), kStart);
}

bool has_http_scheme(std::string_view target) {
  return equal_ignoring_case(target.substr(0, 7), "http://") ||
         equal_ignoring_case(target.substr(0, 8), "https://");
}

// The path and query of a target, which may be absolute (http://host/path).
std::string_view origin_form(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.substr(0, 1) == "/" || scheme == std::string_view::npos) return target;
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos || target[path] == '?' ? std::string_view("/") : target.substr(path);
}

// Host and port of an absolute target.
std::string_view authority(std::string_view target) {
  const std::string_view rest = target.substr(target.find("://") + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

bool is_host(std::string_view host) {
  return !host.empty() && std::none_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) > 126 ||
           std::string_view("/\\@,?#\"<>").find(c) != std::string_view::npos;
  });
}

}  // namespace

void Gate::reset() {
  position_ = 0;
  line_start_ = 0;
  method_seen_ = false;
  has_request_line_ = false;
  cookie_bytes_ = 0;
  method_ = Range();
  target_ = Range();
  minor_version_ = 1;
  fields_.clear();
}

Gate::Verdict Gate::refuse(Refusal refusal, std::string_view what) {
  problem_ = Problem{refusal, std::string(what)};
  return Verdict::Refused;
}

// What byte() lets pass without a further look: nearly all there is.
void Gate::skip_plain(std::string_view input) {
  if (!has_request_line_ || (position_ > line_start_ && input[position_ - 1] == '\r')) return;
  const std::size_t end = std::min(input.size(), limits_.header_bytes);
  while (position_ < end && !is_control(input[position_])) ++position_;
}

Gate::Verdict Gate::scan(std::string_view input) {
  for (; position_ < input.size(); ++position_) {
    skip_plain(input);
    if (position_ == input.size()) break;
    const char c = input[position_];
    if (c != '\n') {
      if (!byte(input, c)) return Verdict::Refused;
      continue;
    }
    if (position_ == line_start_ || input[position_ - 1] != '\r') {
      return refuse(Refusal::MalformedRequest, "a line does not end in CR LF");
    }
    const Range complete{line_start_, position_ - 1 - line_start_};
    line_start_ = position_ + 1;
    const Verdict verdict = line(input, complete);
    if (verdict != Verdict::NeedMore) {
      ++position_;
      return verdict;
    }
  }
  return Verdict::NeedMore;
}

// Any byte but a line feed. Refuses as early as it can: a client that never ends its line must not be waited
// for.
bool Gate::byte(std::string_view input, char c) {
  const bool after_return = position_ > line_start_ && input[position_ - 1] == '\r';
  if (after_return || (is_control(c) && c != '\r')) {
    refuse(Refusal::MalformedRequest, "the header block has a control character");
    return false;
  }
  if (position_ >= limits_.header_bytes && position_ >= limits_.header_bytes + cookie_allowance(input)) {
    refuse(Refusal::HeadersTooLarge,
           "the header block is larger than " + std::to_string(limits_.header_bytes) + " bytes");
    return false;
  }
  if (has_request_line_) return true;
  const std::size_t length = position_ - line_start_;
  if (!method_seen_) {
    method_seen_ = c == ' ' && length > 0;
    const bool fine =
        method_seen_ || (c == '\r' && length == 0) || (is_method_character(c) && length < kLongestMethod);
    if (!fine) refuse(Refusal::MalformedRequest, "the request line does not start with a method");
    if (method_seen_)
      method_ = Range{line_start_, length};  // a refusal from here on may be the answer to HEAD
    return fine;
  }
  if (length > kLongestMethod + limits_.target_bytes + kVersionBytes) {
    refuse(Refusal::UriTooLong,
           "the target is longer than " + std::to_string(limits_.target_bytes) + " bytes");
    return false;
  }
  return true;
}

// How many of the bytes so far are cookies, as far as those do not count.
std::size_t Gate::cookie_allowance(std::string_view input) const {
  std::size_t bytes = cookie_bytes_;
  if (is_cookie_line(input.substr(line_start_))) bytes += position_ - line_start_;
  return std::min(bytes, limits_.cookie_bytes);
}

Gate::Verdict Gate::line(std::string_view input, Range line) {
  if (!has_request_line_) {
    // An empty line before a request is left over from a sloppy client's previous body (RFC 9112, 2.2).
    return line.length == 0 ? Verdict::NeedMore : request_line(input, line);
  }
  return line.length == 0 ? end_of_head(input) : field(input, line);
}

Gate::Verdict Gate::request_line(std::string_view input, Range line) {
  const std::string_view text = line.of(input);
  const std::size_t first = text.find(' ');
  const std::size_t last = text.rfind(' ');
  if (first == std::string_view::npos || first == last || text.find('\t') != std::string_view::npos) {
    return refuse(Refusal::MalformedRequest, "the request line is not method, target and version");
  }
  target_ = Range{line.begin + first + 1, last - first - 1};
  const std::string_view version = text.substr(last + 1);
  const bool well_formed = version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) &&
                           version[6] == '.' && is_digit(version[7]);
  if (!well_formed) return refuse(Refusal::MalformedRequest, "the request line has no HTTP version");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refuse(Refusal::VersionNotSupported, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  minor_version_ = version[7] - '0';
  has_request_line_ = true;
  return target(target_.of(input), method_.of(input));
}

Gate::Verdict Gate::target(std::string_view target, std::string_view method) {
  if (target.size() > limits_.target_bytes) {
    return refuse(Refusal::UriTooLong,
                  "the target is longer than " + std::to_string(limits_.target_bytes) + " bytes");
  }
  const bool plain = std::all_of(target.begin(), target.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 127 && c != '#';
  });
  const bool known_form =
      target.substr(0, 1) == "/" || has_http_scheme(target) || (target == "*" && method == "OPTIONS");
  if (plain && has_http_scheme(target) && !is_host(authority(target))) {
    return refuse(Refusal::MalformedRequest, "the target's host is malformed");
  }
  if (!plain || !known_form) return refuse(Refusal::MalformedRequest, "the target is not an absolute path");
  return Verdict::NeedMore;
}

Gate::Verdict Gate::field(std::string_view input, Range line) {
  const std::string_view text = line.of(input);
  if (is_blank(text.front())) return refuse(Refusal::MalformedRequest, "a header line is folded");
  if (fields_.size() == limits_.header_count) {
    return refuse(Refusal::HeadersTooLarge,
                  "there are more than " + std::to_string(limits_.header_count) + " headers");
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() ||
      !std::all_of(name.begin(), name.end(), is_token_character)) {
    return refuse(Refusal::MalformedRequest, "a header line has no well-formed name");
  }
  Range value{line.begin + colon + 1, line.length - colon - 1};
  while (value.length > 0 && is_blank(input[value.begin])) {
    ++value.begin;
    --value.length;
  }
  while (value.length > 0 && is_blank(input[value.begin + value.length - 1])) --value.length;
  if (is_cookie_line(text)) cookie_bytes_ += text.size();
  fields_.emplace_back(Range{line.begin, colon}, value);
  return Verdict::NeedMore;
}

Gate::Verdict Gate::end_of_head(std::string_view input) {
  std::size_t hosts = 0;
  for (const auto& [name, value] : fields_) {
    if (!equal_ignoring_case(name.of(input), "Host")) continue;
    ++hosts;
    if (!is_host(value.of(input))) return refuse(Refusal::MalformedRequest, "the Host header is malformed");
  }
  if (hosts > 1 || (hosts == 0 && minor_version_ >= 1)) {
    return refuse(Refusal::MalformedRequest, "a request needs exactly one Host header");
  }
  return Verdict::Complete;
}

GatedHead Gate::head(std::string_view input) const {
  GatedHead head;
  head.method = method_.of(input);
  head.target = target_.of(input);
  const std::string_view origin = origin_form(head.target);
  const std::size_t question = head.target.find('?');
  head.path = origin.substr(0, origin.find('?'));
  if (question != std::string_view::npos) head.query = head.target.substr(question + 1);
  head.minor_version = minor_version_;
  head.fields.reserve(fields_.size());
  // An absolute target says what is called, whatever the Host header says (RFC 9112, 3.2.2).
  const bool absolute = has_http_scheme(head.target);
  for (const auto& [name, value] : fields_) {
    const bool overruled = absolute && equal_ignoring_case(name.of(input), "Host");
    head.fields.emplace_back(name.of(input), overruled ? authority(head.target) : value.of(input));
  }
  head.length = position_;
  return head;
}

RequestHead Gate::understood(std::string_view input) const {
  RequestHead understood;
  const GatedHead so_far = head(input);
  understood.method = std::string(so_far.method);
  understood.target = std::string(so_far.target.substr(0, limits_.target_bytes));
  if (so_far.target.size() <= limits_.target_bytes) {
    understood.path = std::string(so_far.path);
    understood.query = std::string(so_far.query);
  }
  for (const auto& [name, value] : so_far.fields)
    understood.headers.add(std::string(name), std::string(value));
  return understood;
}

}  // namespace zest::http
