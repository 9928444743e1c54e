#include "store/place.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace zest::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "zest-sandbox-";
constexpr std::string_view kLockName = "lock";
constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);

Error unusable(const std::string& sentence) { return make_error(ErrorKind::InvalidRequest, sentence); }

std::string reason(int code) { return std::generic_category().message(code); }

enum class LockOutcome { Held, Busy, Failed };

// Creates and locks `path`. The holder removes the file before it lets go, so a lock counts only while the
// name still leads to the locked file.
LockOutcome lock_file(const fs::path& path, FileDescriptor& lock) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.open()) return LockOutcome::Failed;
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      return errno == EWOULDBLOCK ? LockOutcome::Busy : LockOutcome::Failed;
    }
    struct stat locked = {};
    struct stat named = {};
    if (::fstat(file.get(), &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) {
      lock = std::move(file);
      return LockOutcome::Held;
    }
  }
  errno = EAGAIN;
  return LockOutcome::Failed;
}

// For whoever finds the lock taken.
void note_process(const FileDescriptor& lock) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(lock.get(), text.data(), text.size(), 0);
}

std::string noted_process(const fs::path& lock_path) {
  FileDescriptor file(::open(lock_path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[32] = {};
  const ssize_t size = file.open() ? ::read(file.get(), text, sizeof text - 1) : 0;
  std::string process;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) process += text[i];
  return process.empty() ? "" : " (process " + process + ")";
}

// The file is empty, absent or an SQLite database that may be written.
Result<void> check_file(const fs::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.open()) {
    const int code = errno;
    const bool exists = ::access(path.c_str(), F_OK) == 0;
    const bool readable = ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0;
    const char* verb = !exists ? "created" : readable ? "written" : "read";
    return unusable("The database " + path.string() + " cannot be " + verb + ": " + reason(code) + ".");
  }
  char head[16] = {};
  const ssize_t size = ::pread(file.get(), head, sizeof head, 0);
  if (size < 0) return unusable("The database " + path.string() + " cannot be read: " + reason(errno) + ".");
  if (size == 0 || std::string_view(head, static_cast<std::size_t>(size)) == kSqliteMagic) return {};
  return unusable("The file " + path.string() +
                  " is no SQLite database; choose another path or move the file away.");
}

// A folder that a process which died left behind: ours by name and owner, and its lock is free.
void sweep_folder(const fs::path& folder) {
  struct stat found = {};
  if (::lstat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != ::geteuid()) return;
  FileDescriptor lock(::open((folder / kLockName).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (lock.open()) {
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  } else {
    // Died, or was only just born, between folder and lock: the name tells whether the process lives.
    const std::string name = folder.filename().string();
    pid_t process = 0;
    std::from_chars(name.data() + kFolderPrefix.size(), name.data() + name.size(), process);
    if (process <= 0 || ::kill(process, 0) == 0 || errno != ESRCH) return;
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

void sweep_folders(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator entry(parent, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.compare(0, kFolderPrefix.size(), kFolderPrefix) == 0) sweep_folder(entry->path());
  }
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::unique_ptr<Place>> Place::at(const fs::path& path) {
  std::error_code error;
  // One lock for one file, whatever links lead to it.
  const fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error || !real.has_filename())
    return unusable("The database path " + path.string() + " names no file.");
  const fs::file_status status = fs::status(real, error);
  if (fs::is_directory(status)) {
    return unusable("The database path " + path.string() + " is a folder; give the path of a file.");
  }
  if (!fs::is_directory(real.parent_path(), error)) {
    return unusable("The folder " + real.parent_path().string() + " of the database " + path.string() +
                    " does not exist; create it first or choose another path.");
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return unusable("The database path " + path.string() + " is no regular file.");
  }
  std::unique_ptr<Place> place(new Place);
  place->database_ = real;
  place->files_ = real.string() + ".files";
  const fs::path lock_path = real.string() + ".lock";
  switch (lock_file(lock_path, place->lock_)) {
    case LockOutcome::Held:
      break;
    case LockOutcome::Busy:
      return unusable("The database " + path.string() + " is in use by another sandbox" +
                      noted_process(lock_path) + "; stop it or choose another path.");
    case LockOutcome::Failed:
      return unusable("The database " + path.string() + " cannot be locked by " + lock_path.string() + ": " +
                      reason(errno) + ".");
  }
  place->lock_path_ = lock_path;
  note_process(place->lock_);
  RETURN_IF_ERROR(check_file(real));
  return place;
}

Result<std::unique_ptr<Place>> Place::temporary() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) return unusable("There is no usable temporary folder: " + error.message() + ".");
  sweep_folders(parent);
  const std::string pattern =
      (parent / (std::string(kFolderPrefix) + std::to_string(::getpid()) + "-XXXXXX")).string();
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string folder = pattern;
    if (::mkdtemp(folder.data()) == nullptr) break;
    std::unique_ptr<Place> place(new Place);
    const fs::path lock_path = fs::path(folder) / kLockName;
    // Another process that sweeps at this very moment may take the folder for abandoned; then make another.
    if (lock_file(lock_path, place->lock_) != LockOutcome::Held) continue;
    place->lock_path_ = lock_path;
    place->folder_ = folder;
    place->database_ = fs::path(folder) / "sandbox.db";
    place->files_ = fs::path(folder) / "files";
    return place;
  }
  return unusable("No folder can be made in " + parent.string() + ": " + reason(errno) + ".");
}

Place::~Place() {
  std::error_code ignored;
  if (folder_) {
    fs::remove_all(*folder_, ignored);
  } else if (!lock_path_.empty()) {
    fs::remove(lock_path_, ignored);
  }
}

}  // namespace zest::store
