// A partner's deliveries and journal as text that is the same, byte for byte, run after run: without
// signatures, error ids, tokens, wall times, durations and the hosts of URLs.
#pragma once

#include <string>

#include "scenario/stage.h"

namespace zest::scenario {

// One line of JSON for each delivery, then for each call.
Result<std::string> canonical_form(const Stage& stage);

// One document: what differs between runs is left out, at any depth.
Json canonical_document(const Json& document);

}  // namespace zest::scenario
