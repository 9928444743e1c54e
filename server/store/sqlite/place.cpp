#include "store/sqlite/place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "store/sqlite/db.h"

namespace zest::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);
// What the journal begins with by which SQLite takes back a change that was not completed.
constexpr std::string_view kJournalMagic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
constexpr const char* kJournalSuffix = "-journal";
constexpr const char* kFilesSuffix = ".files";
constexpr const char* kLockSuffix = ".lock";
constexpr const char* kLogSuffix = "-wal";
// Of everything that lies beside a database.
constexpr const char* kSuffixes[] = {"", kLogSuffix, "-shm", kJournalSuffix, kLockSuffix, kFilesSuffix};

std::string reason(int code) { return std::generic_category().message(code); }

// The first bytes of a file, as many as there are; nothing when it cannot be read.
std::optional<std::string> beginning(const FileDescriptor& file, std::size_t length) {
  std::string bytes(length, '\0');
  const ssize_t size = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

// In a folder where everybody may make files (/tmp), one that somebody else has put there is a trap: they
// could read and change what we write. The rule of the kernel's fs.protected_regular.
Result<void> check_owners(const fs::path& path) {
  struct stat folder = {};
  const fs::path parent = path.parent_path();
  if (::stat(parent.c_str(), &folder) != 0) return {};
  if ((folder.st_mode & S_ISVTX) == 0 || (folder.st_mode & S_IWOTH) == 0) return {};
  for (const char* suffix : kSuffixes) {
    const std::string name = path.string() + suffix;
    struct stat file = {};
    if (::lstat(name.c_str(), &file) != 0) continue;
    if (file.st_uid == ::geteuid() || file.st_uid == folder.st_uid) continue;
    return invalid_request("The file " + name + " belongs to another user, and everybody may write into " +
                           parent.string() + "; choose a --db path in a folder of your own.");
  }
  return {};
}

// The path without links, of a file that may be made or is one.
Result<fs::path> real_path(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error || !real.has_filename())
    return invalid_request("The database path " + path.string() + " names no file.");
  const fs::file_status status = fs::symlink_status(real, error);
  if (fs::is_directory(status)) {
    return invalid_request("The database path " + path.string() + " is a folder; give the path of a file.");
  }
  if (!fs::is_directory(real.parent_path(), error)) {
    return invalid_request("The folder " + real.parent_path().string() + " of the database " + path.string() +
                           " does not exist; create it first or choose another path.");
  }
  if (fs::is_symlink(status)) {
    return invalid_request("The database path " + path.string() + " is a link that leads to no file.");
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return invalid_request("The database path " + path.string() + " is no regular file.");
  }
  return real;
}

// Its log lies beside one name only; opened by another, it would lack what the log holds.
Result<void> check_names(const fs::path& real, const std::string& name) {
  struct stat found = {};
  const bool exists = ::lstat(real.c_str(), &found) == 0;
  if (exists && found.st_nlink > 1) {
    return invalid_request(
        "The database " + name + " has " + std::to_string(found.st_nlink) +
        " names (hard links), under which its changes could be lost; copy it and use the copy.");
  }
  const fs::path log = real.string() + kLogSuffix;
  struct stat left = {};
  if ((!exists || found.st_size == 0) && ::lstat(log.c_str(), &left) == 0 && left.st_size > 0) {
    return invalid_request(
        "There is no database " + name + ", but " + log.string() +
        " holds changes of one that was there; bring that one back, or move the log away.");
  }
  return {};
}

// A file that cannot be opened, in words.
std::string why_not(const fs::path& path, int code) {
  const bool exists = ::access(path.c_str(), F_OK) == 0;
  const bool readable = ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0;
  const char* verb = !exists ? "created" : readable ? "written" : "read";
  return std::string(" cannot be ") + verb + ": " + reason(code) + ".";
}

}  // namespace

// The file is empty, absent or an SQLite database that may be written.
Result<void> Place::open_database(const std::string& name) {
  constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  file_ = FileDescriptor(::open(database_.c_str(), kFlags | O_CREAT | O_EXCL, 0600));
  made_ = file_.valid();
  if (!made_ && errno == EEXIST) file_ = FileDescriptor(::open(database_.c_str(), kFlags));
  if (!file_.valid()) return invalid_request("The database " + name + why_not(database_, errno));
  const std::optional<bool> locked = lock_database(file_);
  if (!locked) return invalid_request("The database " + name + " cannot be locked: " + reason(errno) + ".");
  if (!*locked) {
    return invalid_request("The database " + name +
                           " is in use by another sandbox; stop it or choose another path.");
  }
  identity_ = identity_of(file_.get());
  if (!identity_ || identity_of(database_) != identity_) {
    return invalid_request("The database " + name + " was replaced while it was opened; try again.");
  }
  const std::optional<std::string> head = beginning(file_, kSqliteMagic.size());
  if (!head) return invalid_request("The database " + name + " cannot be read: " + reason(errno) + ".");
  if (head->empty() || *head == kSqliteMagic) return {};
  // The power failed while the first page of a new database was written: SQLite takes that back.
  const FileDescriptor journal(
      ::open((database_.string() + kJournalSuffix).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (journal.valid() && beginning(journal, kJournalMagic.size()) == kJournalMagic) return {};
  return invalid_request("The file " + database_.string() +
                         " is no SQLite database; choose another path or move the file away.");
}

Result<std::unique_ptr<Place>> Place::at(const fs::path& path) {
  ASSIGN_OR_RETURN(const fs::path real, real_path(path));
  std::unique_ptr<Place> place(new Place);
  place->database_ = real;
  place->files_ = real.string() + kFilesSuffix;
  RETURN_IF_ERROR(check_owners(real));
  RETURN_IF_ERROR(place->lock_.take(real.string() + kLockSuffix, path.string()));
  RETURN_IF_ERROR(check_names(real, path.string()));
  RETURN_IF_ERROR(place->open_database(path.string()));
  return place;
}

Result<std::unique_ptr<Place>> Place::temporary() {
  std::unique_ptr<Place> place(new Place);
  ASSIGN_OR_RETURN(place->folder_, PrivateFolder::make());
  place->database_ = place->folder_->path() / kDatabaseName;
  place->files_ = place->folder_->path() / kUploadsName;
  RETURN_IF_ERROR(place->open_database("in " + place->folder_->path().string()));
  return place;
}

void Place::begin_as(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw Unavailable(reason(errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Place::watch_log() { log_identity_ = identity_of(log_path()); }

std::optional<std::string> Place::displaced() const {
  const bool gone = identity_of(database_) != identity_;
  const bool log_gone = log_identity_ && identity_of(log_path()) != log_identity_;
  if (!gone && !log_gone) return std::nullopt;
  return std::string(kDisplaced) + (gone ? database_ : log_path()).string() +
         " is not the file any more that the sandbox opened";
}

Place::~Place() {
  struct stat found = {};
  if (folder_ || !made_ || identity_of(database_) != identity_) return;
  if (::fstat(file_.get(), &found) == 0 && found.st_size == 0) ::unlink(database_.c_str());
}

}  // namespace zest::store
