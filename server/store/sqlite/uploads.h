// Uploads whose references are rows. Thread-safety: safe.
#pragma once

#include <functional>

#include "store/content_file.h"
#include "store/store.h"

namespace zest::store {

class SqliteUploads final : public Uploads {
 public:
  using RunRead = std::function<Result<void>(const std::function<void(Read&)>&)>;
  using RunWrite = std::function<Result<void>(const std::function<Result<void>(Write&)>&)>;

  SqliteUploads(ContentFiles& files, RunRead read, RunWrite write, Log& log)
      : files_(files), read_(std::move(read)), write_(std::move(write)), log_(log) {}

  const std::filesystem::path& spool_dir() const override { return files_.spool(); }
  std::filesystem::path path(const std::string& sha256_hex) const override { return files_.path(sha256_hex); }
  Result<void> keep(const std::vector<Spooled>& files) override { return files_.keep(files); }
  void give_up(const std::vector<Spooled>& files) override { files_.give_up(files); }
  void sweep() override;
  Hold hold() override;

 private:
  std::vector<std::string> unreferenced();

  ContentFiles& files_;
  const RunRead read_;
  const RunWrite write_;
  Log& log_;
};

}  // namespace zest::store
