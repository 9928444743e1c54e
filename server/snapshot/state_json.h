// The JSON form of every value of the state, as it stands in a snapshot: names and shapes of the API where
// the API has them. A snapshot has one list for each kind of value, its section. Thread-safety: free
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "store/state.h"

namespace zest::snapshot {

// In the order in which a state is built: what refers to another value comes after it.
const std::vector<std::string_view>& sections();
std::string_view section_of(const store::StateItem& item);

// `taken_at` (steady wall): when the snapshot was taken. Clocks are said by the virtual time that they showed
// then.
Json to_json(const store::StateItem& item, Instant taken_at);

// `path` names the element in details, such as deliveries[3]. Errors: InvalidRequest.
Result<store::StateItem> read_item(std::string_view section, const Json& element, const std::string& path,
                                   Instant taken_at);

}  // namespace zest::snapshot
