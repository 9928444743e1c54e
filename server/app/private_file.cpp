#include "app/private_file.h"

#include "base/file.h"

namespace zest::app {

Result<std::unique_ptr<PrivateKeyFile>> PrivateKeyFile::write(const std::string& pem) {
  ASSIGN_OR_RETURN(std::unique_ptr<store::PrivateFolder> folder, store::PrivateFolder::make());
  std::unique_ptr<PrivateKeyFile> file(new PrivateKeyFile(std::move(folder)));
  RETURN_IF_ERROR(write_secret_file(file->path(), pem));
  return file;
}

void sweep_temporary_files() { store::sweep_private_folders(); }

}  // namespace zest::app
