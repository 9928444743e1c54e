#include <gtest/gtest.h>

#include <algorithm>

#include "base/time.h"
#include "insight/coverage_recorder.h"
#include "insight/coverage_report.h"

namespace zest::insight {
namespace {

const Instant kNoon = instant_from_ms(1'767'225'600'000);

struct Coverage : testing::Test {
  static std::uint64_t at(const CoverageCounts& counts, const std::string& id) {
    const std::vector<CoverageItem>& items = coverage_items();
    const auto item =
        std::find_if(items.begin(), items.end(), [&id](const CoverageItem& each) { return each.id == id; });
    EXPECT_NE(item, items.end()) << id;
    return item == items.end() ? 0 : counts[static_cast<std::size_t>(item - items.begin())];
  }
  std::uint64_t acme(const std::string& id) { return at(recorder.of("client_acme").value(), id); }

  void keyed(const std::string& key, Instant now, const char* outcome = "executed") {
    ObservedCall fact;
    fact.client_id = "client_acme";
    fact.operation = "createSpvRequest";
    fact.status = 201;
    fact.idempotency_key = key;
    fact.idempotency_outcome = outcome;
    fact.virtual_time = now;
    recorder.call(fact);
  }
  static ObservedAttempt answered(const char* event_id, int sent_at_ms, int status = 200) {
    ObservedAttempt fact;
    fact.client_id = "client_acme";
    fact.event_id = event_id;
    fact.event_type = "investor.created";
    fact.subject = "psn_1";
    fact.delivered = status == 200;
    fact.response_status = status;
    fact.sent_at = kNoon + Duration(sent_at_ms);
    fact.latency = Duration(10);
    return fact;
  }

