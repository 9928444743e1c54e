#include "snapshot/load.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <set>
#include <system_error>

#include "base/crypto.h"
#include "base/file.h"
#include "base/file_descriptor.h"
#include "base/json_file.h"
#include "base/nearest.h"
#include "base/object_reader.h"
#include "rules/restore.h"
#include "snapshot/document.h"
#include "snapshot/state_json.h"
#include "store/sqlite/old_tables.h"

namespace zest::snapshot {
namespace {

constexpr std::string_view kFiles = "files";
constexpr std::string_view kTables = "tables";
constexpr std::size_t kCopied = std::size_t{64} << 10;  // bytes at a time

// The document, or a copy in `folder` of one that can be read only once (a pipe).
class Readable {
 public:
  static Result<std::unique_ptr<Readable>> of(const std::filesystem::path& document,
                                              const std::filesystem::path& folder) {
    auto readable = std::make_unique<Readable>();
    readable->path_ = document;
    std::error_code unknown;
    const std::filesystem::file_type type = std::filesystem::status(document, unknown).type();
    if (type != std::filesystem::file_type::fifo && type != std::filesystem::file_type::character)
      return readable;
    const FileDescriptor from(::open(document.c_str(), O_RDONLY | O_CLOEXEC));
    std::string path = (folder / "snapshot-XXXXXX").string();
    const FileDescriptor to(::mkostemp(path.data(), O_CLOEXEC));
    if (to.valid()) readable->copy_ = path;
    if (!from.valid() || !to.valid() || !copy(from.get(), to.get())) {
      return invalid_request(document.string() +
                             " cannot be read: " + std::generic_category().message(errno));
    }
    readable->path_ = path;
    return readable;
  }
  Readable() = default;
  ~Readable() {
    std::error_code ignored;
    if (copy_) std::filesystem::remove(*copy_, ignored);
  }
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  // False: errno says why. Of what cannot be a document the beginning is enough.
  static bool copy(int from, int to) {
    std::string piece(kCopied, '\0');
    std::size_t copied = 0;
    for (;;) {
      const ssize_t got = ::read(from, piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return got == 0;
      const std::string_view bytes = std::string_view(piece).substr(0, static_cast<std::size_t>(got));
      if (!write_all(to, bytes)) return false;
      if (copied == 0 && !may_begin_object(bytes)) return true;
      copied += bytes.size();
      if (copied <= kMaxDocument) continue;
      errno = EFBIG;
      return false;
    }
  }

  std::filesystem::path path_;
  std::optional<std::filesystem::path> copy_;
};

// The bytes of one base64 text on their way into a file, with their hash.
class FileWriter {
 public:
  Result<std::filesystem::path> begin(const std::filesystem::path& folder) {
    std::string path = (folder / "snapshot-XXXXXX").string();
    file_ = FileDescriptor(::mkostemp(path.data(), O_CLOEXEC));
    if (!file_.valid()) return failed();
    pending_.clear();
    digest_.emplace();
    return std::filesystem::path(path);
  }

  // Decodes whole groups of four, but for the last: only the end of all may be padded.
  Result<void> more(std::string_view text) {
    pending_ += text;
    if (pending_.size() <= kGroup) return {};
    const std::size_t whole = (pending_.size() - 1) / kGroup * kGroup;
    RETURN_IF_ERROR(decode(std::string_view(pending_).substr(0, whole)));
    pending_.erase(0, whole);
    return {};
  }

  // Answers the hash, in hexadecimal digits.
  Result<std::string> end() {
    RETURN_IF_ERROR(decode(pending_));
    if (::close(file_.release()) != 0) return failed();
    return to_hex(digest_->finish());
  }

 private:
  static constexpr std::size_t kGroup = 4;

  static Error failed() {
    return make_error(ErrorKind::ServiceUnavailable,
                      "a file of the snapshot cannot be written: " + std::generic_category().message(errno));
  }

  Result<void> decode(std::string_view text) {
    const Result<std::string> bytes = base64_decode(text);
    if (!bytes.ok()) return invalid_request("a file of the snapshot is not base64 text");
    digest_->update(*bytes);
    if (!write_all(file_.get(), *bytes)) return failed();
    return {};
  }

