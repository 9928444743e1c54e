#include "store/content_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/file_descriptor.h"

namespace zest::store {
namespace {

namespace fs = std::filesystem;

// Longer than any request may take from its upload to its commit.
constexpr std::chrono::minutes kSettling{10};

constexpr std::string_view kContent = "content";
constexpr std::string_view kSpool = "spool";
constexpr std::string_view kOwner = "zest-sandbox-owner";
constexpr std::string_view kOwnerText = "The uploads of the zest-sandbox database ";
// How the names of spooled files begin: those that requests bring, and those of a snapshot.
constexpr std::string_view kSpooled[] = {"upload-", "snapshot-"};
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kPrefixLength = 2;
constexpr std::size_t kLongestOwner = 256;  // bytes of the file that are looked at

Error unavailable(const std::string& what, int code) {
  return make_error(ErrorKind::ServiceUnavailable, "The upload cannot be stored: " + what + ": " +
                                                       std::generic_category().message(code) + ".");
}

Error unmarked(const fs::path& path, const char* verb) {
  return invalid_request("The owner of the folder for uploads, " + path.string() + ", cannot be " + verb +
                         ": " + std::generic_category().message(errno) + ".");
}

Result<void> flush(const fs::path& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file.valid()) return unavailable("open", errno);
  if (::fsync(file.get()) != 0) return unavailable("fsync", errno);
  return {};
}

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

bool is_hash(std::string_view text) { return is_hex(text, 64); }

// "content/ab" below `folder`: the rest after it, or nothing.
std::optional<std::string_view> below(std::string_view folder, std::string_view path) {
  if (path.substr(0, folder.size()) != folder || path.substr(folder.size(), 1) != "/") return std::nullopt;
  return path.substr(folder.size() + 1);
}

bool is_spooled(std::string_view name) {
  return name.find('/') == std::string_view::npos &&
         std::any_of(std::begin(kSpooled), std::end(kSpooled),
                     [name](std::string_view form) { return name.substr(0, form.size()) == form; });
}

bool is_kept(std::string_view folder, std::string_view name) {
  return is_hash(name) && name.substr(0, kPrefixLength) == folder;
}

// What is in a folder, of one kind; a link is neither a file nor a folder.
std::vector<fs::path> entries(const fs::path& folder, fs::file_type wanted) {
  std::vector<fs::path> paths;
  std::error_code error;
  if (fs::symlink_status(folder, error).type() != fs::file_type::directory) return paths;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    if (entry->symlink_status(unknown).type() == wanted) paths.push_back(entry->path());
  }
  return paths;
}

// What the file says; "" when there is none, or a loss of power left nothing but zeros of it.
Result<std::string> read_owner(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid() && errno == ENOENT) return std::string();
  std::string text(kLongestOwner, '\0');
  const ssize_t size = file.valid() ? ::pread(file.get(), text.data(), text.size(), 0) : -1;
  if (size < 0) return unmarked(path, "read");
  text.resize(static_cast<std::size_t>(size));
  return text.find_first_not_of('\0') == std::string::npos ? std::string() : text;
}

Result<void> write_owner(const fs::path& path, std::string_view text, bool durable) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  const bool written = file.valid() && ::ftruncate(file.get(), 0) == 0 && write_all(file.get(), text) &&
                       (!durable || ::fsync(file.get()) == 0);
  return written ? Result<void>() : unmarked(path, "written");
}

// One of another size was damaged.
bool is_there_whole(const fs::path& content, const fs::path& spooled) {
  struct stat there = {};
  struct stat whole = {};
  if (::lstat(content.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) return false;
  return ::lstat(spooled.c_str(), &whole) != 0 || there.st_size == whole.st_size;
}

}  // namespace

bool is_upload_file(std::string_view path) {
  if (path == kOwner) return true;
  if (const auto name = below(kSpool, path)) return is_spooled(*name);
  const auto kept = below(kContent, path);
  return kept && kept->substr(kPrefixLength, 1) == "/" &&
         is_kept(kept->substr(0, kPrefixLength), kept->substr(kPrefixLength + 1));
}

bool is_upload_folder(std::string_view path) {
  if (path == kContent || path == kSpool) return true;
  const auto prefix = below(kContent, path);
  return prefix && is_hex(*prefix, kPrefixLength);
}

ContentFiles::ContentFiles(fs::path root, bool durable, Log& log)
    : root_(std::move(root)),
      content_(root_ / kContent),
      spool_(root_ / kSpool),
      durable_(durable),
      log_(log) {}

Result<void> ContentFiles::create_folders() {
  for (const fs::path& folder : {root_, content_, spool_}) {
    const std::string what = "The folder for uploads, " + folder.string() + ", ";
    if (::mkdir(folder.c_str(), S_IRWXU) == 0) continue;
    if (errno != EEXIST) {
      return invalid_request(what + "cannot be made: " + std::generic_category().message(errno) + ".");
    }
    std::error_code ignored;
    if (fs::symlink_status(folder, ignored).type() != fs::file_type::directory) {
      return invalid_request(what +
                             "is no folder, or a link to one; move it away or choose another --db path.");
    }
  }
  return {};
}

