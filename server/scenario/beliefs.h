// What a receiver believes and did, asked of the application that is tried: its probes and effects stand in
// for what the built-in receiver knows of itself. What cannot be asked is said to be not checked.
#pragma once

#include <string>
#include <vector>

#include "scenario/expectations.h"

namespace zest::scenario {

// Whether the application's state of the resource is `state` (a word of Zest's).
void ask_state(const Stage& stage, const std::string& subject, const std::string& state,
               Judgement& judgement);

// Whether each effect of the events among these arrivals happened once for each event, however often it came.
// `what` are the expectations that this stands for.
void ask_effects(const Stage& stage, const std::vector<Arrival>& arrivals,
                 const std::vector<std::string>& what, Judgement& judgement);

// Whether the state of every resource of which an older event came late is still the newest. `what` likewise.
void ask_late(const Stage& stage, const std::vector<Arrival>& arrivals, const std::string& what,
              Judgement& judgement);

}  // namespace zest::scenario
