// A file with a secret for another process. Thread-safety: none.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/private_folder.h"

namespace zest::app {

// A private key as PEM, for the owner's eyes only, in a temporary folder of its own that is gone with this
// object. Of a process that died it is removed by the next start, or by sweep_temporary_files().
class PrivateKeyFile {
 public:
  // Errors: InvalidRequest with one sentence that says what to do.
  static Result<std::unique_ptr<PrivateKeyFile>> write(const std::string& pem);
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit PrivateKeyFile(std::unique_ptr<store::PrivateFolder> folder)
      : folder_(std::move(folder)), path_(folder_->path() / store::kKeyName) {}
  const std::unique_ptr<store::PrivateFolder> folder_;
  const std::filesystem::path path_;
};

// Removes temporary folders of processes that died, as every start does.
void sweep_temporary_files();

}  // namespace zest::app