  FileDescriptor file_;
  std::string pending_;
  std::optional<Sha256> digest_;
};

}  // namespace

// One reading of a document, step by step.
class Reading {
 public:
  Reading(Incoming& incoming, JsonFile& document, Log& log)
      : incoming_(incoming), document_(document), log_(log) {}

  Result<void> run() {
    ASSIGN_OR_RETURN(members_, document_.members());
    RETURN_IF_ERROR(read_head());
    RETURN_IF_ERROR(read_files());
    ASSIGN_OR_RETURN(incoming_.staged_, incoming_.store_.stage());
    if (version_ == kVersionOfTables) {
      RETURN_IF_ERROR(read_tables());
    } else {
      RETURN_IF_ERROR(read_sections());
    }
    RETURN_IF_ERROR(check_uploads());
    RETURN_IF_ERROR(incoming_.store_.uploads().keep(incoming_.files_));
    incoming_.kept_ = true;
    return {};
  }

 private:
  const JsonFile::Member* find(std::string_view name) const {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [name](const JsonFile::Member& member) { return member.name == name; });
    return found == members_.end() ? nullptr : &*found;
  }

  Result<void> read_head() {
    const Names head_names{"version", "createdAt", "rewind"};
    Json head = Json::object();
    for (const std::string_view name : head_names) {
      const JsonFile::Member* member = find(name);
      if (member == nullptr) continue;
      ASSIGN_OR_RETURN(head[std::string(name)], document_.value(*member));
    }
    ObjectReader reader(head, "the snapshot", head_names);
    reader.require("version");
    reader.require("createdAt");
    version_ = reader.integer("version", 1, std::numeric_limits<std::int64_t>::max()).value_or(0);
    if (!reader.error() && version_ != kVersion && version_ != kVersionOfTables) {
      reader.fail_member("version", "this sandbox reads versions " + std::to_string(kVersionOfTables) +
                                        " and " + std::to_string(kVersion) +
                                        " only; a newer one wrote this snapshot");
    }
    incoming_.created_at_ = reader.instant("createdAt").value_or(Instant{});
    incoming_.rewind_ = reader.flag("rewind");
    if (reader.error()) return *reader.error();
    return check_members(head_names);
  }

  // What the version does not know would be lost silently.
  Result<void> check_members(Names allowed) const {
    allowed.push_back(kFiles);
    if (version_ == kVersionOfTables) {
      allowed.push_back(kTables);
    } else {
      allowed.insert(allowed.end(), sections().begin(), sections().end());
    }
    for (const JsonFile::Member& member : members_) {
      if (is_one_of(allowed, member.name)) continue;
      return invalid_request("the snapshot has an unknown member " + in_quotes(member.name) +
                             "; allowed: " + join_names(allowed, ", ") + did_you_mean(member.name, allowed));
    }
    const std::string_view needed = version_ == kVersionOfTables ? kTables : "partners";
    if (find(needed) == nullptr)
      return invalid_request("the snapshot must have the member " + in_quotes(needed));
    return {};
  }

  Result<void> read_files() {
    const JsonFile::Member* files = find(kFiles);
    if (files == nullptr) return {};
    const std::filesystem::path& folder = incoming_.store_.uploads().spool_dir();
    FileWriter writer;
    JsonFile::TextSink sink;
    sink.begin = [&](const std::string& name) -> Result<void> {
      if (!hashes_.insert(name).second) return invalid_request("a file of the snapshot is there twice");
      ASSIGN_OR_RETURN(std::filesystem::path path, writer.begin(folder));
      incoming_.files_.push_back({std::move(path), name});
      return {};
    };
    sink.more = [&writer](std::string_view text) { return writer.more(text); };
    sink.end = [&]() -> Result<void> {
      ASSIGN_OR_RETURN(const std::string hash, writer.end());
      if (hash == incoming_.files_.back().sha256_hex) return {};
      return invalid_request("a file of the snapshot does not have the hash that names it");
    };
    return document_.each_text(*files, sink);
  }

