// Requests and answers as values, independent of any HTTP library. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "base/time.h"

namespace zest::http {

// Header fields in order; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void reserve(std::size_t count) { fields_.reserve(count); }
  void set(std::string_view name, std::string value);  // replaces every field of that name
  // The first value, or nullptr.
  const std::string* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

// What is known of a request before its body.
struct RequestHead {
  std::string method;  // upper case
  std::string target;  // as sent: path and query, still percent-encoded
  std::string path;    // the part before '?', still percent-encoded
  std::string query;   // the part after '?', still percent-encoded; "" when there is none
  Headers headers;
  std::string peer;  // remote address, for the log
  std::uint16_t local_port = 0;
};

// One part of a multipart body. Its bytes are in a file of the spool folder, never in memory; who takes the
// request owns the file (SpooledFile removes it unless it was moved away).
class SpooledFile {
 public:
  SpooledFile() = default;
  explicit SpooledFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~SpooledFile();
  SpooledFile(SpooledFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  SpooledFile& operator=(SpooledFile&& other) noexcept;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path release() { return std::exchange(path_, {}); }

 private:
  std::filesystem::path path_;
};

// Of a file that is spooled, in memory: from these its type can be told.
inline constexpr std::size_t kKeptBeginning = 1024;

struct Part {
  std::string name;
  // Present: a file part, spooled ("" when the client named none); absent: a field, in `value`.
  std::optional<std::string> filename;
  std::optional<std::string> content_type;  // as sent
  std::string value;                        // fields only
  SpooledFile file;                         // file parts only
  std::uint64_t size = 0;                   // bytes of content
  std::string sha256;                       // file parts only: 32 raw bytes
  std::string beginning;                    // file parts only: the first kKeptBeginning bytes
};

// What a handler knows of a request that it let in by its head, handed back to it with the whole request.
// Opaque to the listener.
class AdmittedCall {
 public:
  virtual ~AdmittedCall() = default;
};

struct Request {
  RequestHead head;
  std::string body;         // bodies taken into memory
  SpooledFile body_file;    // bodies taken to a file
  std::vector<Part> parts;  // multipart bodies
  std::unique_ptr<AdmittedCall> call;
};

// The connection is cut in the middle of an answer's body (fault injection): after so many of its bytes, at
// most all but one; nothing: after half of them.
struct Cut {
  std::optional<std::uint64_t> after;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // Instead of `body`: the content of this file from its beginning on. It is open, for its name may be gone
  // when the answer leaves.
  std::shared_ptr<const FileDescriptor> file;
  // Cut the connection without a byte of answer (fault injection).
  bool drop_connection = false;
  std::optional<Cut> cut;
  // Of the body, wall time (fault injection); 0: as fast as can be. A listener that stops sends the rest at
  // once.
  std::uint64_t bytes_per_second = 0;
  // Wall: the answer leaves so much later, a quarter of a second more or less, and holds up nobody meanwhile.
  // A listener that stops sends it at once; the portable one always does.
  Duration hold{0};
};

bool is_valid_utf8(std::string_view text);
// Percent-decodes; '+' stays '+'. Nothing for a malformed escape or when the result is not valid UTF-8.
std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);  // everything but RFC 3986 unreserved characters
// application/x-www-form-urlencoded pairs, in order ('+' is a space). Nothing when an escape is malformed.
using FormFields = std::vector<std::pair<std::string, std::string>>;
std::optional<FormFields> parse_form(std::string_view text);

}  // namespace zest::http
