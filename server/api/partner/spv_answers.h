// Answers to GET of one SPV request, for those who ask again and again until something has happened: kept
// beside the version of the store that they were made of, and as good as that (Store::version).
// Thread-safety: all methods from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "store/store.h"

namespace zest::api {

class SpvAnswers {
 public:
  explicit SpvAnswers(const store::Store& store) : store_(store) {}

  // Of the store as it is now; to be asked for before what the answer is made of is read.
  std::uint64_t version() const { return store_.version(store::Topic::SpvRequests); }
  std::optional<std::string> find(const std::string& client_id, std::string_view slug, std::uint64_t version)
      EXCLUDES(mutex_);
  void keep(const std::string& client_id, std::string_view slug, std::uint64_t version,
            const std::string& body) EXCLUDES(mutex_);

 private:
  // At most 4 MiB.
  static constexpr std::size_t kKept = 512;
  static constexpr std::size_t kLongest = 8 * 1024;  // bytes of one answer

  static std::string key(const std::string& client_id, std::string_view slug) {
    return std::string(slug).append("\n").append(client_id);
  }

  const store::Store& store_;
  Mutex mutex_;
  std::uint64_t version_ GUARDED_BY(mutex_) = 0;  // of all that is kept
  std::unordered_map<std::string, std::string> bodies_ GUARDED_BY(mutex_);
};

}  // namespace zest::api
