#include "http/multipart.h"

#include <algorithm>

#include "base/text.h"
#include "http/message.h"

namespace zest::http {
namespace {

constexpr std::size_t kPartHeaderBytes = 8 * 1024;
constexpr std::size_t kLongestBoundary = 70;
constexpr std::size_t kLongestPadding = 128;  // blanks behind a boundary
constexpr std::string_view kLineEnd = "\r\n";

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Takes a parameter's value off the front of `text`, quoted or up to the next ';'.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  if (text.empty() || text.front() != '"') {
    const std::size_t end = std::min(text.find(';'), text.size());
    value = std::string(trimmed(text.substr(0, end)));
    text.remove_prefix(end);
    if (value.empty() || value.find('"') != std::string::npos) return std::nullopt;
    return value;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text = trimmed(text.substr(i + 1));
      return value;
    }
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escape) ++i;
    value.push_back(text[i]);
  }
  return std::nullopt;
}

// filename*=UTF-8''… (RFC 8187); some clients send it for names beyond ASCII.
std::optional<std::string> decode_extended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos || !equal_ignoring_case(value.substr(0, first), "UTF-8"))
    return std::nullopt;
  return percent_decode(value.substr(second + 1));
}

// A file's name is for people and not used: one in an encoding of its sender's own is left out, not refused.
std::string usable_filename(const HeaderValue& disposition, const std::string* filename) {
  if (filename) return is_valid_utf8(*filename) ? *filename : std::string();
  const std::string* const extended = disposition.find("filename*");
  const std::string name = decode_extended(*extended).value_or("");
  return has_control_character(name) ? std::string() : name;
}

// The part's name and file name, or what is wrong with them.
std::string read_disposition(std::string_view text, PartHeader& header) {
  const auto disposition = parse_header_value(text);
  if (!disposition || !equal_ignoring_case(disposition->word, "form-data")) {
    return "a part's Content-Disposition is not a well-formed form-data";
  }
  const std::string* const name = disposition->find("name");
  if (!name) return "a part has no name";
  header.name = *name;
  const std::string* const filename = disposition->find("filename");
  if (filename || disposition->find("filename*")) header.filename = usable_filename(*disposition, filename);
  if (has_control_character(header.name) || !is_valid_utf8(header.name)) {
    return "a part's name has characters that are not allowed";
  }
  return "";
}

// One line of a part's header; the problem, or "".
std::string read_line(std::string_view line, PartHeader& header, bool& has_disposition) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || is_blank(line.front())) {
    return "a part's header line is malformed";
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (has_control_character(value)) return "a part's header has characters that are not allowed";
  if (equal_ignoring_case(name, "Content-Disposition")) {
    if (has_disposition) return "a part has two Content-Disposition headers";
    has_disposition = true;
    return read_disposition(value, header);
  }
  if (equal_ignoring_case(name, "Content-Type")) {
    if (header.content_type) return "a part has two Content-Type headers";
    header.content_type = std::string(value);
  }
  if (equal_ignoring_case(name, "Content-Transfer-Encoding")) {
    const bool plain = equal_ignoring_case(value, "binary") || equal_ignoring_case(value, "8bit") ||
                       equal_ignoring_case(value, "7bit");
    if (!plain) return "a part's Content-Transfer-Encoding is not supported";
  }
  return "";
}

std::string read_part_header(std::string_view block, PartHeader& header) {
  bool has_disposition = false;
  while (!block.empty()) {
    const std::size_t end = std::min(block.find(kLineEnd), block.size());
    std::string problem = read_line(block.substr(0, end), header, has_disposition);
    if (!problem.empty()) return problem;
    block.remove_prefix(std::min(end + kLineEnd.size(), block.size()));
  }
  return has_disposition ? "" : "a part has no Content-Disposition";
}

}  // namespace

