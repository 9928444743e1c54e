// What must be there after the power failed: facts that were acknowledged before, and nothing half.
// Thread-safety: none.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace zest::power {

// Something that was acknowledged: what is missing of it, or nothing.
using Fact = std::function<std::optional<std::string>(store::Read& tx, store::Store& store)>;

Fact has_partner(const std::string& client_id);
Fact has_no_partner(const std::string& client_id);
Fact has_investor(const std::string& client_id, const std::string& own_id, const std::string& person_id);
Fact has_no_investors(const std::string& client_id, const std::string& own_id);
// In that state, or a later one.
Fact has_request(const std::string& slug, SpvStatus at_least);
Fact has_subscription(const std::string& slug, SubscriptionStage at_least);
Fact has_content(const std::string& sha256_hex, const std::string& bytes);
Fact has_reply(const std::string& client_id, const std::string& key, const std::string& body);
Fact has_event(const std::string& id, const std::string& body);
Fact has_time(const std::string& client_id, Instant at_least);
Fact has_meta(const std::string& name, const std::string& value);

// Facts by area. While something is under way that replaces what an area holds, it may be as it was or as it
// is to be.
class Expectation {
 public:
  void add(const std::string& area, Fact fact);
  void begin(const std::string& area, std::vector<Fact> other);
  // It is done: the area is as it was to be.
  void end(const std::string& area);
  // From now on the areas are one.
  void join(const std::string& area);
  std::vector<Fact> facts(const std::string& area) const;

  // What is missing, or nothing.
  std::optional<std::string> missing(store::Read& tx, store::Store& store) const;

 private:
  std::map<std::string, std::vector<std::vector<Fact>>> areas_;
};

// What a half change would leave, or nothing: a resource without its event or with two, a reference into
// nothing, counts that do not add up, attempts that were made twice, an identifier that could come again,
// content that is not what it is called.
std::optional<std::string> half_done(store::Read& tx, store::Store& store);

}  // namespace zest::power
