// Quiet lanes: nothing is claimed in them, and nothing of theirs is on its way, while something is changed.
#include <algorithm>
#include <exception>
#include <new>

#include "base/memory.h"
#include "engine/engine_impl.h"

namespace zest::engine {
namespace {

constexpr std::uint64_t kFailedTurnsBorne = 3;  // by a reset, before it gives up

// However the change ends, the lanes must not stay quiet.
Result<void> run_change(const std::function<Result<void>()>& change) {
  try {
    const AllocationScope scope(Allocations::ForOneCaller);
    return change();
  } catch (const std::bad_alloc&) {
    return out_of_memory_error();
  } catch (const std::exception& bug) {
    return make_error(ErrorKind::InternalError,
                      std::string("a change of quiet lanes broke off: ") + bug.what());
  }
}

}  // namespace

void Engine::Impl::interrupt(Lane& lane, Quiescence kind, std::vector<delivery::Sender::Id>& exchanges) {
  const bool goes_on = kind == Quiescence::Removal && lane.run && lane.run->of_all;
  if (lane.run && !goes_on) lane.run->interrupted = true;
  lane.jump_to = std::nullopt;  // or it would move the clock that a reset has set back
  for (const auto& [number, exchange] : lane.in_flight) {
    if (exchange.id != 0) exchanges.push_back(exchange.id);
  }
}

Result<void> Engine::Impl::begin_quiet(const std::optional<std::string>& client_id, Quiescence kind,
                                       std::vector<delivery::Sender::Id>& exchanges) {
  while (!client_id && all_quiet_ && !stopping_) changed_.wait(mutex_);
  if (stopping_) return make_error(ErrorKind::ServiceUnavailable, "the sandbox is stopping");
  if (client_id) {
    Lane& lane = lanes_[*client_id];
    ++lane.quiet;
    interrupt(lane, kind, exchanges);
  } else {
    all_quiet_ = true;
    for (auto& [id, lane] : lanes_) interrupt(lane, kind, exchanges);
  }
  for (WaitRun* wait : waits_) {
    if (!client_id || wait->client_id == client_id) wait->interrupted = true;
  }
  changed_.notify_all();
  waited_for_.notify_all();
  return {};
}

// Until no turn looks at the lanes and nothing of theirs is in flight.
Result<void> Engine::Impl::wait_until_quiet(const std::optional<std::string>& client_id) {
  MutexLock lock(mutex_);
  const auto is_busy = [](const Lane& lane) { return lane.in_turn || !lane.in_flight.empty(); };
  const auto busy = [this, &client_id, &is_busy]() REQUIRES(mutex_) {
    if (client_id) return is_busy(lanes_[*client_id]);
    return std::any_of(lanes_.begin(), lanes_.end(),
                       [&is_busy](const auto& entry) { return is_busy(entry.second); });
  };
  const std::uint64_t patience = failed_turns_ + kFailedTurnsBorne;
  while (busy()) {
    if (stopping_) return make_error(ErrorKind::ServiceUnavailable, "the sandbox is stopping");
    if (failed_turns_ >= patience) {
      return make_error(ErrorKind::ServiceUnavailable, "the storage cannot take changes; nothing was done");
    }
    changed_.wait(mutex_);
  }
  return {};
}

// The lanes are looked at afresh, those that the change brought and those that it took as well.
void Engine::Impl::end_quiet(const std::optional<std::string>& client_id,
                             const std::vector<std::string>& present) {
  MutexLock lock(mutex_);
  for (const std::string& id : present) lanes_.try_emplace(id);
  if (client_id) {
    --lanes_[*client_id].quiet;
  } else {
    all_quiet_ = false;
  }
  changed_.notify_all();
  if (stopping_ || !started_) return;
  if (client_id) {
    queue_lane(*client_id, lanes_[*client_id]);
  } else {
    for (auto& [id, lane] : lanes_) queue_lane(id, lane);
  }
  post_turn_if_needed();
}

Result<void> Engine::Impl::quiesce(const std::optional<std::string>& client_id,
                                   const std::function<Result<void>()>& change, Quiescence kind) {
  if (client_id) RETURN_IF_ERROR(lane_ids(client_id));
  std::vector<delivery::Sender::Id> exchanges;
  {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(begin_quiet(client_id, kind, exchanges));
  }
  for (const delivery::Sender::Id id : exchanges) services_.sender.cancel(id);
  Result<void> changed = wait_until_quiet(client_id);
  if (changed.ok()) changed = run_change(change);
  const Result<std::vector<std::string>> present = lane_ids(client_id);
  end_quiet(client_id, present.ok() ? *present : std::vector<std::string>{});
  return changed;
}

}  // namespace zest::engine