const std::string* HeaderValue::find(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<HeaderValue> parse_header_value(std::string_view text) {
  HeaderValue parsed;
  const std::size_t end = std::min(text.find(';'), text.size());
  parsed.word = std::string(trimmed(text.substr(0, end)));
  text.remove_prefix(end);
  while (!text.empty()) {
    if (text.front() != ';') return std::nullopt;
    text = trimmed(text.substr(1));
    if (text.empty()) break;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string name = lower_case(trimmed(text.substr(0, equals)));
    if (name.empty() || name.find_first_of(";\"") != std::string::npos || parsed.find(name))
      return std::nullopt;
    text = trimmed(text.substr(equals + 1));
    auto value = take_value(text);
    if (!value) return std::nullopt;
    parsed.parameters.emplace_back(std::move(name), std::move(*value));
  }
  return parsed;
}

bool PartHeader::is_file() const {
  if (filename) return true;
  if (!content_type) return false;
  const std::string_view type = *content_type;
  return name == "file" || !equal_ignoring_case(trimmed(type.substr(0, type.find(';'))), "text/plain");
}

std::optional<std::string> MultipartParser::boundary_of(std::string_view content_type) {
  const auto parsed = parse_header_value(content_type);
  if (!parsed || !equal_ignoring_case(parsed->word, "multipart/form-data")) return std::nullopt;
  const std::string* const boundary = parsed->find("boundary");
  if (!boundary || boundary->empty() || boundary->size() > kLongestBoundary || boundary->back() == ' ' ||
      has_control_character(*boundary)) {
    return std::nullopt;
  }
  return *boundary;
}

// The first boundary may stand at the very start of the body: a line end put before it makes it like the
// others.
MultipartParser::MultipartParser(std::string_view boundary, Sink& sink)
    : delimiter_("\r\n--" + std::string(boundary)), sink_(sink), buffer_(kLineEnd) {}

bool MultipartParser::feed(std::string_view bytes) {
  if (!problem_.empty()) return false;
  if (state_ == State::Epilogue) return true;
  buffer_.append(bytes);
  const bool go_on = advance();
  buffer_.erase(0, position_);
  position_ = 0;
  return go_on;
}

bool MultipartParser::finish() {
  if (!problem_.empty()) return false;
  return state_ == State::Epilogue || fail("the final boundary is missing");
}

bool MultipartParser::fail(std::string_view problem) {
  problem_ = std::string(problem);
  return false;
}

bool MultipartParser::advance() {
  while (state_ != State::Epilogue) {
    const State state = state_;
    const std::size_t position = position_;
    if (!(state == State::PartHeader ? part_header() : to_boundary())) return false;
    if (state_ == state && position_ == position) return true;  // more bytes are needed
  }
  position_ = buffer_.size();
  return true;
}

MultipartParser::Tail MultipartParser::tail_of(std::size_t at, std::size_t& end) const {
  std::size_t i = at;
  if (buffer_.compare(i, 2, "--") == 0) {
    end = i + 2;
    return Tail::Final;
  }
  while (i < buffer_.size() && is_blank(buffer_[i])) ++i;
  if (i - at > kLongestPadding) return Tail::NoBoundary;
  if (i == buffer_.size()) return Tail::Unknown;
  if (buffer_[i] == '\n') return Tail::Broken;
  if (buffer_[i] == '-' && i == at && i + 1 == buffer_.size()) return Tail::Unknown;
  if (buffer_[i] != '\r') return Tail::NoBoundary;
  if (i + 1 == buffer_.size()) return Tail::Unknown;
  if (buffer_[i + 1] != '\n') return Tail::NoBoundary;
  end = i + 2;
  return Tail::Part;
}

bool MultipartParser::to_boundary() {
  std::size_t from = position_;
  std::size_t safe = 0;  // bytes before this are content for certain
  std::size_t end = 0;
  Tail tail = Tail::Unknown;
  while (true) {
    const std::size_t found = buffer_.find(delimiter_, from);
    if (found == std::string::npos) {
      // The end of the buffer may be the start of a boundary.
      const std::size_t kept = std::min(delimiter_.size() - 1, buffer_.size() - from);
      safe = buffer_.size() - kept;
      tail = Tail::Unknown;
      break;
    }
    safe = found;
    tail = tail_of(found + delimiter_.size(), end);
    if (tail != Tail::NoBoundary) break;
    from = found + kLineEnd.size();
  }
  if (state_ == State::Content && safe > position_ &&
      !sink_.part_bytes(std::string_view(buffer_).substr(position_, safe - position_))) {
    return false;
  }
  position_ = std::max(position_, safe);
  if (tail == Tail::Unknown) return true;
  if (tail == Tail::Broken) return fail("a boundary line does not end in CR LF");
  position_ = end;
  return at_boundary(tail);
}

bool MultipartParser::at_boundary(Tail tail) {
  if (state_ == State::Content && !sink_.end_part()) return false;
  state_ = tail == Tail::Final ? State::Epilogue : State::PartHeader;
  return true;
}

bool MultipartParser::part_header() {
  const std::string_view rest = std::string_view(buffer_).substr(position_);
  if (rest.substr(0, 2) == kLineEnd) return fail("a part has no Content-Disposition");
  const std::size_t end = rest.find("\r\n\r\n");
  if (end > kPartHeaderBytes) {  // or has not come yet
    return rest.size() <= kPartHeaderBytes || fail("a part's header is too long");
  }
  PartHeader header;
  std::string problem = read_part_header(rest.substr(0, end), header);
  if (!problem.empty()) return fail(problem);
  position_ += end + 2 * kLineEnd.size();
  state_ = State::Content;
  return sink_.begin_part(std::move(header));
}

}  // namespace zest::http