// Content that is on the medium is worth nothing in a folder that is not.
Result<void> ContentFiles::flush_folders() const {
  if (!durable_) return {};
  for (const fs::path& folder : {root_.parent_path(), root_}) {
    RETURN_IF_ERROR(flush(folder, O_RDONLY | O_DIRECTORY));
  }
  return {};
}

bool ContentFiles::holds_uploads() const {
  for (const fs::path& folder : entries(content_, fs::file_type::directory)) {
    if (!entries(folder, fs::file_type::regular).empty()) return true;
  }
  return !entries(spool_, fs::file_type::regular).empty();
}

Result<void> ContentFiles::claim(const std::string& database_name, bool adopt) {
  const fs::path path = root_ / kOwner;
  const std::string ours = std::string(kOwnerText) + database_name + "\n";
  ASSIGN_OR_RETURN(const std::string present, read_owner(path));
  if (present == ours) return flush_folders();
  const bool ownerless = present.empty();
  const bool a_databases = present.rfind(kOwnerText, 0) == 0;
  const bool free = (ownerless && adopt) || ((ownerless || a_databases) && !holds_uploads());
  if (free) {
    RETURN_IF_ERROR(write_owner(path, ours, durable_));
    return flush_folders();
  }
  return invalid_request("The folder " + root_.string() +
                         " holds uploads of another database, which are not this one's to remove; move the "
                         "folder to where that "
                         "database is, remove it yourself, or choose another --db path.");
}

fs::path ContentFiles::path(const std::string& sha256_hex) const {
  return content_ / sha256_hex.substr(0, kPrefixLength) / sha256_hex;
}

Result<void> ContentFiles::place(const Uploads::Spooled& file) {
  if (!is_hash(file.sha256_hex))
    return make_error(ErrorKind::InternalError, "An upload is named by no hash.");
  const fs::path target = path(file.sha256_hex);
  if (durable_ && !is_there_whole(target, file.path)) RETURN_IF_ERROR(flush(file.path, O_RDONLY));
  // Against a sweep between the look and the note.
  MutexLock lock(mutex_);
  std::error_code error;
  if (is_there_whole(target, file.path)) {
    fs::remove(file.path, error);
  } else {
    if (::mkdir(target.parent_path().c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      return unavailable("mkdir", errno);
    }
    fs::rename(file.path, target, error);
    if (error) return unavailable("rename", error.value());
  }
  Unsettled& entry = unsettled_[file.sha256_hex];
  entry.since = std::chrono::steady_clock::now();
  ++entry.times;
  return {};
}

Result<void> ContentFiles::keep(const std::vector<Uploads::Spooled>& files) {
  std::set<fs::path> folders;
  for (const Uploads::Spooled& file : files) {
    RETURN_IF_ERROR(place(file));
    folders.insert(path(file.sha256_hex).parent_path());
  }
  if (!durable_ || folders.empty()) return {};
  // Also for content that was there: whoever brought it may not have come so far yet.
  folders.insert(content_);
  for (const fs::path& folder : folders) RETURN_IF_ERROR(flush(folder, O_RDONLY | O_DIRECTORY));
  return {};
}

void ContentFiles::give_up(const std::vector<Uploads::Spooled>& files) {
  MutexLock lock(mutex_);
  for (const Uploads::Spooled& file : files) {
    const auto found = unsettled_.find(file.sha256_hex);
    if (found != unsettled_.end() && --found->second.times <= 0) unsettled_.erase(found);
  }
}

void ContentFiles::used(const std::string& sha256_hex) {
  MutexLock lock(mutex_);
  unsettled_.erase(sha256_hex);
}

bool ContentFiles::awaited(const std::string& name) {
  const auto found = unsettled_.find(name);
  if (found == unsettled_.end()) return false;
  if (std::chrono::steady_clock::now() - found->second.since < kSettling) return true;
  unsettled_.erase(found);
  return false;
}

std::vector<std::string> ContentFiles::content() const {
  std::vector<std::string> hashes;
  for (const fs::path& folder : entries(content_, fs::file_type::directory)) {
    for (const fs::path& file : entries(folder, fs::file_type::regular)) {
      std::string name = file.filename().string();
      if (is_kept(folder.filename().string(), name)) hashes.push_back(std::move(name));
    }
  }
  return hashes;
}

bool ContentFiles::remove(const std::string& sha256_hex, bool everything_settled) {
  MutexLock lock(mutex_);
  if (holds_ > 0) {
    spared_ = true;
    return false;
  }
  if (!everything_settled && awaited(sha256_hex)) return false;
  std::error_code ignored;
  return fs::remove(path(sha256_hex), ignored);
}

void ContentFiles::remove_spooled(bool everything_settled) {
  for (const fs::path& file : entries(spool_, fs::file_type::regular)) {
    if (!is_spooled(file.filename().string())) continue;
    std::error_code error;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(file, error);
    if (error || (!everything_settled && age < kSettling)) continue;
    if (fs::remove(file, error)) log_.debug("Removed an upload that never came to its end.");
  }
}

void ContentFiles::hold() {
  MutexLock lock(mutex_);
  ++holds_;
}

bool ContentFiles::release() {
  MutexLock lock(mutex_);
  if (--holds_ > 0) return false;
  return std::exchange(spared_, false);
}

}  // namespace zest::store
