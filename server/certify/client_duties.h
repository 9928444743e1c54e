// What a good client of the Partner API does, as a table with a check for each duty: pure functions over what
// the journal shows. Thread-safety: pure functions.
#pragma once

#include <vector>

#include "certify/client_facts.h"
#include "certify/duties.h"

namespace zest::certify {

using ClientCheck = void (*)(const ClientFacts& facts, DutyResult& result);

struct ClientDuty {
  Duty duty;
  ClientCheck check;
};
const std::vector<ClientDuty>& client_duties();

// A result for each duty, in the order of the table. NotAsked: the application was not made to do what the
// duty is about.
std::vector<DutyResult> judge_client(const ClientFacts& facts);

// A    every duty holds that was judged, and the calls were made to show them
// B    every must that was judged holds
// C    a must does not hold, but no write can be lost or made twice
// F    a write can be lost or made twice
Grade client_grade(const std::vector<DutyResult>& results);
const char* client_grade_meaning(Grade grade);

}  // namespace zest::certify
