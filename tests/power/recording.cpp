// The system calls by which this process changes files, in the place of the C library's: each is passed on
// and, while a recording runs, written down. They stand in the executable, where the dynamic linker finds
// them first, so SQLite's calls come here too. What the C library does inside of itself (stdio) does not: the
// test checks that what was written down leads to what is there.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>

#include "power/disk.h"

namespace zest::power {

namespace fs = std::filesystem;

class Recording::Impl {
 public:
  explicit Impl(const fs::path& root) : root_(fs::canonical(root)) {
    enter(root_);
    for (const auto& entry : fs::recursive_directory_iterator(root_)) enter(entry.path());
  }

  std::vector<Step> log;

  std::size_t note() {
    log.emplace_back(Note{notes_});
    return notes_++;
  }

  // The folder and the name that a path below the root has; nothing for other paths.
  struct Place {
    NodeId folder;
    std::string name;
  };
  std::optional<Place> place(const char* text) const {
    if (text == nullptr) return std::nullopt;
    const fs::path path = fs::path(text).lexically_normal();
    if (!is_below(path)) return std::nullopt;
    struct stat found = {};
    if (::stat(path.parent_path().c_str(), &found) != 0) return std::nullopt;
    const auto folder = known(found);
    if (!folder) return std::nullopt;
    return Place{*folder, path.filename().string()};
  }
  std::optional<NodeId> known(int descriptor) const {
    struct stat found = {};
    return ::fstat(descriptor, &found) == 0 ? known(found) : std::nullopt;
  }
  std::optional<NodeId> known(const char* path) const {
    struct stat found = {};
    return ::lstat(path, &found) == 0 ? known(found) : std::nullopt;
  }
  // A file elsewhere may get the number of one that is gone here.
  void made_elsewhere(int descriptor) {
    struct stat found = {};
    if (::fstat(descriptor, &found) == 0) known_.erase({found.st_dev, found.st_ino});
  }
  void made(const Place& at, const char* path, bool is_folder) {
    struct stat found = {};
    if (::lstat(path, &found) != 0) return;
    const NodeId node = kFirstMade + made_++;
    known_[{found.st_dev, found.st_ino}] = node;
    log.emplace_back(MadeNode{node, is_folder});
    named(at, node);
  }
  void named(const Place& at, std::optional<NodeId> node) { name(at, node, ++steps_); }
  void renamed(const Place& from, const Place& to, NodeId node) {
    ++steps_;
    name(to, node, steps_);
    name(from, std::nullopt, steps_);
  }
  void wrote(NodeId file, std::uint64_t offset, const void* bytes, ssize_t size) {
    if (size > 0)
      log.emplace_back(WriteBytes{
          file, offset, std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size))});
  }

 private:
  static constexpr NodeId kFirstMade = NodeId{1} << 63;

  std::optional<NodeId> known(const struct stat& found) const {
    const auto node = known_.find({found.st_dev, found.st_ino});
    return node == known_.end() ? std::nullopt : std::optional(node->second);
  }
  void enter(const fs::path& path) {
    struct stat found = {};
    if (::lstat(path.c_str(), &found) == 0) known_[{found.st_dev, found.st_ino}] = found.st_ino;
  }
  bool is_below(const fs::path& path) const {
    const std::string prefix = root_.string() + "/";
    return path.string().compare(0, prefix.size(), prefix) == 0;
  }
  void name(const Place& at, std::optional<NodeId> node, std::uint64_t step) {
    log.emplace_back(Name{at.folder, at.name, node, step});
  }

  const fs::path root_;
  std::map<std::pair<dev_t, ino_t>, NodeId> known_;
  NodeId made_ = 0;
  std::size_t notes_ = 0;
  std::uint64_t steps_ = 0;
};

namespace {

// Over each call and its entry: the order of the log is the order in which things happened.
std::recursive_mutex& gate() {
  static auto* const mutex = new std::recursive_mutex;  // system calls outlive statics
  return *mutex;
}
std::atomic<Recording::Impl*> running = nullptr;

// Held for one call; the recording that runs, if there is one.
class Watch {
 public:
  Watch() : lock_(gate()), recording_(running) {}
  Recording::Impl* recording() const { return recording_; }

