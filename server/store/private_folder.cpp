#include "store/private_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <vector>

#include "store/content_file.h"

namespace zest::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "zest-sandbox-";
constexpr std::size_t kRandomCharacters = 6;  // mkdtemp's
constexpr const char* kLockName = "lock";
constexpr std::size_t kLongestClaim = 512;  // bytes of the lock file that are looked at

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLettersAndDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

bool has_our_form(std::string_view name) {
  if (name.substr(0, kFolderPrefix.size()) != kFolderPrefix) return false;
  name.remove_prefix(kFolderPrefix.size());
  const std::size_t dash = name.find('-');
  return dash != std::string_view::npos && consists_of(name.substr(0, dash), kDigits) &&
         name.size() - dash - 1 == kRandomCharacters && consists_of(name.substr(dash + 1), kLettersAndDigits);
}

// What the lock file says once it is held: which folder this is. The first line alone is for people.
std::string claim_of(const fs::path& folder, const FileIdentity& identity) {
  return "A temporary folder of zest-sandbox; it goes when the process that holds the lock on this file "
         "ends.\n" +
         folder.filename().string() + " " + std::to_string(identity.inode) + "\n";
}

bool is_known_file(std::string_view path) {
  for (const std::string_view suffix : {"", "-wal", "-shm", "-journal"}) {
    if (path == kDatabaseName + std::string(suffix)) return true;
  }
  if (path == kKeyName || path == kLockName) return true;
  const std::string uploads = std::string(kUploadsName) + "/";
  return path.substr(0, uploads.size()) == uploads && is_upload_file(path.substr(uploads.size()));
}

bool is_known_folder(std::string_view path) {
  const std::string uploads = std::string(kUploadsName) + "/";
  return path == kUploadsName ||
         (path.substr(0, uploads.size()) == uploads && is_upload_folder(path.substr(uploads.size())));
}

struct Inventory {
  std::vector<fs::path> known;  // below the folder, what a folder holds before the folder itself
  bool foreign = false;         // there is something else
};

Inventory take_inventory(const fs::path& folder) {
  Inventory inventory;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    const std::string path = entry->path().lexically_relative(folder).generic_string();
    const fs::file_status status = entry->symlink_status(error);
    const bool known =
        fs::is_directory(status) ? is_known_folder(path) : fs::is_regular_file(status) && is_known_file(path);
    if (known) {
      inventory.known.emplace_back(path);
    } else {
      inventory.foreign = true;
      if (fs::is_directory(status)) entry.disable_recursion_pending();
    }
  }
  inventory.foreign = inventory.foreign || error;
  std::reverse(inventory.known.begin(), inventory.known.end());
  return inventory;
}

// The lock goes last, so that a removal which is cut short is taken up by the next sweep.
void remove_known(const fs::path& folder, const Inventory& inventory) {
  std::error_code ignored;
  for (const fs::path& path : inventory.known) {
    if (path != kLockName) fs::remove(folder / path, ignored);
  }
  fs::remove(folder / kLockName, ignored);
  fs::remove(folder, ignored);
}

bool says_it_is_ours(const FileDescriptor& lock, const fs::path& folder, const FileIdentity& identity) {
  char text[kLongestClaim] = {};
  const ssize_t size = ::pread(lock.get(), text, sizeof text, 0);
  return size > 0 && std::string_view(text, static_cast<std::size_t>(size)) == claim_of(folder, identity);
}

void sweep_folder(const fs::path& folder) {
  struct stat found = {};
  if (::lstat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != ::geteuid()) return;
  const FileIdentity identity{found.st_dev, found.st_ino};
  const fs::path lock_path = folder / kLockName;
  const FileDescriptor lock(::open(lock_path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!lock.valid() || !says_it_is_ours(lock, folder, identity)) return;
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  // Another sweep may have been quicker, and the folder at that name be another one by now.
  if (identity_of(lock_path) != identity_of(lock.get()) || identity_of(folder) != identity) return;
  const Inventory inventory = take_inventory(folder);
  if (!inventory.foreign) remove_known(folder, inventory);
}

// What TMPDIR says, if it is there.
const char* named_folder() { return std::getenv("TMPDIR"); }  // NOLINT(concurrency-mt-unsafe): nobody sets it

// A container whose file system is read-only still has it. What TMPDIR names is meant, and nothing else.
constexpr const char* kSharedMemory = "/dev/shm";
bool shared_memory_may_serve() {
  const char* const named = named_folder();
  return named == nullptr || *named == '\0';
}

// An empty TMPDIR counts as unset, as any empty variable here.
fs::path temporary_folder(std::error_code& error) {
  const char* const named = named_folder();
  if (named == nullptr || *named != '\0') return fs::temp_directory_path(error);
  fs::path usual("/tmp");
  if (!fs::is_directory(usual, error) && !error) error = std::make_error_code(std::errc::not_a_directory);
  return usual;
}

Error no_folder(const std::string& what, const std::string& why) {
  return make_error(ErrorKind::InvalidRequest, what + ": " + why + "." + kWhereElse);
}

}  // namespace

Result<std::unique_ptr<PrivateFolder>> PrivateFolder::make() {
  std::error_code error;
  const fs::path parent = temporary_folder(error);
  if (error && !shared_memory_may_serve())
    return no_folder("The folder for temporary files (TMPDIR, else /tmp) cannot be used", error.message());
  Result<std::unique_ptr<PrivateFolder>> folder = make_in(error ? fs::path(kSharedMemory) : parent);
  if (folder.ok() || error || !shared_memory_may_serve()) return folder;
  Result<std::unique_ptr<PrivateFolder>> second = make_in(kSharedMemory);
  return second.ok() ? std::move(second) : std::move(folder);
}

Result<std::unique_ptr<PrivateFolder>> PrivateFolder::make_in(const fs::path& parent) {
  std::string path =
      (parent / (std::string(kFolderPrefix) + std::to_string(::getpid()) + "-XXXXXX")).string();
  const std::string what = "No temporary folder can be made in " + parent.string();
  if (::mkdtemp(path.data()) == nullptr) return no_folder(what, std::generic_category().message(errno));
  std::unique_ptr<PrivateFolder> folder(new PrivateFolder(path));
  if (!folder->claim()) return no_folder(what, std::generic_category().message(errno));
  return folder;
}

// The lock file comes to be locked and with all that it says: nobody ever finds it free while we live.
bool PrivateFolder::claim() {
  identity_ = identity_of(path_);
  if (!identity_) return false;
  folder_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder_.valid()) static_cast<void>(::flock(folder_.get(), LOCK_EX | LOCK_NB));
  const fs::path lock_path = path_ / kLockName;
  const fs::path unfinished = lock_path.string() + ".new";
  lock_ = FileDescriptor(::open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  return lock_.valid() && ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0 &&
         write_all(lock_.get(), claim_of(path_, *identity_)) &&
         ::rename(unfinished.c_str(), lock_path.c_str()) == 0;
}

PrivateFolder::~PrivateFolder() {
  // By now the name may lead to what somebody else has put there.
  if (identity_ && identity_of(path_) == identity_) remove_known(path_, take_inventory(path_));
}

namespace {

void sweep_below(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator entry(parent, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    if (has_our_form(entry->path().filename().string())) sweep_folder(entry->path());
  }
}

}  // namespace

void sweep_private_folders() {
  std::error_code error;
  const fs::path parent = temporary_folder(error);
  if (!error) sweep_below(parent);
  if (shared_memory_may_serve()) sweep_below(kSharedMemory);
}

}  // namespace zest::store
