// What the process knows of the newest commit without a transaction: every lane, and versions of what others
// keep copies of. Written by hooks after a commit, before anything of that commit is answered, so that nobody
// is told of a change and then sees what was before it. Thread-safety: all methods from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "model/lane.h"
#include "store/store.h"

namespace zest::store {

class Published {
 public:
  std::uint64_t version(Topic topic) const { return versions_[static_cast<std::size_t>(topic)].load(); }
  void changed(Topic topic) { ++versions_[static_cast<std::size_t>(topic)]; }

  // Who is told of events. Set before the first.
  void on_event(Store::OnEvent observer) { observer_ = std::move(observer); }
  bool is_observed() const { return observer_ != nullptr; }
  void emitted(std::string_view client_id, std::string_view event_type) const {
    observer_(client_id, event_type);
  }

  std::optional<Lane> lane(std::string_view client_id) const EXCLUDES(mutex_);
  void set_lane(const Lane& lane) EXCLUDES(mutex_);
  void remove_lane(std::string_view client_id) EXCLUDES(mutex_);
  void set_lanes(const std::vector<Lane>& lanes) EXCLUDES(mutex_);  // these and no others

 private:
  std::array<std::atomic<std::uint64_t>, kTopics> versions_{};
  Store::OnEvent observer_;
  mutable Mutex mutex_;
  std::map<std::string, Lane, std::less<>> lanes_ GUARDED_BY(mutex_);
};

}  // namespace zest::store
