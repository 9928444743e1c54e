#include "store/published.h"

namespace zest::store {

std::optional<Lane> Published::lane(std::string_view client_id) const {
  const MutexLock lock(mutex_);
  const auto found = lanes_.find(client_id);
  return found == lanes_.end() ? std::nullopt : std::optional<Lane>(found->second);
}

void Published::set_lane(const Lane& lane) {
  const MutexLock lock(mutex_);
  lanes_.insert_or_assign(lane.client_id, lane);
}

void Published::remove_lane(std::string_view client_id) {
  const MutexLock lock(mutex_);
  if (const auto found = lanes_.find(client_id); found != lanes_.end()) lanes_.erase(found);
}

void Published::set_lanes(const std::vector<Lane>& lanes) {
  const MutexLock lock(mutex_);
  lanes_.clear();
  for (const Lane& lane : lanes) lanes_.insert_or_assign(lane.client_id, lane);
}

}  // namespace zest::store
