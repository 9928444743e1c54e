// Files by name, and which file it is that a name leads to. Thread-safety: free functions.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zest {

// More than any document that is read whole; the largest is a snapshot (512 MiB). [sandbox]
constexpr std::size_t kLargestFile = std::size_t{1} << 30;

// All bytes of a file, be it a pipe. Errors: InvalidRequest that names it, also when it has more than
// `at_most` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t at_most = kLargestFile);

// Writes a file that anybody may read: over one that was there, to a pipe or device that is. Errors:
// InvalidRequest that names it and says why.
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);
// Whether write_file() could, asked before long work; leaves everything as it is.
Result<void> check_writable(const std::filesystem::path& path);

// Puts a file that holds secrets, readable by its owner only, in place of what is at `path`: whole or not at
// all, by a file beside it that takes its name. Through a link it replaces what the link leads to; a pipe or
// a device is written to. Errors: ServiceUnavailable that names it.
Result<void> write_secret_file(const std::filesystem::path& path, std::string_view bytes);
// The same with what `fill` writes to the file that it is given; false (errno says why): nothing is changed.
// It is called once at most.
Result<void> write_secret_file(const std::filesystem::path& path, const std::function<bool(int file)>& fill);

// Writes all of it. False: errno says why.
bool write_all(int descriptor, std::string_view bytes);

// Which file it is, whatever its name: the same as long as it exists or is open.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
std::optional<FileIdentity> identity_of(int descriptor);
// Of what the name itself leads to: a link is not followed. Nothing when there is none.
std::optional<FileIdentity> identity_of(const std::filesystem::path& path);

}  // namespace zest