  CoverageRecorder recorder;
};

TEST_F(Coverage, TheTableHasTheDocumentedSizes) {
  EXPECT_EQ(coverage_size(CoverageDimension::Operations), 23U);
  EXPECT_EQ(coverage_size(CoverageDimension::Events), 9U);
  EXPECT_EQ(coverage_size(CoverageDimension::Errors), 10U);
  EXPECT_EQ(coverage_size(CoverageDimension::Validation), 12U);
  EXPECT_EQ(coverage_items().size(), kCoverageItems);
}

TEST_F(Coverage, EveryItemHasACommand) {
  for (const CoverageItem& item : coverage_items()) {
    const std::string command = command_for(item, {"http://127.0.0.1:1", "client_x", ""});
    EXPECT_FALSE(command.empty()) << item.id;
    EXPECT_EQ(command.find("{at}"), std::string::npos) << command;
    EXPECT_EQ(command.find("{version}"), std::string::npos) << command;
  }
  const CoverageItem token = coverage_items()[5 - 1];
  EXPECT_EQ(token.id, "operations.exchangeJwtAssertion");
  EXPECT_EQ(command_for(token, {}), "zest-sandbox token");
  EXPECT_EQ(command_for(token, {"http://127.0.0.1:1", "a b'c", "k.pem"}),
            "zest-sandbox token --url http://127.0.0.1:1 --client-id 'a b'\\''c' --key k.pem");
}

TEST_F(Coverage, AnOperationCountsWhenItSucceedsAndARefusalByItsCodes) {
  ObservedCall fact;
  fact.client_id = "client_acme";
  fact.operation = "createSpvRequest";
  fact.status = 400;
  fact.error_code = "validation_error";
  const std::vector<Violation> violations = {{"a", "a", "enum", "", std::nullopt},
                                             {"b", "b", "format", "", std::nullopt}};
  fact.violations = &violations;
  recorder.call(fact);
  EXPECT_EQ(acme("operations.createSpvRequest"), 0U);
  EXPECT_EQ(acme("errors.validation_error"), 1U);
  EXPECT_EQ(acme("validation.enum"), 1U);
  EXPECT_EQ(acme("validation.format"), 1U);
  keyed("k", kNoon);
  EXPECT_EQ(acme("operations.createSpvRequest"), 1U);
}

TEST_F(Coverage, AKeyHasExpiredWhenItIsExecutedAgainAfter24Hours) {
  keyed("k", kNoon);
  keyed("k", kNoon + Duration(1), "replayed");
  keyed("k", kNoon + Duration(24 * 3'600'000 - 1));  // the store had to forget it
  EXPECT_EQ(acme("idempotency.expired"), 0U);
  keyed("k", kNoon + Duration(2 * 24 * 3'600'000 - 1));
  EXPECT_EQ(acme("idempotency.expired"), 1U);
  EXPECT_EQ(acme("clocks.key-expired"), 1U);
  EXPECT_EQ(acme("idempotency.executed"), 3U);
}

TEST_F(Coverage, WhatNamesNobodyCountsForEverybodyAndOnceInTheSum) {
  ObservedCall health;
  health.operation = "health_check";
  health.status = 200;
  recorder.call(health);
  keyed("k", kNoon);
  EXPECT_EQ(acme("operations.health_check"), 1U);
  EXPECT_EQ(at(recorder.sum(), "operations.health_check"), 1U);
  EXPECT_EQ(at(recorder.of_nobody(), "operations.createSpvRequest"), 0U);
  recorder.clear("client_acme");
  EXPECT_FALSE(recorder.of("client_acme"));
  EXPECT_EQ(at(recorder.sum(), "operations.health_check"), 1U);
  recorder.clear(std::nullopt);
  EXPECT_EQ(totals_of(recorder.sum()).covered, 0U);
}

TEST_F(Coverage, RetriesCountTheAttemptThatSucceededTheDeadLetterAndTheReplay) {
  ObservedAttempt fact = answered("wde_1", 0, 500);
  fact.number = 6;
  fact.dead = true;
  recorder.attempt(fact);
  EXPECT_EQ(acme("retries.dead"), 1U);
  EXPECT_EQ(acme("retries.attempt-6"), 0U);
  EXPECT_EQ(acme("events.investor.created"), 1U);
  fact = answered("wde_1", 100);
  fact.schedule = 2;
  recorder.attempt(fact);
  EXPECT_EQ(acme("retries.replayed"), 1U);
  EXPECT_EQ(acme("retries.attempt-1"), 1U);
  EXPECT_EQ(acme("duplicates.replay"), 0U) << "the receiver had never acknowledged it";
}

TEST_F(Coverage, AnEventThatNobodyAnsweredIsNotMet) {
  ObservedAttempt fact = answered("wde_1", 0, 0);
  recorder.attempt(fact);
  fact = answered("wde_1", 0, 401);
  fact.kind = AttemptKind::Tampered;
  recorder.attempt(fact);
  EXPECT_EQ(acme("events.investor.created"), 0U);
}

TEST_F(Coverage, DuplicatesAreToldApartByWhatBroughtThem) {
  ObservedAttempt lost = answered("wde_1", 0);
  lost.delivered = false;  // the acknowledgement got lost
  recorder.attempt(lost);
  ObservedAttempt second = answered("wde_1", 100);
  second.number = 2;
  recorder.attempt(second);
  EXPECT_EQ(acme("duplicates.lost-acknowledgement"), 1U);
  ObservedAttempt copy = answered("wde_1", 200);
  copy.kind = AttemptKind::Copy;
  recorder.attempt(copy);
  EXPECT_EQ(acme("duplicates.copy"), 1U);
  ObservedAttempt replay = answered("wde_1", 300);
  replay.kind = AttemptKind::Replay;
  recorder.attempt(replay);
  ObservedAttempt retried = answered("wde_1", 400);
  retried.schedule = 2;
  recorder.attempt(retried);
  EXPECT_EQ(acme("duplicates.replay"), 2U);
  EXPECT_EQ(acme("order.overtaken"), 0U);
}

TEST_F(Coverage, ACopyThatArrivesFirstDoesNotMakeItsEventADuplicate) {
  ObservedAttempt copy = answered("wde_1", 0);
  copy.kind = AttemptKind::Copy;
  recorder.attempt(copy);
  recorder.attempt(answered("wde_1", 1));
  EXPECT_EQ(acme("duplicates.copy"), 1U);
  EXPECT_EQ(acme("duplicates.lost-acknowledgement"), 0U);
}

TEST_F(Coverage, AnEventIsOvertakenOnceALaterOneWasAcknowledgedBeforeItWasSent) {
  recorder.attempt(answered("wde_1", 0));
  recorder.attempt(answered("wde_3", 100));
  recorder.attempt(answered("wde_2", 105));  // both were on their way at once
  EXPECT_EQ(acme("order.overtaken"), 0U);
  ObservedAttempt other = answered("wde_0", 110);
  other.subject = "psn_2";
  recorder.attempt(other);
  EXPECT_EQ(acme("order.overtaken"), 1U);
  EXPECT_EQ(acme("order.overtaken-same-resource"), 0U);
  ObservedAttempt failing = answered("wde_1a", 110, 500);
  recorder.attempt(failing);
  EXPECT_EQ(acme("order.overtaken"), 1U);
  recorder.attempt(answered("wde_1a", 110));
  EXPECT_EQ(acme("order.overtaken"), 2U);
  EXPECT_EQ(acme("order.overtaken-same-resource"), 1U);
}

TEST_F(Coverage, AStateThatBeginsAnewIsNotComparedWithTheFormerOne) {
  keyed("k", kNoon);
  recorder.attempt(answered("wde_3", 0));
  recorder.begin_anew(std::nullopt);
  keyed("k", kNoon + Duration(25 * 3'600'000));
  recorder.attempt(answered("wde_1", 100));
  recorder.attempt(answered("wde_3", 200));
  EXPECT_EQ(acme("idempotency.expired"), 0U);
  EXPECT_EQ(acme("order.overtaken"), 0U);
  EXPECT_EQ(acme("duplicates.lost-acknowledgement"), 0U);
  EXPECT_EQ(acme("idempotency.executed"), 2U);
}

TEST_F(Coverage, TransitionsAreToldByEventsAndByRowsOfInvestors) {
  recorder.emitted("client_acme", "subscription.completed");
  recorder.investor_row("client_acme", RowStatus::Created, "");
  recorder.investor_row("client_acme", RowStatus::AlreadyExists, "");
  recorder.investor_row("client_acme", RowStatus::Failed, "format");
  EXPECT_EQ(acme("transitions.subscription.completed"), 1U);
  EXPECT_EQ(acme("transitions.investor.created"), 0U);
  EXPECT_EQ(acme("transitions.investor.already_exists"), 1U);
  EXPECT_EQ(acme("transitions.investor.failed"), 1U);
  EXPECT_EQ(acme("validation.format"), 1U);
}

TEST_F(Coverage, PartnersBeyondTheBoundCountInTheSum) {
  for (std::size_t i = 0; i < CoverageRecorder::kMaxPartners + 5; ++i) {
    recorder.emitted("client_" + std::to_string(i), "investor.created");
  }
  EXPECT_EQ(recorder.partners().size(), CoverageRecorder::kMaxPartners);
  EXPECT_EQ(at(recorder.sum(), "transitions.investor.created"), CoverageRecorder::kMaxPartners + 5);
}

TEST_F(Coverage, MemoryOfOnePartnerIsBounded) {
  keyed("first", kNoon);
  for (std::size_t i = 0; i < CoverageRecorder::kRemembered; ++i) keyed("k" + std::to_string(i), kNoon);
  keyed("first", kNoon + Duration(25 * 3'600'000));
  EXPECT_EQ(acme("idempotency.expired"), 0U) << "the oldest key is forgotten";
}

TEST_F(Coverage, TheDocumentReadsBackAndAddsUp) {
  keyed("k", kNoon);
  const CoverageCounts counts = recorder.sum();
  const Json document = coverage_json(counts, {}, true);
  EXPECT_EQ(document["covered"], 2);
  EXPECT_EQ(document["total"], kCoverageItems);
  EXPECT_EQ(document["percent"], 2);
  CoverageCounts sum = read_coverage(document).value();
  EXPECT_EQ(sum, counts);
  add_coverage(sum, counts);
  EXPECT_EQ(at(sum, "idempotency.executed"), 2U);
  Json most = document;
  most["dimensions"][0]["items"][0]["count"] = UINT64_MAX;
  add_coverage(sum, read_coverage(most).value());
  add_coverage(sum, read_coverage(most).value());
  EXPECT_EQ(sum[0], UINT64_MAX);
}

TEST_F(Coverage, WhatIsNoCoverageIsRefusedWithAReason) {
  const Json document = coverage_json({}, {}, true);
  EXPECT_NE(read_coverage(Json::array()).error().detail.find("this is no coverage"), std::string::npos);
  EXPECT_NE(read_coverage(Json{{"kind", "coverage"}}).error().detail.find("this is no coverage"),
            std::string::npos);
  for (const Json& bad : {Json(-1), Json("1"), Json(1.5), Json()}) {
    Json broken = document;
    broken["dimensions"][0]["items"][0]["count"] = bad;
    EXPECT_FALSE(read_coverage(broken).ok()) << bad;
  }
  Json other = document;
  other["dimensions"][0]["items"][0]["id"] = "operations.fly";
  EXPECT_NE(read_coverage(other).error().detail.find("\"operations.fly\""), std::string::npos);
  other["dimensions"][0] = 7;
  EXPECT_FALSE(read_coverage(other).ok());
}

}  // namespace
}  // namespace zest::insight