 private:
  const std::lock_guard<std::recursive_mutex> lock_;
  Recording::Impl* const recording_;
};

bool is_regular(int descriptor) {
  struct stat found = {};
  return ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode);
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

Recording::Recording(const fs::path& root) : impl_(std::make_unique<Impl>(root)) {
  const std::lock_guard lock(gate());
  running = impl_.get();
}
Recording::~Recording() { stop(); }
std::size_t Recording::note() {
  const std::lock_guard lock(gate());
  return impl_->note();
}
std::vector<Step> Recording::stop() {
  const std::lock_guard lock(gate());
  running = nullptr;
  return std::move(impl_->log);
}

namespace {

template <class Open>
int opened(const char* path, int flags, Open open) {
  if (running == nullptr || (flags & (O_CREAT | O_TRUNC)) == 0) return open();
  const Watch watch;
  auto* const recording = watch.recording();
  const auto at = recording != nullptr ? recording->place(path) : std::nullopt;
  const bool was_there = ::access(path, F_OK) == 0;
  const int descriptor = open();
  if (descriptor < 0 || recording == nullptr) return descriptor;
  const int kept = errno;
  if (!was_there && at) {
    recording->made(*at, path, false);
  } else if (!was_there) {
    recording->made_elsewhere(descriptor);
  } else if ((flags & O_TRUNC) != 0) {
    if (const auto file = recording->known(descriptor)) recording->log.emplace_back(Truncate{*file, 0});
  }
  errno = kept;
  return descriptor;
}

template <class Write>
ssize_t written(int descriptor, std::optional<std::uint64_t> offset, const void* bytes, Write write) {
  // Others may wait for whoever reads them.
  if (running == nullptr || !is_regular(descriptor)) return write();
  const Watch watch;
  auto* const recording = watch.recording();
  const auto file = recording != nullptr ? recording->known(descriptor) : std::nullopt;
  if (file && !offset) {
    struct stat found = {};
    const bool appends = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0 && ::fstat(descriptor, &found) == 0;
    offset = static_cast<std::uint64_t>(appends ? found.st_size : ::lseek(descriptor, 0, SEEK_CUR));
  }
  const ssize_t size = write();
  if (file) recording->wrote(*file, *offset, bytes, size);
  return size;
}

template <class Cut>
int cut(int descriptor, std::int64_t size, Cut truncate) {
  if (running == nullptr) return truncate();
  const Watch watch;
  auto* const recording = watch.recording();
  const auto file = recording != nullptr ? recording->known(descriptor) : std::nullopt;
  const int result = truncate();
  if (file && result == 0) recording->log.emplace_back(Truncate{*file, static_cast<std::uint64_t>(size)});
  return result;
}

template <class Flush>
int synchronised(int descriptor, Flush flush) {
  if (running == nullptr) return flush();
  const Watch watch;
  auto* const recording = watch.recording();
  const auto node = recording != nullptr ? recording->known(descriptor) : std::nullopt;
  // The test's own disk is the log: waiting for the real one would prove nothing.
  if (!node) return flush();
  recording->log.emplace_back(Synchronise{*node});
  return 0;
}

template <class Remove>
int removed(const char* path, Remove remove) {
  if (running == nullptr) return remove();
  const Watch watch;
  auto* const recording = watch.recording();
  const auto at = recording != nullptr ? recording->place(path) : std::nullopt;
  const int result = remove();
  if (at && result == 0) recording->named(*at, std::nullopt);
  return result;
}

int made_folder(const char* path, const std::function<int()>& make) {
  const Watch watch;
  auto* const recording = watch.recording();
  const auto at = recording != nullptr ? recording->place(path) : std::nullopt;
  const int result = make();
  if (at && result == 0) recording->made(*at, path, true);
  return result;
}

int made_temporary(char* pattern, const std::function<int()>& make) {
  const Watch watch;
  auto* const recording = watch.recording();
  const int descriptor = make();
  if (descriptor < 0 || recording == nullptr) return descriptor;
  if (const auto at = recording->place(pattern)) {
    recording->made(*at, pattern, false);
  } else {
    recording->made_elsewhere(descriptor);
  }
  return descriptor;
}

int renamed(const char* from, const char* to, const std::function<int()>& rename) {
  const Watch watch;
  auto* const recording = watch.recording();
  const auto source = recording != nullptr ? recording->place(from) : std::nullopt;
  const auto target = recording != nullptr ? recording->place(to) : std::nullopt;
  const int result = rename();
  if (source && target && result == 0) {
    if (const auto node = recording->known(to)) recording->renamed(*source, *target, *node);
  }
  return result;
}

}  // namespace
}  // namespace zest::power

using zest::power::next;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  static auto* const real = next<int(const char*, int, ...)>("open");
  return zest::power::opened(path, flags, [&] { return real(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  static auto* const real = next<int(const char*, int, ...)>("open64");
  return zest::power::opened(path, flags, [&] { return real(path, flags, mode); });
}

int mkostemp(char* pattern, int flags) {
  static auto* const real = next<int(char*, int)>("mkostemp");
  return zest::power::made_temporary(pattern, [&] { return real(pattern, flags); });
}

int mkstemp(char* pattern) { return mkostemp(pattern, 0); }

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  return zest::power::written(descriptor, std::nullopt, bytes, [&] { return real(descriptor, bytes, size); });
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return zest::power::written(descriptor, static_cast<std::uint64_t>(offset), bytes,
                              [&] { return real(descriptor, bytes, size, offset); });
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return zest::power::written(descriptor, static_cast<std::uint64_t>(offset), bytes,
                              [&] { return real(descriptor, bytes, size, offset); });
}

int ftruncate(int descriptor, off_t size) noexcept {
  static auto* const real = next<int(int, off_t)>("ftruncate");
  return zest::power::cut(descriptor, size, [&] { return real(descriptor, size); });
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  static auto* const real = next<int(int, off64_t)>("ftruncate64");
  return zest::power::cut(descriptor, size, [&] { return real(descriptor, size); });
}

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  return zest::power::synchronised(descriptor, [&] { return real(descriptor); });
}

int fdatasync(int descriptor) {
  static auto* const real = next<int(int)>("fdatasync");
  return zest::power::synchronised(descriptor, [&] { return real(descriptor); });
}

int unlink(const char* path) noexcept {
  static auto* const real = next<int(const char*)>("unlink");
  return zest::power::removed(path, [&] { return real(path); });
}

int remove(const char* path) noexcept {
  static auto* const real = next<int(const char*)>("remove");
  return zest::power::removed(path, [&] { return real(path); });
}

int rmdir(const char* path) noexcept {
  static auto* const real = next<int(const char*)>("rmdir");
  return zest::power::removed(path, [&] { return real(path); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  return zest::power::made_folder(path, [&] { return real(path, mode); });
}

int rename(const char* from, const char* to) noexcept {
  static auto* const real = next<int(const char*, const char*)>("rename");
  return zest::power::renamed(from, to, [&] { return real(from, to); });
}

}  // extern "C"
