#include "snapshot/save.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "base/crypto.h"
#include "snapshot/document.h"
#include "snapshot/state_json.h"

namespace zest::snapshot {
namespace {

// A multiple of 3: pieces in base64 then stand side by side as the whole does.
constexpr std::size_t kPiece = std::size_t{3} << 14;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

class DocumentWriter {
 public:
  explicit DocumentWriter(const std::filesystem::path& path)
      : file_(std::fopen(path.c_str(), "wbe"), &std::fclose) {}

  Result<void> begin(Instant taken_at) {
    return write("{\"version\":" + std::to_string(kVersion) + ",\"createdAt\":\"" + format_instant(taken_at) +
                 "\"");
  }
  // Items come section by section, in the order of sections().
  Result<void> add(const store::StateItem& item, Instant taken_at) {
    while (open_ < item.index() + 1) RETURN_IF_ERROR(next_section());
    std::string text = std::exchange(first_, false) ? "\n" : ",\n";
    text += dump_json(to_json(item, taken_at));
    return write(text);
  }
  Result<void> end_sections() {
    while (open_ < sections().size()) RETURN_IF_ERROR(next_section());
    return write("]");
  }
  Result<void> begin_files() {
    first_ = true;
    return write(",\n\"files\":{");
  }
  Result<void> begin_file(const std::string& sha256_hex) {
    return write(std::string(std::exchange(first_, false) ? "\n\"" : ",\n\"") + sha256_hex + "\":\"");
  }
  Result<void> bytes(std::string_view piece) { return write(base64_encode(piece)); }
  Result<void> end_file() { return write("\""); }
  Result<void> end() {
    RETURN_IF_ERROR(write("}}\n"));
    if (std::fflush(file_.get()) != 0) return failed();
    return {};
  }

 private:
  Result<void> next_section() {
    const std::string_view name = sections()[open_];
    const std::string text = (open_ > 0 ? "],\n\"" : ",\n\"") + std::string(name) + "\":[";
    ++open_;
    first_ = true;
    return write(text);
  }
  Result<void> write(std::string_view text) {
    if (!file_ || std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) return failed();
    return {};
  }
  static Error failed() {
    return make_error(ErrorKind::ServiceUnavailable,
                      "the snapshot cannot be written: " + std::generic_category().message(errno));
  }

  File file_;
  std::size_t open_ = 0;  // how many sections were begun
  bool first_ = true;     // in the present list
};

// Who damaged the files of uploads is told now, not when the snapshot is needed.
Error lost(const std::string& sha256_hex, const std::string& why) {
  return make_error(ErrorKind::ServiceUnavailable,
                    "the snapshot cannot be written: the stored content of an upload is lost (" + sha256_hex +
                        ": " + why + "); send the document again, or reset its partner");
}

// Nothing (errno says why) for what cannot be opened; neither follows a link nor waits for a pipe's other
// end.
File open_regular(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "rb");
  if (!file && descriptor >= 0) {
    const int why = errno;
    ::close(descriptor);
    errno = why;
  }
  return File(file, &std::fclose);
}

Result<void> add_file(DocumentWriter& document, const std::filesystem::path& path,
                      const std::string& sha256_hex) {
  const File file = open_regular(path);
  RETURN_IF_ERROR(document.begin_file(sha256_hex));
  Sha256 digest;
  std::string piece(kPiece, '\0');
  while (const std::size_t got = file ? std::fread(piece.data(), 1, kPiece, file.get()) : 0) {
    const std::string_view bytes = std::string_view(piece).substr(0, got);
    digest.update(bytes);
    RETURN_IF_ERROR(document.bytes(bytes));
  }
  if (!file || std::ferror(file.get()) != 0) {
    return lost(sha256_hex, std::generic_category().message(errno));
  }
  if (to_hex(digest.finish()) != sha256_hex) return lost(sha256_hex, "it is another file");
  return document.end_file();
}

}  // namespace

Result<void> save(store::Store& store, const WallClock& clock, const std::filesystem::path& file) {
  DocumentWriter document(file);
  // What the state of this moment refers to stays until it is copied.
  const store::Uploads::Hold hold = store.uploads().hold();
  ASSIGN_OR_RETURN(const Result<std::vector<std::string>> uploads,
                   store.read_at_length([&](store::Read& tx) -> Result<std::vector<std::string>> {
                     std::vector<std::string> referenced = tx.referenced_uploads();
                     const Instant taken_at = clock.steady();
                     RETURN_IF_ERROR(document.begin(taken_at));
                     RETURN_IF_ERROR(tx.visit_state([&document, taken_at](const store::StateItem& item) {
                       return document.add(item, taken_at);
                     }));
                     return referenced;
                   }));
  if (!uploads.ok()) return uploads.error();
  RETURN_IF_ERROR(document.end_sections());
  RETURN_IF_ERROR(document.begin_files());
  for (const std::string& sha256_hex : *uploads) {
    RETURN_IF_ERROR(add_file(document, store.uploads().path(sha256_hex), sha256_hex));
  }
  return document.end();
}

}  // namespace zest::snapshot
