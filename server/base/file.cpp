#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "base/file_descriptor.h"

namespace zest {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kAnybody = 0666;  // less what the user's umask takes

Error unwritable(const fs::path& path, ErrorKind kind = ErrorKind::ServiceUnavailable) {
  return make_error(kind, path.string() + " cannot be written: " + std::generic_category().message(errno));
}

// A file that was there keeps its name and owner, not its mode; one that is none (a pipe) keeps all.
Result<void> write_in_place(const fs::path& path, const std::function<bool(int)>& fill) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly));
  struct stat opened = {};
  if (!file.valid() || ::fstat(file.get(), &opened) != 0) return unwritable(path);
  if (S_ISREG(opened.st_mode) && ::fchmod(file.get(), kOwnerOnly) != 0) return unwritable(path);
  if (!fill(file.get())) return unwritable(path);
  return {};
}

// False: errno says why.
bool copy(int from, int to) {
  std::array<char, 65536> buffer;
  if (::lseek(from, 0, SEEK_SET) != 0) return false;
  while (true) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    if (!write_all(to, std::string_view(buffer.data(), static_cast<std::size_t>(got)))) return false;
  }
}

// A file that gets its name once it is whole, and is gone otherwise.
class FileBeside {
 public:
  explicit FileBeside(const fs::path& path)
      : name_(path.string() + ".XXXXXX"), file_(::mkostemp(name_.data(), O_CLOEXEC)) {
    // Also where the umask takes from what mkostemp gives: what cannot be read again is worth nothing.
    if (file_.valid()) ::fchmod(file_.get(), kOwnerOnly);
  }
  ~FileBeside() {
    const int code = errno;
    if (file_.valid() && !renamed_) ::unlink(name_.c_str());
    errno = code;
  }
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;
  const FileDescriptor& file() const { return file_; }
  bool take_name(const fs::path& path) {
    renamed_ = ::fsync(file_.get()) == 0 && ::rename(name_.c_str(), path.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string name_;
  FileDescriptor file_;
  bool renamed_ = false;
};

// The folder is closed to us, or the file is mounted by itself.
bool cannot_be_replaced(int code) {
  return code == EACCES || code == EPERM || code == EROFS || code == EBUSY;
}

}  // namespace

void FileDescriptor::reset() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<std::string> read_file(const fs::path& path, std::size_t at_most) {
  const auto unreadable = [&path] {
    return make_error(ErrorKind::InvalidRequest,
                      path.string() + " cannot be read: " + std::generic_category().message(errno));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return unreadable();
  std::string bytes;
  std::array<char, 16384> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    bytes.append(buffer.data(), got);
    if (bytes.size() > at_most) {
      return make_error(ErrorKind::InvalidRequest,
                        path.string() + " is larger than " + std::to_string(at_most >> 20) + " MiB");
    }
  }
  if (std::ferror(file.get()) != 0) return unreadable();
  return bytes;
}

Result<void> write_file(const fs::path& path, std::string_view bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kAnybody));
  if (!file.valid() || !write_all(file.get(), bytes)) return unwritable(path, ErrorKind::InvalidRequest);
  return {};
}

Result<void> check_writable(const fs::path& path) {
  std::error_code unknown;
  const fs::file_type type = fs::status(path, unknown).type();
  // A pipe's reader would take this for all that comes.
  if (type == fs::file_type::fifo || type == fs::file_type::character) {
    if (::access(path.c_str(), W_OK) != 0) return unwritable(path, ErrorKind::InvalidRequest);
    return {};
  }
  const FileDescriptor made(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kAnybody));
  if (made.valid()) {
    ::unlink(path.c_str());
    return {};
  }
  if (errno != EEXIST) return unwritable(path, ErrorKind::InvalidRequest);
  const FileDescriptor there(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kAnybody));
  if (!there.valid()) return unwritable(path, ErrorKind::InvalidRequest);
  return {};
}

Result<void> write_secret_file(const fs::path& path, std::string_view bytes) {
  return write_secret_file(path, [bytes](int file) { return write_all(file, bytes); });
}

Result<void> write_secret_file(const fs::path& path, const std::function<bool(int)>& fill) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) return write_in_place(path, fill);
  const fs::path target = fs::exists(status) ? fs::canonical(path, error) : path;
  FileBeside beside(error ? path : target);
  if (beside.file().valid()) {
    if (!fill(beside.file().get())) return unwritable(path);
    if (beside.take_name(target)) return {};
    if (!fs::exists(status) || !cannot_be_replaced(errno)) return unwritable(path);
    return write_in_place(path, [&beside](int file) { return copy(beside.file().get(), file); });
  }
  if (!fs::exists(status) || !cannot_be_replaced(errno)) return unwritable(path);
  // Elsewhere first: what is there now must not be lost to what does not come.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> elsewhere(std::tmpfile(), &std::fclose);
  if (!elsewhere || !fill(::fileno(elsewhere.get()))) return unwritable(path);
  return write_in_place(path, [&elsewhere](int file) { return copy(::fileno(elsewhere.get()), file); });
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::optional<FileIdentity> identity_of(int descriptor) {
  struct stat found = {};
  if (::fstat(descriptor, &found) != 0) return std::nullopt;
  return FileIdentity{found.st_dev, found.st_ino};
}

std::optional<FileIdentity> identity_of(const fs::path& path) {
  struct stat found = {};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  return FileIdentity{found.st_dev, found.st_ino};
}

}  // namespace zest
