#include "app/port_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

namespace zest::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongest = 6;  // "65535\n"
constexpr int kNamesTried = 100;

Error port_file_error(const fs::path& path, const std::string& what) {
  return invalid_request("the port file " + path.string() + " " + what);
}

Error unwritable(const fs::path& path, int code) {
  return port_file_error(path, "cannot be written: " + std::generic_category().message(code));
}

// Also true of an empty one, which holds nothing that could be lost (mktemp makes such).
bool holds_a_port(const FileDescriptor& file) {
  char bytes[kLongest + 1] = {};
  const ssize_t size = ::pread(file.get(), bytes, sizeof bytes, 0);
  if (size < 0) return false;
  const std::string_view text(bytes, static_cast<std::size_t>(size));
  if (text.empty()) return true;
  return text.size() > 1 && text.size() <= kLongest &&
         text.find_first_not_of("0123456789") == text.size() - 1 && text.back() == '\n';
}

// A new file beside it, with the rights that the umask leaves.
FileDescriptor make_beside(const fs::path& path, fs::path& beside) {
  for (int number = 0; number < kNamesTried; ++number) {
    beside = path.string() + "." + std::to_string(::getpid()) + "-" + std::to_string(number);
    FileDescriptor file(::open(beside.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.valid() || errno != EEXIST) return file;
  }
  return FileDescriptor();
}

// Without ever taking another file's place, where the file system can promise that.
int rename_to_free_name(const fs::path& from, const fs::path& to) {
#ifdef RENAME_NOREPLACE
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
#endif
  if (identity_of(to)) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Result<void> PortFile::make_way(const fs::path& path) {
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored)) return unwritable(path, ENOENT);
  struct stat found = {};
  if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? Result<void>() : unwritable(path, errno);
  const char* const foreign = "is there already and is no sandbox's; move it away or name another";
  if (!S_ISREG(found.st_mode)) return port_file_error(path, foreign);
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid() || !holds_a_port(file)) return port_file_error(path, foreign);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return port_file_error(path, "is that of another sandbox, which runs; name another");
  }
  if (identity_of(path) != identity_of(file.get())) return port_file_error(path, foreign);
  return ::unlink(path.c_str()) == 0 ? Result<void>() : unwritable(path, errno);
}

Result<std::unique_ptr<PortFile>> PortFile::write(const fs::path& path, int port) {
  fs::path beside;
  FileDescriptor file = make_beside(path, beside);
  if (!file.valid()) return unwritable(path, errno);
  const bool written =
      ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 && write_all(file.get(), std::to_string(port) + "\n");
  const int failed = written ? rename_to_free_name(beside, path) : errno;
  if (failed == 0) return std::unique_ptr<PortFile>(new PortFile(path, std::move(file)));
  ::unlink(beside.c_str());
  return unwritable(path, failed);
}

PortFile::~PortFile() {
  if (identity_of(path_) == identity_of(file_.get())) ::unlink(path_.c_str());
}

}  // namespace zest::app
