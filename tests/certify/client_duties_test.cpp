// What a journal tells of a client: hand-made ones, each with one thing that is right or wrong.
#include "certify/client_duties.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/crypto.h"
#include "certify/client_leaks.h"

namespace zest::certify {
namespace {

// A journal in the making: one call a second, each of which took 10 ms.
class Journal {
 public:
  static constexpr std::int64_t kBegin = 1'000'000;  // ms

  Json& add(std::string operation, int status, Json more = Json::object()) {
    const bool token = operation == "exchangeJwtAssertion";
    const bool read = operation.rfind("get", 0) == 0;
    Json row{{"sequence", rows_.size() + 1},
             {"clientId", "client_test"},
             {"method", read ? "GET" : "POST"},
             {"path", token  ? "/v1/oauth2/tokens"
                      : read ? "/v1/spv-requests/svr_1"
                             : "/v1/spv-requests"},
             {"operation", std::move(operation)},
             {"status", status},
             {"durationMs", 10},
             {"wallTime", format_instant(instant_from_ms(at_))}};
    if (!token) row["jti"] = "token-1";
    row.update(more);
    at_ += 1000;
    rows_.push_back(std::move(row));
    return rows_.back();
  }
  // So much later than the one before.
  void pause(std::int64_t ms) { at_ += ms; }

  ClientFacts facts(std::vector<Episode> episodes = {}) const {
    ClientFacts facts;
    const auto of = [](const char* type) { return Json{{"type", type}}; };
    facts.calls = client_calls(rows_, {{"lost", of("dropAfterCommit")},
                                       {"busy", of("status")},
                                       {"many", Json{{"type", "status"}, {"retryAfter", "2s"}}},
                                       {"cut", of("truncateBody")},
                                       {"empty", of("emptyBody")},
                                       {"short", of("shortTokens")},
                                       {"late", of("delayAfterCommit")}});
    facts.episodes = std::move(episodes);
    return facts;
  }

