// Uploaded files: content by its SHA-256, kept as long as something in the store refers to it. A file is on
// the medium, under its final name, before the change that refers to it is made. Thread-safety: safe; sweep()
// never from a body or hook of the store.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace zest::store {

class Uploads {
 public:
  virtual ~Uploads() = default;

  // Folder for files while they arrive, on the medium of the content.
  virtual const std::filesystem::path& spool_dir() const = 0;
  virtual std::filesystem::path path(const std::string& sha256_hex) const = 0;

  struct Spooled {
    std::filesystem::path path;
    std::string sha256_hex;
  };
  // Moves spooled files to their places: durable before this returns. The same content twice is one file.
  // What was moved is spared by sweeps until a change that refers to it is committed, or for ten minutes.
  // Errors: ServiceUnavailable.
  virtual Result<void> keep(const std::vector<Spooled>& files) = 0;
  // No change will refer to what was kept after all.
  virtual void give_up(const std::vector<Spooled>& files) = 0;

  // Removes content that nothing refers to, and spooled files that nobody came back for. Holds up changes
  // only for moments, however much there is.
  virtual void sweep() = 0;

  // While one is held nothing is removed: for readers of a state that is no longer the present one. What was
  // to be swept meanwhile is swept at the end of the last one.
  using Hold = std::shared_ptr<void>;
  virtual Hold hold() = 0;
};

}  // namespace zest::store
