// Checks of one step that go beyond its shape: members that fit the operation, expectations that cannot hold.
// They read what is there and leave shapes to check_shapes().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenario/document_names.h"

namespace zest::scenario {

// Findings of one value, placed relative to it.
struct Remark {
  Place place;  // below the value: "/expect/status"; "" is the value itself
  std::string reason;
  std::string hint;
};
using Remarks = std::vector<Remark>;

void check_call(const Json& step, Remarks& remarks);
void check_probe(const Json& step, Remarks& remarks);
void check_wait(const Json& step, Remarks& remarks);
void check_rule(const Json& rule, const Place& place, Remarks& remarks);
void check_behaviour(const Json& behaviour, const Place& place, Remarks& remarks);
void check_expectation(const Json& step, Remarks& remarks);
// {"min", "max"} anywhere below, and conditions that contradict themselves.
void check_ranges(const Json& value, const Place& place, Remarks& remarks);

}  // namespace zest::scenario
