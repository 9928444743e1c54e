// multipart/form-data (RFC 7578), parsed as it arrives and in constant memory. Strict where readers could
// disagree (CR LF only, no folded lines, no control characters in names), tolerant of preamble and epilogue.
// Thread-safety: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zest::http {

// `form-data; name="a"; filename="b"` -> the word before the first ';' and the parameters, names in lower
// case. In quoted values \" and \\ are escapes. Nothing when the syntax is broken or a parameter is given
// twice.
struct HeaderValue {
  std::string word;
  std::vector<std::pair<std::string, std::string>> parameters;
  const std::string* find(std::string_view name) const;
};
std::optional<HeaderValue> parse_header_value(std::string_view text);

// The header of one part.
struct PartHeader {
  std::string name;
  std::optional<std::string> filename;  // "" for one that is not UTF-8
  std::optional<std::string> content_type;
  // A file's bytes are stored, a field's value is kept in memory. A file is what has a file name, a
  // Content-Type other than text/plain, or the name "file" and any Content-Type.
  bool is_file() const;
};

class MultipartParser {
 public:
  // Where the parts go. Each answers false to stop the parser.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual bool begin_part(PartHeader header) = 0;
    virtual bool part_bytes(std::string_view bytes) = 0;
    virtual bool end_part() = 0;
  };

  // The boundary of a Content-Type header; nothing when it is no multipart/form-data or has no usable
  // boundary (1 to 70 characters, RFC 2046).
  static std::optional<std::string> boundary_of(std::string_view content_type);

  MultipartParser(std::string_view boundary, Sink& sink);
  // False: stopped, either by the sink or at a problem().
  bool feed(std::string_view bytes);
  // The body is over. False: the final boundary is missing, see problem().
  bool finish();
  // One phrase for people; empty while all is well.
  const std::string& problem() const { return problem_; }

 private:
  enum class State { Preamble, PartHeader, Content, Epilogue };
  // What a boundary string in the buffer turns out to be, seen from the bytes behind it.
  enum class Tail { Part, Final, NoBoundary, Unknown, Broken };

  Tail tail_of(std::size_t at, std::size_t& end) const;
  bool advance();
  bool to_boundary();
  bool part_header();
  bool at_boundary(Tail tail);
  bool fail(std::string_view problem);

  std::string delimiter_;  // CR LF, two hyphens, boundary
  Sink& sink_;
  State state_ = State::Preamble;
  std::string buffer_;
  std::size_t position_ = 0;  // of what is not yet dealt with in buffer_
  std::string problem_;
};

}  // namespace zest::http
