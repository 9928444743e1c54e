// What the writer knows of each lane, from one body to the next: its partner, its lane and its counters. A
// body does not read again what the one before it has read, and what every body of a group changes (virtual
// time, counters) is written once for the group: lanes and counters change here and reach the database with
// flush(), in the transaction of the group, before anything else can see them. Partners change rarely and are
// written at once; put_partner() keeps up.
//
// Whoever changes these rows by a statement of its own calls release() first. Thread-safety: none, the
// writer's thread only. Errors: Unavailable.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lane.h"
#include "model/partner.h"
#include "store/sqlite/db.h"
#include "store/state.h"

namespace zest::store {

class LaneCache {
 public:
  explicit LaneCache(Connection& db) : db_(db) {}

  const std::optional<Partner>& partner(std::string_view client_id);
  void put_partner(const Partner& partner);  // as it was written just now
  const std::optional<Lane>& lane(std::string_view client_id);
  void put_lane(const Lane& lane);
  std::uint64_t next_counter(std::string_view client_id, std::string_view name);
  void raise_counter(const Counter& at_least);

  // Writes what is changed of one lane and forgets the lane.
  void release(std::string_view client_id);
  // Writes what is changed of all of them.
  void flush();

  // What changes from here on can be taken back, as long as no statement has changed the database.
  void begin_body() { undo_.clear(); }
  void undo_body();
  // Forgets everything: the transaction was rolled back, or the database has another content.
  void clear();

 private:
  template <class T>
  struct Kept {
    T value{};
    bool known = false;
    bool changed = false;  // and not yet written
  };
  struct Entry {
    Kept<std::optional<Partner>> partner;
    Kept<std::optional<Lane>> lane;
    std::map<std::string, Kept<std::uint64_t>, std::less<>> counters;
    bool listed = false;  // in changed_
  };
  struct Undo {
    Kept<std::optional<Lane>>* lane = nullptr;  // or a counter
    Kept<std::optional<Lane>> lane_before;
    Kept<std::uint64_t>* counter = nullptr;
    Kept<std::uint64_t> counter_before;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  Entries::iterator entry(std::string_view client_id);
  Kept<std::uint64_t>& counter(Entry& of, std::string_view client_id, std::string_view name);
  void set_counter(Entries::iterator of, Kept<std::uint64_t>& counter, std::uint64_t value);
  void list(Entries::iterator of);
  void write(const std::string& client_id, Entry& entry);

  Connection& db_;
  Entries entries_;
  std::vector<Entries::iterator> changed_;  // those that may have something to write
  std::vector<Undo> undo_;                  // in the order of the changes
};

}  // namespace zest::store
