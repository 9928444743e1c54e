// The checks of client_duties.h, and what they say things with. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certify/client_facts.h"
#include "certify/duties.h"

namespace zest::certify::client_checks {

void check_assertions_valid(const ClientFacts& facts, DutyResult& result);
void check_assertions_short(const ClientFacts& facts, DutyResult& result);
void check_token_reused(const ClientFacts& facts, DutyResult& result);
void check_renews_in_time(const ClientFacts& facts, DutyResult& result);
void check_refresh_once(const ClientFacts& facts, DutyResult& result);
void check_renewal(const ClientFacts& facts, DutyResult& result);
void check_keys_given(const ClientFacts& facts, DutyResult& result);
void check_same_key(const ClientFacts& facts, DutyResult& result);
void check_fresh_key(const ClientFacts& facts, DutyResult& result);
void check_retries(const ClientFacts& facts, DutyResult& result);
void check_timeout(const ClientFacts& facts, DutyResult& result);
void check_backs_off(const ClientFacts& facts, DutyResult& result);
void check_retry_after(const ClientFacts& facts, DutyResult& result);
void check_gives_up(const ClientFacts& facts, DutyResult& result);
void check_no_blind_retry(const ClientFacts& facts, DutyResult& result);
void check_calls_accepted(const ClientFacts& facts, DutyResult& result);
void check_violations_surfaced(const ClientFacts& facts, DutyResult& result);
void check_error_id_kept(const ClientFacts& facts, DutyResult& result);
void check_rows_read(const ClientFacts& facts, DutyResult& result);
void check_secrets_kept(const ClientFacts& facts, DutyResult& result);
void check_unknown_members(const ClientFacts& facts, DutyResult& result);
void check_form_first(const ClientFacts& facts, DutyResult& result);
void check_no_polling(const ClientFacts& facts, DutyResult& result);
void check_uploads(const ClientFacts& facts, DutyResult& result);

// What they share.
std::string spoken(const ClientCall& call);
std::string outcome_of(const ClientCall& call);
void show(DutyResult& result, const ClientCall& call);
void show_all(DutyResult& result, const std::vector<const ClientCall*>& calls);
void decide(DutyResult& result, Verdict verdict, std::string sentence);
void fail(DutyResult& result, std::string sentence);
std::string times(std::size_t number);
std::vector<const Episode*> episodes_of(const ClientFacts& facts, Provocation provocation);
std::vector<const ClientCall*> tries_of(const ClientFacts& facts, const Episode& episode);
bool contains(std::string_view text, std::string_view part);
std::string lower(std::string_view text);
Evidence answer_of(const Episode& episode);

}  // namespace zest::certify::client_checks
