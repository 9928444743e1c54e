#include "store/content_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "store/place.h"

namespace zest::store {
namespace {

namespace fs = std::filesystem;

// Longer than any request may take from its upload to its commit.
constexpr std::chrono::minutes kSettling{10};

Error unavailable(const std::string& what, int code) {
  return make_error(ErrorKind::ServiceUnavailable, "The upload cannot be stored: " + what + ": " +
                                                       std::generic_category().message(code) + ".");
}

Result<void> flush(const fs::path& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file.open()) return unavailable("open", errno);
  if (::fsync(file.get()) != 0) return unavailable("fsync", errno);
  return {};
}

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    paths.push_back(entry->path());
  }
  return paths;
}

}  // namespace

ContentFiles::ContentFiles(fs::path root, bool durable, Log& log)
    : root_(std::move(root)),
      content_(root_ / "content"),
      spool_(root_ / "spool"),
      durable_(durable),
      log_(log) {}

Result<void> ContentFiles::create_folders() {
  for (const fs::path& folder : {root_, content_, spool_}) {
    std::error_code error;
    const bool made = fs::create_directory(folder, error);
    if (!error && made) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) {
      return make_error(ErrorKind::InvalidRequest, "The folder for uploads, " + folder.string() +
                                                       ", cannot be made: " + error.message() + ".");
    }
  }
  return {};
}

fs::path ContentFiles::path(const std::string& sha256_hex) const {
  return content_ / sha256_hex.substr(0, 2) / sha256_hex;
}

Result<void> ContentFiles::keep(const fs::path& spooled, const std::string& sha256_hex) {
  if (!is_hash(sha256_hex)) return make_error(ErrorKind::InternalError, "An upload is named by no hash.");
  const fs::path target = path(sha256_hex);
  if (durable_ && ::access(target.c_str(), F_OK) != 0) RETURN_IF_ERROR(flush(spooled, O_RDONLY));
  {
    // Against a sweep between the look and the note.
    MutexLock lock(mutex_);
    std::error_code error;
    if (::access(target.c_str(), F_OK) == 0) {
      fs::remove(spooled, error);
    } else {
      fs::create_directory(target.parent_path(), error);
      if (error) return unavailable("mkdir", error.value());
      fs::rename(spooled, target, error);
      if (error) return unavailable("rename", error.value());
    }
    unsettled_[sha256_hex] = std::chrono::steady_clock::now();
  }
  if (durable_) {
    RETURN_IF_ERROR(flush(target.parent_path(), O_RDONLY | O_DIRECTORY));
    RETURN_IF_ERROR(flush(content_, O_RDONLY | O_DIRECTORY));
  }
  return {};
}

void ContentFiles::used(const std::string& sha256_hex) {
  MutexLock lock(mutex_);
  unsettled_.erase(sha256_hex);
}

bool ContentFiles::awaited(const std::string& name) {
  const auto found = unsettled_.find(name);
  if (found == unsettled_.end()) return false;
  if (std::chrono::steady_clock::now() - found->second < kSettling) return true;
  unsettled_.erase(found);
  return false;
}

void ContentFiles::sweep(const std::vector<std::string>& referenced, bool everything_settled) {
  std::size_t removed = 0;
  for (const fs::path& folder : entries(content_)) {
    for (const fs::path& file : entries(folder)) {
      const std::string name = file.filename().string();
      if (std::binary_search(referenced.begin(), referenced.end(), name)) continue;
      MutexLock lock(mutex_);
      if (!everything_settled && awaited(name)) continue;
      std::error_code ignored;
      removed += fs::remove(file, ignored) ? 1 : 0;
    }
  }
  for (const fs::path& file : entries(spool_)) {
    std::error_code error;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(file, error);
    if (error || (!everything_settled && age < kSettling)) continue;
    removed += fs::remove(file, error) ? 1 : 0;
  }
  if (removed > 0) log_.debug("Removed " + std::to_string(removed) + " uploads that nothing refers to.");
}

}  // namespace zest::store
