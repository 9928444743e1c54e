// Expectations of what reached the receiver and of what it made of it.
#pragma once

#include "scenario/expectations.h"

namespace zest::scenario {

Judgement check_received(const Stage& stage, const Json& step);
Judgement check_state(const Stage& stage, const Json& step);

}  // namespace zest::scenario
