// --port-file: the number of the port and a newline, there while a sandbox serves. Nothing else is ever
// overwritten or removed: a file in its place is ours when it holds a port number, or nothing, and no sandbox
// that runs has it locked. Thread-safety: none.
#pragma once

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "base/file_descriptor.h"
#include "base/result.h"

namespace zest::app {

class PortFile {
 public:
  // Removes the file of a sandbox that died, so that nobody reads its port for the new one's. Call it before
  // anything is started. Errors: InvalidRequest for a path that cannot be used: not ours, in use, no folder.
  static Result<void> make_way(const std::filesystem::path& path);

  // Comes to be with all that it says. Errors: InvalidRequest.
  static Result<std::unique_ptr<PortFile>> write(const std::filesystem::path& path, int port);

  ~PortFile();  // removes it if it still is the one that was written
  PortFile(const PortFile&) = delete;
  PortFile& operator=(const PortFile&) = delete;

 private:
  PortFile(std::filesystem::path path, FileDescriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}
  const std::filesystem::path path_;
  const FileDescriptor file_;  // locked
};

}  // namespace zest::app
