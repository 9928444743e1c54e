#include "base/json_file.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <variant>

#include "base/json_fault.h"
#include "base/utf8.h"

namespace zest {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr std::size_t kLongestName = 4096;
constexpr const char* kEnds = "unexpected end of input";

bool is_space(int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool ends_scalar(int c) { return c < 0 || c == ',' || c == ']' || c == '}' || is_space(c); }

Error unreadable(const std::filesystem::path& path) {
  return invalid_request(path.string() + " cannot be read: " + std::generic_category().message(errno));
}

int hex_digit(int c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool may_begin_object(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  text = without_byte_order_mark(text);
  const auto first = std::find_if_not(text.begin(), text.end(), is_space);
  return first == text.end() || *first == '{' ||
         (text.size() < kMark.size() && kMark.substr(0, text.size()) == text);
}

Result<JsonFile> JsonFile::open(const std::filesystem::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    return unreadable(path);
  }
  JsonFile opened(file);
  opened.peek();  // a folder lets itself be opened, but not read
  if (std::ferror(file) != 0) return unreadable(path);
  return opened;
}

// --- Bytes ---

int JsonFile::peek() {
  if (at_ == buffer_.size()) {
    buffer_begin_ += buffer_.size();
    at_ = 0;
    buffer_.resize(kPiece);
    buffer_.resize(std::fread(buffer_.data(), 1, kPiece, file_.get()));
    if (buffer_.empty()) return -1;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int JsonFile::take() {
  const int c = peek();
  if (c >= 0) ++at_;
  return c;
}

void JsonFile::seek(std::uint64_t position) {
  if (position >= buffer_begin_ && position <= buffer_begin_ + buffer_.size()) {
    at_ = static_cast<std::size_t>(position - buffer_begin_);
    return;
  }
  std::fseek(file_.get(), static_cast<long>(position), SEEK_SET);
  buffer_.clear();
  buffer_begin_ = position;
  at_ = 0;
}

void JsonFile::skip_space() {
  while (is_space(peek())) ++at_;
}

// --- Values ---

Result<void> JsonFile::keep(std::string* text, std::string_view bytes) {
  if (text == nullptr) return {};
  if (text->size() + bytes.size() > kMaxJsonElement) {
    return fault(position(), "an element is larger than " + std::to_string(kMaxJsonElement >> 20) + " MiB");
  }
  text->append(bytes);
  return {};
}

Result<void> JsonFile::take_string(std::string* text) {
  RETURN_IF_ERROR(keep(text, "\""));
  ++at_;
  while (peek() >= 0) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    const std::size_t plain = std::min(rest.find_first_of("\"\\"), rest.size());
    RETURN_IF_ERROR(keep(text, rest.substr(0, plain)));
    at_ += plain;
    if (plain == rest.size()) continue;
    const char c = static_cast<char>(take());
    RETURN_IF_ERROR(keep(text, std::string_view(&c, 1)));
    if (c == '"') return {};
    const int escaped = take();
    if (escaped < 0) break;
    const char e = static_cast<char>(escaped);
    RETURN_IF_ERROR(keep(text, std::string_view(&e, 1)));
  }
  return fault(position(), kEnds);
}

Result<void> JsonFile::take_nested(std::string* text) {
  std::string closings;
  do {
    const int next = peek();
    if (next < 0) return fault(position(), kEnds);
    const char c = static_cast<char>(next);
    if (c == '"') {
      RETURN_IF_ERROR(take_string(text));
      continue;
    }
    if (c == '{' || c == '[') {
      if (closings.size() == kMaxJsonDepth) {
        return fault(position(), "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
      }
      closings.push_back(c == '{' ? '}' : ']');
    } else if (c == '}' || c == ']') {
      if (closings.back() != c) return fault(position(), std::string("expected '") + closings.back() + "'");
      closings.pop_back();
    }
    RETURN_IF_ERROR(keep(text, std::string_view(&c, 1)));
    ++at_;
  } while (!closings.empty());
  return {};
}

Result<void> JsonFile::take_value(std::string* text) {
  skip_space();
  const int c = peek();
  if (c < 0) return fault(position(), kEnds);
  if (c == '"') return take_string(text);
  if (c == '{' || c == '[') return take_nested(text);
  if (ends_scalar(c)) return fault(position(), "expected a value");
  while (!ends_scalar(peek())) {
    const char one = static_cast<char>(take());
    RETURN_IF_ERROR(keep(text, std::string_view(&one, 1)));
  }
  return {};
}

Result<void> JsonFile::expect(char wanted, const char* reason) {
  skip_space();
  if (peek() < 0) return fault(position(), kEnds);
  if (peek() != wanted) return fault(position(), reason);
  ++at_;
  return {};
}

Result<bool> JsonFile::another(char closing) {
  skip_space();
  const int c = peek();
  if (c < 0) return fault(position(), kEnds);
  if (c != ',' && c != closing) return fault(position(), std::string("expected ',' or '") + closing + "'");
  ++at_;
  return c == ',';
}

Result<std::string> JsonFile::take_name() {
  skip_space();
  if (peek() != '"') return fault(position(), peek() < 0 ? kEnds : "expected a member name in quotes");
  const std::uint64_t begin = position();
  std::string text;
  RETURN_IF_ERROR(take_string(&text));
  if (text.size() > kLongestName) return fault(begin, "a member name is too long");
  ASSIGN_OR_RETURN(const Json name, parse(text, begin));
  RETURN_IF_ERROR(expect(':', "expected ':'"));
  skip_space();
  return name.get<std::string>();
}

// --- Walks ---

Result<std::vector<JsonFile::Member>> JsonFile::members_here() {
  RETURN_IF_ERROR(expect('{', "expected an object"));
  std::vector<Member> found;
  std::set<std::string> names;
  skip_space();
  bool more = peek() != '}';
  if (!more) ++at_;
  while (more) {
    skip_space();
    const std::uint64_t begin = position();
    ASSIGN_OR_RETURN(std::string name, take_name());
    if (!names.insert(name).second) return fault(begin, "a member stands here for the second time");
    if (names.size() > kMaxJsonMembers) {
      return fault(begin, "more than " + std::to_string(kMaxJsonMembers) + " members in one object");
    }
    found.push_back({std::move(name), position()});
    RETURN_IF_ERROR(take_value(nullptr));
    ASSIGN_OR_RETURN(more, another('}'));
  }
  return found;
}

Result<std::vector<JsonFile::Member>> JsonFile::members() {
  seek(0);
  if (peek() == 0xEF && buffer_.compare(0, 3, "\xEF\xBB\xBF") == 0) at_ += 3;
  ASSIGN_OR_RETURN(std::vector<Member> found, members_here());
  skip_space();
  if (peek() >= 0) return fault(position(), "expected the end of the document");
  return found;
}

Result<std::vector<JsonFile::Member>> JsonFile::members(const Member& object) {
  seek(object.begin);
  return members_here();
}

Result<Json> JsonFile::value(const Member& member) {
  seek(member.begin);
  std::string text;
  RETURN_IF_ERROR(take_value(&text));
  return parse(text, member.begin);
}

Result<void> JsonFile::each_element(const Member& list,
                                    const std::function<Result<void>(const Json&)>& take_element) {
  seek(list.begin);
  RETURN_IF_ERROR(expect('[', "expected a list"));
  skip_space();
  bool more = peek() != ']';
  std::string text;
  while (more) {
    skip_space();
    const std::uint64_t begin = position();
    text.clear();
    RETURN_IF_ERROR(take_value(&text));
    ASSIGN_OR_RETURN(const Json element, parse(text, begin));
    RETURN_IF_ERROR(take_element(element));
    ASSIGN_OR_RETURN(more, another(']'));
  }
  return {};
}

Result<void> JsonFile::each_text(const Member& object, const TextSink& sink) {
  seek(object.begin);
  RETURN_IF_ERROR(expect('{', "expected an object"));
  skip_space();
  bool more = peek() != '}';
  while (more) {
    ASSIGN_OR_RETURN(const std::string name, take_name());
    RETURN_IF_ERROR(sink.begin(name));
    RETURN_IF_ERROR(expect('"', "expected a text"));
    RETURN_IF_ERROR(take_text(sink.more));
    RETURN_IF_ERROR(sink.end());
    ASSIGN_OR_RETURN(more, another('}'));
  }
  return {};
}

// From behind the opening quote to behind the closing one.
Result<void> JsonFile::take_text(const std::function<Result<void>(std::string_view)>& more) {
  while (peek() >= 0) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    const std::size_t plain =
        static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(),
                                              [](char c) {
                                                const auto byte = static_cast<unsigned char>(c);
                                                return c == '"' || c == '\\' || byte < 0x20 || byte >= 0x80;
                                              }) -
                                 rest.begin());
    if (plain > 0) RETURN_IF_ERROR(more(rest.substr(0, plain)));
    at_ += plain;
    if (plain == rest.size()) continue;
    const std::uint64_t begin = position();
    int c = take();
    if (c == '"') return {};
    if (c == '\\') {
      c = take();
      // Some writers escape '/' and '+', which base64 has.
      if (c == 'u') {
        c = 0;
        for (int digit = 0; digit < 4 && c >= 0; ++digit) {
          const int value = hex_digit(take());
          c = value < 0 ? -1 : c * 16 + value;
        }
      } else if (c != '/' && c != '\\' && c != '"') {
        c = -1;
      }
    } else {
      c = -1;
    }
    if (c < 0x20 || c >= 0x7F) return fault(begin, "expected a text of visible ASCII characters");
    const char one = static_cast<char>(c);
    RETURN_IF_ERROR(more(std::string_view(&one, 1)));
  }
  return fault(position(), kEnds);
}

// --- Faults ---

Result<Json> JsonFile::parse(const std::string& text, std::uint64_t begin) {
  std::variant<Json, JsonFault> parsed = parse_json_or_fault(text);
  if (const auto* wrong = std::get_if<JsonFault>(&parsed)) {
    // The text ends there, but not the document.
    const bool cut_short = wrong->offset >= text.size();
    return fault(begin + wrong->offset, cut_short ? "the value before is not complete" : wrong->reason);
  }
  return std::get<Json>(std::move(parsed));
}

// Columns count characters, as describe_position() does.
Error JsonFile::fault(std::uint64_t offset, const std::string& reason) {
  std::size_t line = 1;
  std::size_t column = 1;
  seek(0);
  while (position() < offset && peek() >= 0) {
    const int c = take();
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned>(c) & 0xC0U) != 0x80U) {
      ++column;
    }
  }
  return invalid_request("invalid JSON at line " + std::to_string(line) + ", column " +
                         std::to_string(column) + ": " + reason);
}

}  // namespace zest
