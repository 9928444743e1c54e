// Loads a snapshot (document.h): first everything is read and checked beside the present state, then it takes
// its place, all of it or nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "model/lane.h"
#include "store/store.h"

namespace zest::snapshot {

// A snapshot that was read. Unless it takes the state's place, nothing of it stays. Thread-safety: none.
class Incoming {
 public:
  // Errors: InvalidRequest that names the place of what is wrong; ServiceUnavailable (disk full).
  static Result<std::unique_ptr<Incoming>> read(store::Store& store, const std::filesystem::path& document,
                                                Log& log);
  ~Incoming();
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  Instant created_at() const { return created_at_; }
  std::optional<bool> rewind() const { return rewind_; }  // what the document asks for
  std::size_t files() const { return files_.size(); }

  // The state in its place, as rules/restore.h has it. Call it once, while no lane works. Errors:
  // ServiceUnavailable.
  Result<void> take_place(bool rewind, const MachineTime& machine);

 private:
  explicit Incoming(store::Store& store) : store_(store), hold_(store.uploads().hold()) {}

  store::Store& store_;
  store::Uploads::Hold hold_;
  Instant created_at_{};
  std::optional<bool> rewind_;
  std::vector<store::Uploads::Spooled> files_;
  std::unique_ptr<store::Staged> staged_;
  bool kept_ = false;    // the files are in their places
  bool placed_ = false;  // and the state refers to them

  friend class Reading;
};

}  // namespace zest::snapshot
