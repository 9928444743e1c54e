// One check per duty. A check sends what it needs and fills in verdict, sentence and evidence of its result.
// Thread-safety: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certify/session.h"

namespace zest::certify {

// Whether the receiver takes a genuine webhook at all, and in which form; the other checks rest on it.
// Errors: ServiceUnavailable when nobody answers there, InvalidRequest for what is no URL.
Result<void> check_baseline(Session& session, DutyResult& result);

using Check = void (*)(Session& session, DutyResult& result);
// The check of every other duty that sends something; nullptr for the rest.
Check check_of(std::string_view duty_id);
// The part of it that is about signatures (signatures.cpp).
Check check_of_signature(std::string_view duty_id);

// Duties about all that was sent: answers-in-time, no-redirect, refuses-with-4xx.
void judge_answers_in_time(const Session& session, DutyResult& result);
void judge_no_redirect(const Session& session, DutyResult& result);
void judge_refusals(const Session& session, DutyResult& result);

// ---- what checks share ----
void add_evidence(DutyResult& result, const std::vector<Exchange>& exchanges);
// All genuine: one that is refused or breaks is a failure. What comes late or redirects is another duty's.
void judge_accepted(DutyResult& result, const std::vector<Exchange>& exchanges, const std::string& passed);
// All forged: one that is accepted is a failure.
void judge_rejected(DutyResult& result, const std::vector<Exchange>& exchanges);
void set_verdict(DutyResult& result, Verdict verdict, std::string sentence);

// ---- checks that need a probe (state.cpp) ----
// What was made of an event that begins a resource before any other came: why it is wrong, "" where it is
// right or cannot be told.
struct Beginning {
  application::Resource resource{};
  std::string asked;
  std::string failure;
};
Beginning look_at_beginning(const Session& session, const Json& event);
// Events that were accepted, in order: what the application that is described makes of each resource. A
// failure of the duty where it is not what the resource's last event told, or was not what its first one did.
void check_beliefs(Session& session, const std::vector<Json>& events,
                   const std::vector<Beginning>& beginnings, DutyResult& result);
// Of many events that were accepted: the first resource of which the application, which knows others of its
// kind, does not make what they tell, in words; "" for none.
std::string lost_of(const Session& session, const std::vector<Json>& events);
// Both duties at once, because they share their histories.
void check_state(Session& session, DutyResult& once, DutyResult& regress);
// After the burst: what was handled before it comes once more.
void check_memory(Session& session, DutyResult& once);
// Whether what was answered 2xx, and the ids of events, outlive a crash (crash.cpp).
void check_crash(Session& session, DutyResult& result);
// What the events tell, in order, of each resource that there is a probe for.
struct Told {
  application::Resource resource{};
  const application::Probe* probe = nullptr;
  Json names = Json::object();
  std::string state;
  std::string event_type;  // of the last one
};
std::vector<Told> told_by(const Session& session, const std::vector<Json>& events);

}  // namespace zest::certify
