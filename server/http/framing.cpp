#include "http/framing.h"

#include <algorithm>

namespace zest::http {
namespace {

constexpr std::size_t kLongestChunkLine = 256;  // a chunk's size and its extensions
constexpr std::size_t kTrailerBytes = 8 * 1024;
// What a longer Content-Length is taken for: too large for any limit, and safe to add to.
constexpr std::uint64_t kLongest = 1'000'000'000'000'000'000;

// Whether a comma-separated list holds a token.
bool list_holds(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (equal_ignoring_case(item, token)) return true;
  }
  return false;
}

std::optional<std::uint64_t> decimal_length(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    length = std::min(length * 10 + static_cast<std::uint64_t>(c - '0'), kLongest);
  }
  return length;
}

std::optional<Problem> read_length(const RequestHead& head, int minor_version, Framing& framing) {
  const std::string* const coding = head.headers.find("Transfer-Encoding");
  const std::string* const length = head.headers.find("Content-Length");
  if (head.headers.count("Transfer-Encoding") > 1 || head.headers.count("Content-Length") > 1) {
    return Problem{Refusal::MalformedRequest, "Content-Length or Transfer-Encoding is given more than once"};
  }
  if (coding && length) {
    return Problem{Refusal::MalformedRequest, "Content-Length and Transfer-Encoding exclude each other"};
  }
  if (coding) {
    if (minor_version == 0) return Problem{Refusal::MalformedRequest, "HTTP/1.0 has no Transfer-Encoding"};
    if (!equal_ignoring_case(*coding, "chunked")) {
      return Problem{Refusal::UnsupportedEncoding, "the only Transfer-Encoding understood is chunked"};
    }
    framing.chunked = true;
  }
  if (length) {
    const auto bytes = decimal_length(*length);
    if (!bytes) return Problem{Refusal::MalformedRequest, "Content-Length is not a number"};
    framing.length = *bytes;
  }
  return std::nullopt;
}

}  // namespace

std::variant<Framing, Problem> read_framing(const RequestHead& head, int minor_version) {
  Framing framing;
  if (auto problem = read_length(head, minor_version, framing)) return std::move(*problem);
  if (const std::string* encoding = head.headers.find("Content-Encoding");
      encoding && !equal_ignoring_case(*encoding, "identity")) {
    return Problem{Refusal::UnsupportedEncoding, "Content-Encoding is not supported"};
  }
  framing.keep_alive = minor_version >= 1;
  for (const auto& [name, value] : head.headers.fields()) {
    if (equal_ignoring_case(name, "Expect")) {
      framing.expects_continue = minor_version >= 1 && equal_ignoring_case(value, "100-continue");
    } else if (equal_ignoring_case(name, "Connection")) {
      if (minor_version == 0 && list_holds(value, "keep-alive")) framing.keep_alive = true;
      if (list_holds(value, "close")) framing.keep_alive = false;
    }
  }
  return framing;
}

std::size_t ChunkedDecoder::feed(std::string_view bytes, const std::function<bool(std::string_view)>& sink) {
  std::size_t used = 0;
  while (used < bytes.size() && !done() && !problem_) {
    if (state_ == State::Data) {
      const std::size_t length =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - used));
      const bool go_on = sink(bytes.substr(used, length));
      used += length;
      left_ -= length;
      if (left_ == 0) state_ = State::DataEnd;
      if (!go_on) return used;
      continue;
    }
    line_.push_back(bytes[used++]);
    if (line_.back() == '\n') {
      end_of_line();
    } else if (line_.size() > (state_ == State::TrailerLine ? kTrailerBytes : kLongestChunkLine)) {
      problem_ = "a chunk's size line is too long";
    }
  }
  return used;
}

void ChunkedDecoder::end_of_line() {
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r') {
    problem_ = "a line of the chunked body does not end in CR LF";
    return;
  }
  line_.resize(line_.size() - 2);
  if (state_ == State::SizeLine) {
    size_line();
  } else if (state_ == State::DataEnd) {
    if (!line_.empty()) problem_ = "a chunk is longer than its size";
    state_ = State::SizeLine;
  } else if (line_.empty()) {
    state_ = State::Done;
  } else {
    // Trailers are read past: nothing here has a use for them.
    trailer_bytes_ += line_.size();
    if (trailer_bytes_ > kTrailerBytes) problem_ = "the trailer is too long";
  }
  line_.clear();
}

void ChunkedDecoder::size_line() {
  const std::string_view line = line_;
  std::string_view digits = line.substr(0, std::min(line.find(';'), line.size()));
  while (digits.size() < line.size() && !digits.empty() && (digits.back() == ' ' || digits.back() == '\t')) {
    digits.remove_suffix(1);
  }
  if (digits.empty() || digits.size() > 15) {
    problem_ = "a chunk's size is not a hexadecimal number";
    return;
  }
  left_ = 0;
  for (const char c : digits) {
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (value < 0) {
      problem_ = "a chunk's size is not a hexadecimal number";
      return;
    }
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
  }
  state_ = left_ == 0 ? State::TrailerLine : State::Data;
}

}  // namespace zest::http
