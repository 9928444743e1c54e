#include "store/sqlite/lane_cache.h"

#include <algorithm>
#include <utility>

#include "store/sqlite/read.h"
#include "store/sqlite/rows.h"

namespace zest::store {
namespace {

constexpr std::size_t kMostLanes = 4096;  // known at a time; beyond, all are forgotten and read again

}  // namespace

LaneCache::Entries::iterator LaneCache::entry(std::string_view client_id) {
  const auto found = entries_.find(client_id);
  return found != entries_.end() ? found : entries_.emplace(std::string(client_id), Entry()).first;
}

const std::optional<Partner>& LaneCache::partner(std::string_view client_id) {
  Kept<std::optional<Partner>>& kept = entry(client_id)->second.partner;
  if (!kept.known) kept = {Queries(db_).partner(client_id), true};
  return kept.value;
}

void LaneCache::put_partner(const Partner& partner) {
  entry(partner.client_id)->second.partner = {partner, true};
}

const std::optional<Lane>& LaneCache::lane(std::string_view client_id) {
  Kept<std::optional<Lane>>& kept = entry(client_id)->second.lane;
  if (!kept.known) kept = {Queries(db_).lane(client_id), true};
  return kept.value;
}

void LaneCache::put_lane(const Lane& lane) {
  const auto of = entry(lane.client_id);
  Kept<std::optional<Lane>>& kept = of->second.lane;
  undo_.push_back({&kept, kept, nullptr, {}});
  kept = {lane, true, true};
  list(of);
}

LaneCache::Kept<std::uint64_t>& LaneCache::counter(Entry& of, std::string_view client_id,
                                                   std::string_view name) {
  const auto found = of.counters.find(name);
  if (found != of.counters.end()) return found->second;
  Query query = db_.query("SELECT value FROM counters WHERE client_id = ? AND name = ?");
  const std::uint64_t value = query.bind(client_id, name).step() ? query.counter() : 0;
  return of.counters.emplace(std::string(name), Kept<std::uint64_t>{value, true, false}).first->second;
}

void LaneCache::set_counter(Entries::iterator of, Kept<std::uint64_t>& counter, std::uint64_t value) {
  undo_.push_back({nullptr, {}, &counter, counter});
  counter = {value, true, true};
  list(of);
}

std::uint64_t LaneCache::next_counter(std::string_view client_id, std::string_view name) {
  const auto of = entry(client_id);
  Kept<std::uint64_t>& kept = counter(of->second, client_id, name);
  set_counter(of, kept, kept.value + 1);
  return kept.value;
}

void LaneCache::raise_counter(const Counter& at_least) {
  const auto of = entry(at_least.client_id);
  Kept<std::uint64_t>& kept = counter(of->second, at_least.client_id, at_least.name);
  if (kept.value < at_least.value) set_counter(of, kept, at_least.value);
}

void LaneCache::list(Entries::iterator of) {
  if (std::exchange(of->second.listed, true)) return;
  changed_.push_back(of);
}

void LaneCache::write(const std::string& client_id, Entry& entry) {
  if (std::exchange(entry.lane.changed, false)) {
    const Lane& lane = *entry.lane.value;
    db_.query("INSERT INTO lanes (" ZEST_LANE_COLUMNS
              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
              "ON CONFLICT (client_id) DO UPDATE SET mode = excluded.mode, scale = excluded.scale, "
              "anchor_virtual = excluded.anchor_virtual, anchor_wall = excluded.anchor_wall, "
              "initial_mode = excluded.initial_mode, initial_scale = excluded.initial_scale, "
              "initial_anchor_virtual = excluded.initial_anchor_virtual, "
              "initial_anchor_wall = excluded.initial_anchor_wall, high_water = excluded.high_water, "
              "paused = excluded.paused, resetting = excluded.resetting")
        .bind(lane.client_id, to_string(lane.clock.mode), lane.clock.scale, lane.clock.anchor_virtual,
              lane.clock.anchor_wall, to_string(lane.initial.mode), lane.initial.scale,
              lane.initial.anchor_virtual, lane.initial.anchor_wall, lane.high_water, lane.paused,
              lane.resetting.empty() ? std::nullopt : std::optional(lane.resetting))
        .run();
  }
  for (auto& [name, counter] : entry.counters) {
    if (!std::exchange(counter.changed, false)) continue;
    db_.query(
           "INSERT INTO counters (client_id, name, value) VALUES (?, ?, ?) "
           "ON CONFLICT (client_id, name) DO UPDATE SET value = excluded.value")
        .bind(client_id, name, counter.value)
        .run();
  }
}

void LaneCache::release(std::string_view client_id) {
  const auto found = entries_.find(client_id);
  if (found == entries_.end()) return;
  write(found->first, found->second);
  changed_.erase(std::remove(changed_.begin(), changed_.end(), found), changed_.end());
  entries_.erase(found);
}

void LaneCache::flush() {
  for (const Entries::iterator of : changed_) {
    of->second.listed = false;
    write(of->first, of->second);
  }
  changed_.clear();
  if (entries_.size() > kMostLanes) clear();
}

void LaneCache::undo_body() {
  for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
    if (undo->lane != nullptr) *undo->lane = std::move(undo->lane_before);
    if (undo->counter != nullptr) *undo->counter = undo->counter_before;
  }
  undo_.clear();
}

void LaneCache::clear() {
  entries_.clear();
  changed_.clear();
  undo_.clear();
}

}  // namespace zest::store
