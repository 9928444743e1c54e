// Expectations of what reached the receiver and of what it made of it.
#pragma once

#include "scenario/expectations.h"

namespace zest::scenario {

Verdict check_received(const Stage& stage, const Json& step);
Verdict check_state(const Stage& stage, const Json& step);

}  // namespace zest::scenario