  Result<void> stage(const store::StateItem& item, const std::string& path) {
    Result<void> added = incoming_.staged_->add(item);
    if (added.ok() || added.error().kind != ErrorKind::InvalidRequest) return added;
    return invalid_request(path + " of the snapshot " + added.error().detail);
  }

  Result<void> read_element(std::string_view section, const std::string& path, const Json& element) {
    ASSIGN_OR_RETURN(const store::StateItem item, read_item(section, element, path, incoming_.created_at_));
    return stage(item, path);
  }

  Result<void> read_sections() {
    for (const std::string_view section : sections()) {
      const JsonFile::Member* list = find(section);
      if (list == nullptr) continue;
      std::size_t index = 0;
      RETURN_IF_ERROR(document_.each_element(*list, [&](const Json& element) {
        return read_element(section, std::string(section) + "[" + std::to_string(index++) + "]", element);
      }));
    }
    return {};
  }

  // Tables become values, and those are judged as the values of a later version are.
  Result<void> read_tables() {
    ASSIGN_OR_RETURN(const std::unique_ptr<store::OldTables> tables,
                     store::OldTables::create(incoming_.store_.uploads().spool_dir(), log_));
    ASSIGN_OR_RETURN(const std::vector<JsonFile::Member> given, document_.members(*find(kTables)));
    for (const JsonFile::Member& table : given) {
      const auto& known = tables->names();
      if (std::find(known.begin(), known.end(), table.name) != known.end()) continue;
      const std::string meant = did_you_mean(table.name, known);
      return invalid_request("The snapshot's table " + in_quotes(table.name) + " is unknown to its version" +
                             (meant.empty() ? "." : meant));
    }
    for (const std::string& name : tables->names()) {
      for (const JsonFile::Member& table : given) {
        if (table.name != name) continue;
        RETURN_IF_ERROR(
            document_.each_element(table, [&](const Json& row) { return tables->add_row(name, row); }));
      }
    }
    std::string_view section;
    std::size_t index = 0;
    return tables->visit([&](const store::StateItem& item) -> Result<void> {
      if (section != section_of(item)) index = 0;
      section = section_of(item);
      const std::string path = std::string(section) + "[" + std::to_string(index++) + "]";
      return read_element(section, path, to_json(item, incoming_.created_at_));
    });
  }

  Result<void> check_uploads() {
    return incoming_.staged_->change([this](store::Write& tx) -> Result<void> {
      for (const std::string& sha256_hex : tx.referenced_uploads()) {
        if (!hashes_.contains(sha256_hex))
          return invalid_request("the snapshot lacks the file " + sha256_hex + " that it refers to");
      }
      return {};
    });
  }

  Incoming& incoming_;
  JsonFile& document_;
  Log& log_;
  std::vector<JsonFile::Member> members_;
  std::int64_t version_ = 0;
  std::set<std::string> hashes_;
};

Result<std::unique_ptr<Incoming>> Incoming::read(store::Store& store, const std::filesystem::path& document,
                                                 Log& log) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Readable> readable,
                   Readable::of(document, store.uploads().spool_dir()));
  ASSIGN_OR_RETURN(JsonFile file, JsonFile::open(readable->path()));
  std::unique_ptr<Incoming> incoming(new Incoming(store));
  RETURN_IF_ERROR(Reading(*incoming, file, log).run());
  return incoming;
}

Incoming::~Incoming() {
  staged_.reset();
  if (placed_) return;
  std::error_code ignored;
  for (const store::Uploads::Spooled& file : files_) std::filesystem::remove(file.path, ignored);
  if (kept_) store_.uploads().give_up(files_);
  hold_.reset();
  if (kept_) store_.uploads().sweep();
}

Result<void> Incoming::take_place(bool rewind, const MachineTime& machine) {
  RETURN_IF_ERROR(store_.replace(*staged_, [&](store::Read& present, store::Write& next) -> Result<void> {
    rules::take_up_restored(present, next, created_at_, rewind, machine);
    return {};
  }));
  placed_ = true;
  return {};
}

}  // namespace zest::snapshot
