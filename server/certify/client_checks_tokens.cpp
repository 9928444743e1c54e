// Tokens and keys.
#include "certify/client_checks.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>

namespace zest::certify::client_checks {
namespace {

constexpr std::int64_t kRecommendedLifetime = 60;  // s of an assertion. Zest docs: authentication
constexpr std::size_t kTokensToTell = 3;           // that gave way to another for no reason. [sandbox]
constexpr std::size_t kRenewalsToTell = 3;         // without a refresh token: the client uses none. [sandbox]
constexpr Duration kFresh{15'000};                 // between iat and the exchange. [sandbox]
constexpr std::string_view kShortTokens = "shortTokens";

// Whether tokens were made to end, so that a renewal is no waste.
bool is_about_ends(const Episode* episode) {
  return episode != nullptr && (episode->provocation == Provocation::ShortToken ||
                                episode->provocation == Provocation::EndedToken ||
                                episode->provocation == Provocation::ExpiredAtOnce);
}

// How often a token that was good for longer gave way to another and was not used again. Processes that have
// a token each take turns with them.
std::size_t tokens_thrown_away(const ClientFacts& facts, DutyResult& result) {
  struct Use {
    std::size_t first;
    std::size_t last;
    bool refused;  // the last time
    bool ended;    // made to
  };
  std::map<std::string, Use> uses;
  for (std::size_t index = 0; index < facts.calls.size(); ++index) {
    const ClientCall& call = facts.calls[index];
    if (call.token_id.empty() || call.is_token_request()) continue;
    const auto [use, fresh] = uses.emplace(call.token_id, Use{index, index, false, false});
    use->second.last = index;
    use->second.refused = call.status == 401;
    use->second.ended = use->second.ended || is_about_ends(facts.episode_at(index));
  }
  std::size_t thrown = 0;
  for (const auto& [id, use] : uses) {
    const auto is_next = [&use = use](const auto& other) { return other.second.first > use.last; };
    const auto meets = [&use = use, &id = id](const auto& other) {
      return other.first != id && other.second.first < use.last && other.second.last > use.first;
    };
    if (use.refused || use.ended || std::none_of(uses.begin(), uses.end(), is_next) ||
        std::any_of(uses.begin(), uses.end(), meets))
      continue;
    ++thrown;
    show(result, facts.calls[use.last]);
  }
  return thrown;
}

// From iat to the exchange.
std::optional<Duration> age_of_assertion(const ClientCall& call) {
  const Json* assertion = call.is_token_request() ? member(call.grant, "assertion") : nullptr;
  const Json* issued = assertion == nullptr ? nullptr : member(*assertion, "iat");
  if (issued == nullptr || !issued->is_number_integer() || !call.succeeded()) return std::nullopt;
  return call.started - Instant(std::chrono::seconds(issued->get<std::int64_t>()));
}

}  // namespace

void check_assertions_valid(const ClientFacts& facts, DutyResult& result) {
  std::size_t asked = 0;
  for (const ClientCall& call : facts.calls) {
    if (!call.is_token_request() || call.grant.is_null() || text_member(call.grant, "type") != "jwt-bearer")
      continue;
    ++asked;
    if (call.fault.empty() && call.status == 401) {
      if (result.evidence.empty()) fail(result, "An assertion was refused: " + call.error_detail + ".");
      show(result, call);
    }
  }
  if (result.verdict == Verdict::Fail) return;
  if (asked == 0) return decide(result, Verdict::NotShown, "No assertion was exchanged meanwhile.");
  for (const ClientCall& call : facts.calls) {
    const std::optional<Duration> age = age_of_assertion(call);
    if (!age || *age <= kFresh) continue;
    show(result, call);
    return fail(result, "An assertion was " + format_duration(*age) +
                            " old when it was exchanged, by its iat: it is kept for later, or the clock is "
                            "slow.");
  }
  decide(result, Verdict::Pass, "All " + std::to_string(asked) + " assertions were accepted.");
}

void check_assertions_short(const ClientFacts& facts, DutyResult& result) {
  std::size_t asked = 0;
  std::int64_t longest = 0;
  for (const ClientCall& call : facts.calls) {
    const Json* assertion = call.is_token_request() ? member(call.grant, "assertion") : nullptr;
    const Json* issued = assertion == nullptr ? nullptr : member(*assertion, "iat");
    const Json* expires = assertion == nullptr ? nullptr : member(*assertion, "exp");
    if (issued == nullptr || expires == nullptr || !issued->is_number_integer() ||
        !expires->is_number_integer())
      continue;
    ++asked;
    const std::int64_t lifetime = expires->get<std::int64_t>() - issued->get<std::int64_t>();
    longest = std::max(longest, lifetime);
    if (lifetime > kRecommendedLifetime) show(result, call);
  }
  if (asked == 0) return decide(result, Verdict::NotShown, "No assertion was exchanged meanwhile.");
  const std::string most = "Assertions live for " + std::to_string(longest) + " s";
  if (longest > kRecommendedLifetime) return fail(result, most + "; 60 s are enough for one exchange.");
  decide(result, Verdict::Pass, most + " at most.");
}

void check_token_reused(const ClientFacts& facts, DutyResult& result) {
  std::size_t calls = 0;  // tries of one write are one
  std::set<const Episode*> acted;
  std::size_t needless = 0;
  bool renewal_due = true;  // the first, or a token was refused
  for (std::size_t index = 0; index < facts.calls.size(); ++index) {
    const ClientCall& call = facts.calls[index];
    if (call.is_token_request()) {
      if (!call.succeeded()) continue;
      if (is_about_ends(facts.episode_at(index)) || call.fault_action == kShortTokens) renewal_due = true;
      if (!renewal_due) {
        ++needless;
        show(result, call);
      }
      renewal_due = false;
    } else if (!call.token_id.empty()) {
      const Episode* episode = facts.episode_at(index);
      if (episode == nullptr || acted.insert(episode).second) ++calls;
      renewal_due = renewal_due || call.status == 401;
    }
  }
  if (calls < 3) return decide(result, Verdict::NotShown, "Too few calls were made to tell.");
  // Several processes have a token each; one for every call is another thing.
  if (needless >= 2 && needless * 2 > calls) {
    return fail(result, std::to_string(needless) + " tokens were fetched for " + std::to_string(calls) +
                            " calls while an earlier one was still good.");
  }
  result.evidence.clear();
  const std::size_t thrown = facts.driven() ? tokens_thrown_away(facts, result) : 0;
  if (thrown >= kTokensToTell) {
    return fail(result, std::to_string(thrown) +
                            " tokens were thrown away long before their end: is expiresIn, which is in "
                            "seconds, taken for milliseconds?");
  }
  result.evidence.clear();
  decide(result, Verdict::Pass, "Tokens are used for several calls.");
}

void check_renews_in_time(const ClientFacts& facts, DutyResult& result) {
  const auto is_short = [](const ClientCall* call) {
    return call->is_token_request() && call->succeeded() && call->fault_action == kShortTokens;
  };
  bool given = false;
  for (const Episode* episode : episodes_of(facts, Provocation::ShortToken)) {
    const std::vector<const ClientCall*> calls = facts.calls_of(*episode);
    given = given || std::any_of(calls.begin(), calls.end(), is_short);
  }
  for (const Episode* episode : episodes_of(facts, Provocation::EndedToken)) {
    const std::vector<const ClientCall*> calls = facts.calls_of(*episode);
    const auto is_refused = [](const ClientCall* call) {
      return call->status == 401 && !call->is_token_request();
    };
    if (!given || tries_of(facts, *episode).empty()) continue;
    show_all(result, calls);
    if (std::any_of(calls.begin(), calls.end(), is_refused)) {
      return fail(result, "A token was used after it had ended, although expiresIn had told its end.");
    }
    return decide(result, Verdict::Pass, "A token that was about to end was renewed before it was used.");
  }
  decide(result, Verdict::NotShown, "No token came to its end.");
}

void check_refresh_once(const ClientFacts& facts, DutyResult& result) {
  std::map<std::string, const ClientCall*> used;
  std::size_t assertions = 0;
  for (const ClientCall& call : facts.calls) {
    if (!call.is_token_request() || call.grant.is_null()) continue;
    if (text_member(call.grant, "type") != "refresh_token") {
      ++assertions;
      continue;
    }
    const auto [first, fresh] = used.emplace(text_member(call.grant, "refreshToken"), &call);
    // One whose answer got lost is known to nobody; the chain's end then teaches the same lesson. Of two at
    // once the refusal may be answered first.
    const bool spent =
        !fresh && (first->second->succeeded() || (first->second->is_refusal() && call.succeeded()));
    if (!spent) continue;
    show(result, *first->second);
    show(result, call);
    const bool at_once = call.started < first->second->ended;
    fail(result, at_once
                     ? "Two refreshes with one refresh token ran at once, which revokes the whole chain."
                     : "A refresh token was used again after it was spent, which revokes the whole chain.");
  }
  if (result.verdict == Verdict::Fail) return;
  if (used.empty() && facts.driven() && assertions >= kRenewalsToTell) {
    return decide(result, Verdict::Pass,
                  "Tokens are renewed by a new assertion each; no refresh token is used.");
  }
  if (used.empty()) return decide(result, Verdict::NotShown, "No refresh token was used.");
  decide(result, Verdict::Pass, "Each of " + std::to_string(used.size()) + " refresh tokens was used once.");
}

// A 401 in the middle: one renewal, one retry.
void check_renewal(const ClientFacts& facts, DutyResult& result) {
  std::size_t judged = 0;
  const auto judge = [&](const std::vector<const ClientCall*>& calls, bool to_the_end) {
    const auto refused = std::find_if(calls.begin(), calls.end(), [](const ClientCall* call) {
      return call->status == 401 && !call->is_token_request() && !call->operation.empty();
    });
    if (refused == calls.end() || result.verdict == Verdict::Fail) return;
    std::size_t renewals = 0;
    std::size_t refusals = 0;
    const ClientCall* done = nullptr;
    for (auto call = refused; call != calls.end() && done == nullptr; ++call) {
      if ((*call)->is_token_request()) renewals += (*call)->succeeded() ? 1 : 0;
      if ((*call)->operation != (*refused)->operation || (*call)->path != (*refused)->path) continue;
      if ((*call)->status == 401) ++refusals;
      if ((*call)->succeeded()) done = *call;
    }
    if (done == nullptr && !to_the_end) return;
    ++judged;
    if (done == nullptr) {
      show_all(result, calls);
      return fail(
          result,
          renewals == 0
              ? "After a 401 in the middle of the work no new token was fetched, and the call was lost."
              : "After a 401 a new token was fetched, but the call was not made again.");
    }
    if (renewals > 1 || refusals > 2) {
      show_all(result, calls);
      fail(result, "One 401 led to " + std::to_string(renewals) + " renewals and " +
                       std::to_string(refusals) + " refused tries; one of each is enough.");
    }
  };
  if (facts.driven()) {
    for (const Episode* episode : episodes_of(facts, Provocation::ExpiredToken))
      judge(facts.calls_of(*episode), true);
  } else {
    std::vector<const ClientCall*> all;
    for (const ClientCall& call : facts.calls) all.push_back(&call);
    judge(all, false);
  }
  if (result.verdict == Verdict::Fail) return;
  if (judged == 0) return decide(result, Verdict::NotShown, "No token expired in the middle of the work.");
  decide(result, Verdict::Pass, "A 401 in the middle led to one renewal, and the call was made again.");
}

void check_keys_given(const ClientFacts& facts, DutyResult& result) {
  std::size_t writes = 0;
  std::size_t without = 0;
  for (const ClientCall& call : facts.calls) {
    if (!call.takes_key()) continue;
    ++writes;
    if (!call.key.empty()) continue;
    ++without;
    show(result, call);
  }
  if (writes == 0)
    return decide(result, Verdict::NotShown, "No call was made that takes an Idempotency-Key.");
  if (without > 0) {
    return fail(result,
                std::to_string(without) + " of " + std::to_string(writes) +
                    " writes had no Idempotency-Key: after a lost answer they cannot be tried again safely.");
  }
  decide(result, Verdict::Pass, "All " + std::to_string(writes) + " writes had a key.");
}

void check_same_key(const ClientFacts& facts, DutyResult& result) {
  std::size_t retried = 0;
  for (const Series& series : series_of(facts)) {
    const ClientCall& first = *series.tries.front();
    if (series.tries.size() < 2 || !first.takes_key() || first.key.empty()) continue;
    ++retried;
    const bool same = std::all_of(series.tries.begin(), series.tries.end(),
                                  [&first](const ClientCall* each) { return each->key == first.key; });
    if (same || result.verdict == Verdict::Fail) continue;
    show_all(result, series.tries);
    fail(result,
         "A write was tried again with another Idempotency-Key: where the first try had been carried out, it "
         "is "
         "made twice.");
  }
  if (result.verdict == Verdict::Fail) return;
  if (retried == 0) return decide(result, Verdict::NotShown, "No write with a key was tried again.");
  decide(result, Verdict::Pass, "Every write that was tried again had the key of its first try.");
}

void check_fresh_key(const ClientFacts& facts, DutyResult& result) {
  std::map<std::string, std::pair<const ClientCall*, const Episode*>> seen;
  std::set<std::string> keys;
  const std::vector<Series> all = series_of(facts);
  for (const Series& series : all) {
    const ClientCall& first = *series.tries.front();
    if (!first.takes_key() || first.key.empty()) continue;
    keys.insert(first.key);
    const bool conflict = std::any_of(series.tries.begin(), series.tries.end(),
                                      [](const ClientCall* each) { return each->key_outcome == "conflict"; });
    const auto [earlier, fresh] = seen.emplace(first.key, std::pair(&first, series.episode));
    const ClientCall& before = *earlier->second.first;
    const bool other_intent = series.episode != nullptr && earlier->second.second != nullptr &&
                              series.episode->intent != earlier->second.second->intent;
    const bool other_call = before.operation != first.operation || before.path != first.path;
    if (result.verdict == Verdict::Fail || !(conflict || (!fresh && (other_intent || other_call)))) continue;
    if (!fresh) show(result, before);
    show_all(result, series.tries);
    fail(result, conflict ? "One key was used for two different bodies, which is a 409."
                          : "One key was used for two intents: the second one got the answer of the first "
                            "and was not made.");
  }
  if (result.verdict == Verdict::Fail) return;
  if (keys.size() < 2)
    return decide(result, Verdict::NotShown, "Too few writes with a key were made to tell.");
  decide(result, Verdict::Pass, std::to_string(keys.size()) + " intents had a key each.");
}

}  // namespace zest::certify::client_checks