 private:
  std::vector<Json> rows_;
  std::int64_t at_ = kBegin;
};

Json keyed(const std::string& key, const std::string& digest = "d1") {
  return Json{{"idempotencyKey", key}, {"bodySha256", digest}};
}
Json with_fault(Json more, const std::string& fault) {
  more["fault"] = fault;
  return more;
}

DutyResult judged(const ClientFacts& facts, std::string_view id) {
  for (DutyResult& result : judge_client(facts)) {
    if (result.duty->id == id) return result;
  }
  ADD_FAILURE() << "no duty " << id;
  return {};
}
Verdict verdict(const ClientFacts& facts, std::string_view id) { return judged(facts, id).verdict; }

Episode episode(Provocation provocation, std::size_t first, std::size_t end, const std::string& answer = "",
                int status = 200) {
  Episode made;
  made.action = "requestSpv";
  made.operation = "createSpvRequest";
  made.intent = "intent-" + std::to_string(first);
  made.provocation = provocation;
  made.first = first;
  made.end = end;
  made.answer_text = answer;
  made.answer_status = status;
  return made;
}

TEST(ClientDuties, EachHasAPageAndAFix) {
  for (const ClientDuty& each : client_duties()) {
    EXPECT_FALSE(each.duty.title.empty());
    EXPECT_FALSE(each.duty.fix.empty()) << each.duty.id;
    EXPECT_FALSE(each.duty.documentation.empty()) << each.duty.id;
  }
}

TEST(ClientDuties, AnEmptyJournalShowsNothingAndFailsNothing) {
  for (const DutyResult& result : judge_client({})) {
    EXPECT_NE(result.verdict, Verdict::Fail) << result.duty->id;
    EXPECT_NE(result.verdict, Verdict::Pass) << result.duty->id;
    EXPECT_FALSE(result.sentence.empty()) << result.duty->id;
  }
}

TEST(ClientDuties, EveryWriteHasAKey) {
  Journal journal;
  journal.add("createSpvRequest", 201, keyed("a"));
  EXPECT_EQ(verdict(journal.facts(), "key-on-every-write"), Verdict::Pass);
  journal.add("bulkCreateInvestors", 200);
  const DutyResult failed = judged(journal.facts(), "key-on-every-write");
  EXPECT_EQ(failed.verdict, Verdict::Fail);
  EXPECT_EQ(failed.evidence.size(), 1U);
  EXPECT_EQ(client_grade(judge_client(journal.facts())), Grade::F);
}

TEST(ClientDuties, ARetryHasTheKeyOfTheFirstTry) {
  Journal same;
  same.add("createSpvRequest", 201, with_fault(keyed("a"), "lost"));
  same.add("createSpvRequest", 201, keyed("a"));
  EXPECT_EQ(verdict(same.facts(), "same-key-on-retry"), Verdict::Pass);
  EXPECT_EQ(verdict(same.facts(), "retries-transient-failures"), Verdict::Pass);
  Journal other;
  other.add("createSpvRequest", 201, with_fault(keyed("a"), "lost"));
  other.add("createSpvRequest", 201, keyed("b"));
  EXPECT_EQ(verdict(other.facts(), "same-key-on-retry"), Verdict::Fail);
}

TEST(ClientDuties, EqualOrdersWithKeysOfTheirOwnAreNoRetry) {
  Journal journal;
  journal.add("createSpvRequest", 201, keyed("a"));
  journal.add("createSpvRequest", 201, keyed("b"));
  EXPECT_EQ(verdict(journal.facts(), "same-key-on-retry"), Verdict::NotShown);
  EXPECT_EQ(verdict(journal.facts(), "fresh-key-per-intent"), Verdict::Pass);
}

TEST(ClientDuties, AKeyIsOfOneIntent) {
  Journal conflict;
  conflict.add("createSpvRequest", 201, keyed("a", "d1"));
  Json second = keyed("a", "d2");
  second["idempotencyOutcome"] = "conflict";
  conflict.add("createSpvRequest", 409, second);
  EXPECT_EQ(verdict(conflict.facts(), "fresh-key-per-intent"), Verdict::Fail);
  Journal two;
  two.add("createSpvRequest", 201, keyed("a"));
  two.add("createSpvRequest", 201, keyed("a"));
  EXPECT_EQ(verdict(two.facts({episode(Provocation::None, 0, 1), episode(Provocation::None, 1, 2)}),
                    "fresh-key-per-intent"),
            Verdict::Fail);
}

TEST(ClientDuties, ALostAnswerIsAskedForAgain) {
  Journal journal;
  journal.add("createSpvRequest", 201, with_fault(keyed("a"), "cut"));
  journal.pause(10'000);
  journal.add("getSpvRequest", 200);
  EXPECT_EQ(verdict(journal.facts(), "retries-transient-failures"), Verdict::Fail);
}

TEST(ClientDuties, AFaultAtTheVeryEndMayYetBeAnswered) {
  Journal journal;
  journal.add("createSpvRequest", 503, with_fault(keyed("a"), "busy"));
  EXPECT_EQ(verdict(journal.facts(), "retries-transient-failures"), Verdict::NotShown);
}

Journal with_pauses(const std::vector<std::int64_t>& pauses) {
  Journal journal;
  journal.add("createSpvRequest", 503, with_fault(keyed("a"), "busy"));
  for (const std::int64_t pause : pauses) {
    journal.pause(pause - 990);  // a call a second, 10 ms of it its own
    journal.add("createSpvRequest", 503, with_fault(keyed("a"), "busy"));
  }
  return journal;
}

TEST(ClientDuties, PausesGrow) {
  EXPECT_EQ(verdict(with_pauses({200, 400, 800}).facts(), "backs-off"), Verdict::Pass);
  EXPECT_EQ(verdict(with_pauses({300, 250, 900, 1700}).facts(), "backs-off"), Verdict::Pass);  // with jitter
  EXPECT_EQ(verdict(with_pauses({500, 510, 505}).facts(), "backs-off"), Verdict::Fail);
  EXPECT_EQ(verdict(with_pauses({1, 1, 1}).facts(), "backs-off"), Verdict::Fail);
  EXPECT_EQ(verdict(with_pauses({500}).facts(), "backs-off"), Verdict::NotShown);
}

TEST(ClientDuties, AnEmptyAnswerIsNoSuccessForWhoTellsWhatWasMade) {
  const auto told = [](const std::string& usual, const std::string& when_empty, int status) {
    Journal journal;
    journal.add("createSpvRequest", 201, keyed("a"));
    journal.add("createSpvRequest", 201, with_fault(keyed("b"), "empty"));
    return judged(journal.facts({episode(Provocation::None, 0, 1, usual),
                                 episode(Provocation::EmptyBody, 1, 2, when_empty, status)}),
                  "retries-transient-failures")
        .verdict;
  };
  EXPECT_EQ(told("{\"slug\": \"svr_1\"}", "{}", 200), Verdict::Fail);
  EXPECT_EQ(told("{\"queued\": true}", "{\"queued\": true}", 200), Verdict::NotShown);
  EXPECT_EQ(told("{\"queued\": true}", "{\"failed\": true}", 502), Verdict::Fail);
}

TEST(ClientDuties, ATokenOfAnotherKindIsNoSecretOfZests) {
  const auto token_of = [](const std::string& sub) {
    const auto part = [](const Json& json) { return base64url_encode(dump_json(json)); };
    return part({{"alg", "EdDSA"}}) + "." + part({{"sub", sub}}) + ".c2lnbmF0dXJl";
  };
  EXPECT_EQ(secret_in("Bearer " + token_of("client_test") + "\n", "client_test", ""),
            "a token or assertion of client_test");
  EXPECT_EQ(secret_in("session=" + token_of("alice") + "; eyJ, eyJhbGciOi.x", "client_test", "whsec_1"), "");
  EXPECT_EQ(secret_in("eyJ " + token_of("client_test"), "client_test", ""),
            "a token or assertion of client_test");
  EXPECT_EQ(secret_in("secret: whsec_1", "client_test", "whsec_1"), "the webhook secret");
  EXPECT_EQ(secret_in("-----BEGIN PRIVATE KEY-----\nMC4", "client_test", ""), "a private key");
}

TEST(ClientDuties, ASecretThatIsSeenIsTold) {
  Journal journal;
  journal.add("createSpvRequest", 201, keyed("a"));
  Episode told = episode(Provocation::None, 0, 1);
  EXPECT_EQ(verdict(journal.facts({told}), "keeps-secrets"), Verdict::Pass);
  told.leaked = "the webhook secret in its log";
  EXPECT_EQ(verdict(journal.facts({told}), "keeps-secrets"), Verdict::Fail);
  EXPECT_EQ(verdict(journal.facts(), "keeps-secrets"), Verdict::NotAsked);
}

// Served by one process, which renews far too early, or by two that take turns. Below 0: the token was
// refused.
TEST(ClientDuties, ATokenIsNotThrownAwayBeforeItsEnd) {
  const auto used = [](const std::vector<int>& tokens) {
    Journal journal;
    for (const int token : tokens) {
      Json call = keyed("k" + std::to_string(journal.facts().calls.size()));
      call["jti"] = "token-" + std::to_string(std::abs(token));
      journal.add("createSpvRequest", token < 0 ? 401 : 201, call);
    }
    std::vector<Episode> episodes;
    for (std::size_t i = 0; i < tokens.size(); ++i) episodes.push_back(episode(Provocation::None, i, i + 1));
    return journal.facts(std::move(episodes));
  };
  EXPECT_EQ(verdict(used({1, 1, 2, 2, 3, 3, 4, 4, 5, 5}), "token-reused"), Verdict::Fail);
  EXPECT_EQ(verdict(used({1, 1, 1, 1, 2, 2, 2, 2, 2, 2}), "token-reused"), Verdict::Pass);
  EXPECT_EQ(verdict(used({1, 2, 1, 2, 2, 3, 1, 4, 3, 4, 5, 5, 4}), "token-reused"), Verdict::Pass);
  EXPECT_EQ(verdict(used({1, -1, 2, -2, 3, -3, 4, -4, 5}), "token-reused"), Verdict::Pass);
  // A 401 that did not keep it from being used on was no end.
  EXPECT_EQ(verdict(used({1, -1, 1, 2, -2, 2, 3, -3, 3, 4, 4}), "token-reused"), Verdict::Fail);
}

TEST(ClientDuties, RetryAfterIsWaitedFor) {
  const auto waited = [](std::int64_t ms) {
    Journal journal;
    journal.add("createSpvRequest", 429, with_fault(keyed("a"), "many"));
    journal.pause(ms + 10 - 1000);
    journal.add("createSpvRequest", 201, keyed("a"));
    return journal.facts();
  };
  EXPECT_EQ(verdict(waited(2000), "honours-retry-after"), Verdict::Pass);
  const DutyResult hasty = judged(waited(900), "honours-retry-after");
  EXPECT_EQ(hasty.verdict, Verdict::Fail);
  EXPECT_EQ(hasty.sentence, "A call that was answered 429 with Retry-After: 2 was made again after 900ms.");
  EXPECT_EQ(verdict(with_pauses({200, 400}).facts(), "honours-retry-after"), Verdict::NotShown);
}

TEST(ClientDuties, TriesHaveAnEnd) {
  EXPECT_EQ(verdict(with_pauses(std::vector<std::int64_t>(4, 1000)).facts(), "gives-up"), Verdict::Pass);
  EXPECT_EQ(verdict(with_pauses(std::vector<std::int64_t>(20, 1000)).facts(), "gives-up"), Verdict::Fail);
}

TEST(ClientDuties, ARefusalIsNotRepeated) {
  Journal journal;
  journal.add("createSpvRequest", 403, with_fault(keyed("a"), "busy"));
  EXPECT_EQ(verdict(journal.facts({episode(Provocation::Refused, 0, 1)}), "no-blind-retry"), Verdict::Pass);
  journal.add("createSpvRequest", 403, with_fault(keyed("a"), "busy"));
  EXPECT_EQ(verdict(journal.facts({episode(Provocation::Refused, 0, 2)}), "no-blind-retry"), Verdict::Fail);
  // A test may ask for the same twice; three times in a row is a loop.
  EXPECT_EQ(verdict(journal.facts(), "no-blind-retry"), Verdict::Pass);
  journal.add("createSpvRequest", 403, with_fault(keyed("a"), "busy"));
  EXPECT_EQ(verdict(journal.facts(), "no-blind-retry"), Verdict::Fail);
}

TEST(ClientDuties, AnExpiredTokenIsRenewedOnce) {
  const auto journal_with = [](int renewals, bool again) {
    Journal journal;
    journal.add("createSpvRequest", 401, keyed("a"));
    for (int i = 0; i < renewals; ++i) journal.add("exchangeJwtAssertion", 201);
    if (again) journal.add("createSpvRequest", 201, keyed("a"));
    return journal.facts({episode(Provocation::ExpiredToken, 0, 10)});
  };
  EXPECT_EQ(verdict(journal_with(1, true), "renews-after-401"), Verdict::Pass);
  EXPECT_EQ(verdict(journal_with(0, false), "renews-after-401"), Verdict::Fail);
  EXPECT_EQ(verdict(journal_with(1, false), "renews-after-401"), Verdict::Fail);
  EXPECT_EQ(verdict(journal_with(3, true), "renews-after-401"), Verdict::Fail);
}

TEST(ClientDuties, AssertionsAreShortAndAccepted) {
  constexpr std::int64_t kBegin = Journal::kBegin / 1000;
  const auto grant = [](std::int64_t lifetime, std::int64_t issued = Journal::kBegin / 1000) {
    return Json{
        {"grant", {{"type", "jwt-bearer"}, {"assertion", {{"iat", issued}, {"exp", issued + lifetime}}}}}};
  };
  Journal journal;
  journal.add("exchangeJwtAssertion", 201, grant(60));
  EXPECT_EQ(verdict(journal.facts(), "assertion-short"), Verdict::Pass);
  EXPECT_EQ(verdict(journal.facts(), "assertion-valid"), Verdict::Pass);
  Journal kept;
  kept.add("exchangeJwtAssertion", 201, grant(60, kBegin - 40));
  EXPECT_EQ(verdict(kept.facts(), "assertion-valid"), Verdict::Fail);
  journal.add("exchangeJwtAssertion", 201, grant(61));
  EXPECT_EQ(verdict(journal.facts(), "assertion-short"), Verdict::Fail);
  journal.add("exchangeJwtAssertion", 401, grant(60));
  EXPECT_EQ(verdict(journal.facts(), "assertion-valid"), Verdict::Fail);
}

TEST(ClientDuties, ATokenServesManyCalls) {
  Journal journal;
  for (int i = 0; i < 4; ++i) {
    journal.add("exchangeJwtAssertion", 201);
    journal.add("getSpvRequest", 200, {{"path", "/v1/spv-requests/svr_" + std::to_string(i)}});
  }
  EXPECT_EQ(verdict(journal.facts(), "token-reused"), Verdict::Fail);
  Journal processes;
  for (int i = 0; i < 4; ++i) processes.add("exchangeJwtAssertion", 201);
  for (int i = 0; i < 20; ++i) processes.add("getSpvRequest", 200);
  EXPECT_EQ(verdict(processes.facts(), "token-reused"), Verdict::Pass);
}

TEST(ClientDuties, ARefreshTokenIsUsedOnce) {
  const Json grant{{"grant", {{"type", "refresh_token"}, {"refreshToken", "abc"}}}};
  Journal journal;
  journal.add("exchangeJwtAssertion", 201, grant);
  EXPECT_EQ(verdict(journal.facts(), "refresh-once"), Verdict::Pass);
  journal.add("exchangeJwtAssertion", 401, grant);
  EXPECT_EQ(verdict(journal.facts(), "refresh-once"), Verdict::Fail);
  // Of two at once the one that is refused may be answered first.
  Journal at_once;
  at_once.add("exchangeJwtAssertion", 401, grant);
  at_once.add("exchangeJwtAssertion", 201, grant);
  EXPECT_EQ(verdict(at_once.facts(), "refresh-once"), Verdict::Fail);
}

TEST(ClientDuties, ARefreshTokenMayBeDoneWithout) {
  const Json grant{{"grant", {{"type", "jwt-bearer"}}}};
  Journal journal;
  for (int i = 0; i < 3; ++i) journal.add("exchangeJwtAssertion", 201, grant);
  EXPECT_EQ(verdict(journal.facts(), "refresh-once"), Verdict::NotShown);
  EXPECT_EQ(verdict(journal.facts({episode(Provocation::ExpiredToken, 0, 3)}), "refresh-once"),
            Verdict::Pass);
}

TEST(ClientDuties, ATokenIsRenewedBeforeItsEnd) {
  const auto journal_with = [](bool short_token, bool late) {
    Journal journal;
    journal.add("exchangeJwtAssertion", 201, short_token ? Json{{"fault", "short"}} : Json::object());
    journal.add("createSpvRequest", 201, keyed("a"));
    if (late) journal.add("createSpvRequest", 401, keyed("b"));
    journal.add("exchangeJwtAssertion", 201);
    journal.add("createSpvRequest", 201, keyed("b"));
    return verdict(
        journal.facts({episode(Provocation::ShortToken, 0, 2), episode(Provocation::EndedToken, 2, 9)}),
        "renews-before-end");
  };
  EXPECT_EQ(journal_with(true, false), Verdict::Pass);
  EXPECT_EQ(journal_with(true, true), Verdict::Fail);
  EXPECT_EQ(journal_with(false, false), Verdict::NotShown);
}

TEST(ClientDuties, ACallWithoutAnAnswerIsMadeAgain) {
  const auto told = [](bool again, int status, Duration took) {
    Journal journal;
    journal.add("createSpvRequest", 201, with_fault(keyed("a"), "late"));
    if (again) journal.add("createSpvRequest", 201, keyed("a"));
    Episode made = episode(Provocation::NoAnswer, 0, 9, "", status);
    made.took = took;
    return verdict(journal.facts({made}), "retries-after-timeout");
  };
  EXPECT_EQ(told(true, 200, Duration(2'000)), Verdict::Pass);
  EXPECT_EQ(told(false, 504, Duration(2'000)), Verdict::Fail);
  EXPECT_EQ(told(false, 200, kNoAnswerFor), Verdict::NotShown);    // it waits for as long as it takes
  EXPECT_EQ(told(false, 202, Duration(5)), Verdict::NotShown);     // it calls later
  EXPECT_EQ(told(false, 0, Duration(10'000)), Verdict::NotShown);  // the action's own time was over
}

TEST(ClientDuties, AnErrorIdIsKeptWhereAProbeOrTheLogShowsIt) {
  Json failed = with_fault(keyed("a"), "busy");
  failed["errorId"] = "e-1";
  Journal journal;
  journal.add("createSpvRequest", 500, failed);
  const auto told = [&](const std::string& answer, std::optional<bool> kept, std::optional<bool> logged,
                        int status = 502) {
    Episode made = episode(Provocation::Down, 0, 1, answer, status);
    made.kept = kept;
    made.logged = logged;
    return verdict(journal.facts({made}), "keeps-error-id");
  };
  EXPECT_EQ(told("it failed", true, std::nullopt), Verdict::Pass);
  EXPECT_EQ(told("it failed", true, std::nullopt, 202), Verdict::Pass);
  EXPECT_EQ(told("it failed, e-1", std::nullopt, std::nullopt), Verdict::Pass);
  EXPECT_EQ(told("it failed", std::nullopt, true), Verdict::Pass);
  EXPECT_EQ(told("it failed", false, false), Verdict::Fail);
  EXPECT_EQ(told("it failed", std::nullopt, false), Verdict::Fail);
  EXPECT_EQ(told("it failed", std::nullopt, std::nullopt), Verdict::NotAsked);
  EXPECT_EQ(told("queued", std::nullopt, false, 202), Verdict::NotAsked);
}

TEST(ClientDuties, EveryViolationIsTold) {
  const Json rows = Json::array(
      {Json{{"field", "attributes.currency"}}, Json{{"field", "attributes.shareClasses[0].name"}}});
  Json refused = keyed("a");
  refused["validationErrors"] = rows;
  Journal journal;
  journal.add("createSpvRequest", 400, refused);
  const auto told = [&](const std::string& answer) {
    return verdict(journal.facts({episode(Provocation::Invalid, 0, 1, answer, 422)}),
                   "surfaces-validation-errors");
  };
  EXPECT_EQ(told("currency is wrong, so is the name"), Verdict::Pass);
  EXPECT_EQ(told("currency is wrong"), Verdict::Fail);
}

TEST(ClientDuties, AReviewIsNotPolled) {
  Journal journal;
  journal.add("createSpvRequest", 201, keyed("a"));
  for (int i = 0; i < 2; ++i) journal.add("getSpvRequest", 200);
  EXPECT_EQ(verdict(journal.facts(), "no-polling"), Verdict::Pass);
  for (int i = 0; i < 3; ++i) journal.add("getSpvRequest", 200);
  EXPECT_EQ(verdict(journal.facts(), "no-polling"), Verdict::Fail);
}

}  // namespace
}  // namespace zest::certify
