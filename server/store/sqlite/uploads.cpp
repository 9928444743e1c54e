#include "store/sqlite/uploads.h"

#include <algorithm>

namespace zest::store {
namespace {

// Of those that seem to be referred to by nothing, so many are looked at in one body of the writer.
constexpr std::size_t kSweptAtOnce = 100;

}  // namespace

std::vector<std::string> SqliteUploads::unreferenced() {
  std::vector<std::string> found;
  const std::vector<std::string> content = files_.content();
  const Result<void> read = read_([&content, &found](Read& tx) {
    const std::vector<std::string> referenced = tx.referenced_uploads();
    for (const std::string& name : content) {
      if (!std::binary_search(referenced.begin(), referenced.end(), name)) found.push_back(name);
    }
  });
  if (!read.ok()) log_.warning("Uploads were not swept: " + read.error().detail);
  return found;
}

void SqliteUploads::sweep() {
  const std::vector<std::string> names = unreferenced();
  std::size_t removed = 0;
  for (std::size_t begin = 0; begin < names.size(); begin += kSweptAtOnce) {
    const std::size_t end = std::min(begin + kSweptAtOnce, names.size());
    // Looked at again where no row can come or go meanwhile, and removed after the commit that saw none.
    const Result<void> swept = write_([&, begin, end](Write& tx) -> Result<void> {
      std::vector<std::string> gone;
      for (std::size_t i = begin; i < end; ++i) {
        if (!tx.refers_to_upload(names[i])) gone.push_back(names[i]);
      }
      tx.after_commit([this, &removed, gone = std::move(gone)] {
        for (const std::string& name : gone) removed += files_.remove(name, false) ? 1 : 0;
      });
      return {};
    });
    if (!swept.ok()) return log_.warning("Uploads were not swept: " + swept.error().detail);
  }
  files_.remove_spooled(false);
  if (removed > 0) log_.debug("Removed " + std::to_string(removed) + " uploads that nothing refers to.");
}

Uploads::Hold SqliteUploads::hold() {
  files_.hold();
  return Hold(this, [](SqliteUploads* uploads) {
    if (uploads->files_.release()) uploads->sweep();
  });
}

}  // namespace zest::store
