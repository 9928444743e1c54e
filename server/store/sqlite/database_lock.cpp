#include "store/sqlite/database_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/file.h"

namespace zest::store {
namespace {

namespace fs = std::filesystem;

// Between a look at the name and the lock on what it led to, the holder may have removed the file.
constexpr int kLockAttempts = 100;
constexpr std::size_t kLongestNote = 32;  // bytes of a lock file that are looked at
// Of the database file; SQLite's own locks are the 512 bytes from 2^30.
constexpr off_t kLockByte = (off_t{1} << 30) + 4096;

// All that stands in it, or nothing when that is no note of a process: "123\n", or empty. Zeros are what a
// loss of power may leave of one.
std::optional<std::string> read_note(const FileDescriptor& file) {
  struct stat found = {};
  char bytes[kLongestNote] = {};
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  const ssize_t size = ::pread(file.get(), bytes, sizeof bytes, 0);
  if (size < 0) return std::nullopt;
  const std::string note(bytes, static_cast<std::size_t>(size));
  if (note.empty()) return note;
  if (note.find_first_not_of('\0') == std::string::npos) return std::string();
  const bool is_number = note.size() > 1 && note.find_first_not_of("0123456789") == note.size() - 1;
  return is_number && note.back() == '\n' ? std::optional<std::string>(note) : std::nullopt;
}

}  // namespace

LockFile::Outcome LockFile::attempt() {
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    FileDescriptor file(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    was_there_ = false;
    if (!file.valid() && errno == EEXIST) {
      file = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
      if (!file.valid() && errno == ENOENT) continue;
      if (!file.valid()) return Outcome::Failed;
      const std::optional<std::string> note = read_note(file);
      if (!note) return Outcome::NotOurs;
      was_there_ = note->empty();
    }
    if (!file.valid()) return Outcome::Failed;
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      return errno == EWOULDBLOCK ? Outcome::Busy : Outcome::Failed;
    }
    if (identity_of(path_) == identity_of(file.get())) {
      file_ = std::move(file);
      return Outcome::Held;
    }
  }
  errno = EAGAIN;
  return Outcome::Failed;
}

Result<void> LockFile::take(const fs::path& path, const std::string& database) {
  path_ = path;
  switch (attempt()) {
    case Outcome::Held:
      note_process();
      return {};
    case Outcome::Busy:
      return invalid_request("The database " + database + " is in use by another sandbox" + noted_process() +
                             "; stop it or choose another path.");
    case Outcome::NotOurs:
      return invalid_request("The file " + path.string() + " beside the database " + database +
                             " is no sandbox's lock; move it away or choose another path.");
    case Outcome::Failed:
      break;
  }
  return invalid_request("The database " + database + " cannot be locked by " + path.string() + ": " +
                         std::generic_category().message(errno) + ".");
}

// For whoever finds the lock taken.
void LockFile::note_process() {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(file_.get(), text.data(), text.size(), 0);
}

std::string LockFile::noted_process() const {
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const std::optional<std::string> note = file.valid() ? read_note(file) : std::nullopt;
  return !note || note->empty() ? "" : " (process " + note->substr(0, note->size() - 1) + ")";
}

LockFile::~LockFile() {
  if (!file_.valid() || identity_of(path_) != identity_of(file_.get())) return;
  if (was_there_) {
    [[maybe_unused]] const int emptied = ::ftruncate(file_.get(), 0);
  } else {
    ::unlink(path_.c_str());
  }
}

std::optional<bool> lock_database(const FileDescriptor& file) {
#ifdef F_OFD_SETLK
  // Bound to the open file as flock() is, but on one byte, so that it never meets SQLite's locks where a
  // file system turns flock() into a lock on the whole file.
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kLockByte;
  lock.l_len = 1;
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  if (errno != EINVAL) return std::nullopt;  // EINVAL: a kernel that does not know it
#endif
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return true;
  return errno == EWOULDBLOCK ? std::optional<bool>(false) : std::nullopt;
}

}  // namespace zest::store
