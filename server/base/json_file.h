// A JSON document in a file, read a portion at a time: memory holds one element of a list, never the
// document. A byte order mark at its beginning is skipped. Errors are InvalidRequest and name line and
// column, as parse_json's do; the input is never echoed. A pipe is no file: it can be
// read only once. Thread-safety: none.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace zest {

// Of one element, in bytes: more than any that a version of the sandbox writes into a list, where the largest
// is what one request of at most 1 MiB brought, with everything escaped. [sandbox]
inline constexpr std::size_t kMaxJsonElement = std::size_t{16} << 20;

// False when no object begins so, whatever follows; true of nothing but blanks, too.
bool may_begin_object(std::string_view text);

class JsonFile {
 public:
  static Result<JsonFile> open(const std::filesystem::path& path);

  struct Member {
    std::string name;
    std::uint64_t begin = 0;  // where its value begins
  };
  // Of the document itself, which must be an object. Looks at brackets and quotes only: what a value holds is
  // judged when it is read. A name that stands there twice is an error.
  Result<std::vector<Member>> members();
  // Of an object that is the value of a member.
  Result<std::vector<Member>> members(const Member& object);

  Result<Json> value(const Member& member);
  // Each element of a list, in order, until `take` answers an error.
  Result<void> each_element(const Member& list, const std::function<Result<void>(const Json&)>& take);
  // Each text of an object whose members are ASCII texts, however long: `begin` for its name, then `more` for
  // its bytes as they come, then `end`.
  struct TextSink {
    std::function<Result<void>(const std::string& name)> begin;
    std::function<Result<void>(std::string_view bytes)> more;
    std::function<Result<void>()> end;
  };
  Result<void> each_text(const Member& object, const TextSink& sink);

 private:
  explicit JsonFile(std::FILE* file) : file_(file, &std::fclose) {}

  // The byte that is read next, or -1 at the end.
  int peek();
  int take();
  void seek(std::uint64_t position);
  std::uint64_t position() const { return buffer_begin_ + at_; }
  void skip_space();

  // Takes the present value; its text goes to `text` unless that is null.
  Result<void> take_value(std::string* text);
  Result<void> take_string(std::string* text);
  Result<void> take_nested(std::string* text);
  Result<void> keep(std::string* text, std::string_view bytes);
  Result<std::string> take_name();
  Result<void> take_text(const std::function<Result<void>(std::string_view)>& more);
  Result<void> expect(char wanted, const char* reason);
  // After an element: true when another one follows, false at `closing`.
  Result<bool> another(char closing);
  Result<std::vector<Member>> members_here();
  Result<Json> parse(const std::string& text, std::uint64_t begin);
  Error fault(std::uint64_t offset, const std::string& reason);

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::string buffer_;
  std::uint64_t buffer_begin_ = 0;  // where the buffer stands in the file
  std::size_t at_ = 0;              // in the buffer
};

}  // namespace zest
