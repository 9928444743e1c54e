// Every transition of SPV requests and subscriptions, and every forbidden one. Zest docs: spv-requests,
// subscriptions, uploads.
#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "rules_world.h"

namespace zest::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Runs the calls at the same time, each on a thread of its own; their statuses, sorted.
std::vector<int> race(const std::vector<std::function<client::Reply()>>& calls) {
  std::vector<int> statuses(calls.size());
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    threads.emplace_back([&, i] {
      while (!go) std::this_thread::yield();
      statuses[i] = calls[i]().status;
    });
  }
  go = true;
  for (std::thread& thread : threads) thread.join();
  std::sort(statuses.begin(), statuses.end());
  return statuses;
}

// The types of the events about that subject, in the order of their instants.
std::vector<std::string> story_of(World& world, const char* member_name, const std::string& subject) {
  std::vector<Json> events;
  for (const Json& event : world.events()) {
    if (event["data"].value(member_name, "") == subject) events.push_back(event);
  }
  std::sort(events.begin(), events.end(), [](const Json& a, const Json& b) {
    return a.value("occurredAt", "") < b.value("occurredAt", "");
  });
  std::vector<std::string> types;
  for (const Json& event : events) types.push_back(event["eventType"]);
  return types;
}

using SpvVerbCall = client::Reply (*)(World&, const std::string& svr);

struct SpvVerbRow {
  const char* name;
  SpvVerbCall call;
  const char* leads_to;
  const char* event;
  const char* instant;  // its own member, "" when there is none
};

const std::array<SpvVerbRow, 3> kSpvVerbs = {{
    {"approve", [](World& world, const std::string& svr) { return world.approve(svr); }, "approved",
     "spv_request.completed", "approvedAt"},
    {"reject", [](World& world, const std::string& svr) { return world.reject(svr); }, "rejected",
     "spv_request.rejected", ""},
    {"cancel", [](World& world, const std::string& svr) { return world.acme().cancel(svr); }, "cancelled",
     "spv_request.cancelled", "cancelledAt"},
}};

TEST(Rules, ARequestLeavesPendingReviewByEveryVerb) {
  World world;
  for (const SpvVerbRow& verb : kSpvVerbs) {
    const client::Reply made = world.acme().submit(World::small_submission());
    EXPECT_EQ(made.body["status"], "pending-review");
    EXPECT_EQ(made.body["createdAt"], made.body["updatedAt"]);
    const std::string svr = made.body.value("spvRequestSlug", "");
    const client::Reply done = verb.call(world, svr);
    EXPECT_EQ(done.status, 200) << verb.name << done.text;
    EXPECT_EQ(done.body["status"], verb.leads_to);
    EXPECT_EQ(world.acme().get("/v1/spv-requests/" + svr).body, done.body);
    EXPECT_EQ(done.body["createdAt"], made.body["createdAt"]);
    for (const char* instant : {"approvedAt", "cancelledAt"}) {
      EXPECT_EQ(done.body.contains(instant), instant == std::string(verb.instant)) << verb.name;
      if (done.body.contains(instant)) {
        EXPECT_EQ(done.body[instant], done.body["updatedAt"]);
      }
    }
    EXPECT_EQ(done.body.contains("materialisedRefs"), verb.leads_to == std::string("approved"));
    EXPECT_EQ(done.body.value("rejectionReason", ""), verb.leads_to == std::string("rejected") ? "no" : "");
    EXPECT_THAT(story_of(world, "spvRequestSlug", svr), ElementsAre("spv_request.created", verb.event));
  }
}

TEST(Rules, AGetTellsOfEveryChangeAndToNobodyElse) {
  World world;
  Caller other = world.stranger();
  const std::string svr = world.submit();
  const std::string path = "/v1/spv-requests/" + svr;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(world.acme().get(path).body["status"], "pending-review");
  EXPECT_EQ(other.get(path).status, 404);
  ASSERT_EQ(world.approve(svr).status, 200);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(world.acme().get(path).body["status"], "approved");
  EXPECT_EQ(other.get(path).status, 404);
  ASSERT_EQ(world.post("/_sandbox/reset").status, 200);
  EXPECT_EQ(world.acme().get(path).status, 404);
}

TEST(Rules, NoVerbLeavesATerminalState) {
  World world;
  for (const SpvVerbRow& first : kSpvVerbs) {
    const std::string svr = world.submit();
    const client::Reply settled = first.call(world, svr);
    const std::size_t events = world.events().size();
    for (const SpvVerbRow& second : kSpvVerbs) {
      EXPECT_THAT(refusal_of(second.call(world, svr), 409, "conflict"), HasSubstr(first.leads_to))
          << second.name << " after " << first.name;
      EXPECT_EQ(world.acme().get("/v1/spv-requests/" + svr).body, settled.body);
    }
    EXPECT_EQ(world.events().size(), events);
  }
}

TEST(Rules, OfApproveRejectAndCancelExactlyOneWins) {
  World world;
  for (int round = 0; round < 8; ++round) {
    const std::string svr = world.submit();
    Caller again = world.acme_again();
    again.bearer();
    EXPECT_THAT(race({[&] { return world.approve(svr); }, [&] { return world.reject(svr); },
                      [&] { return again.cancel(svr); }, [&] { return world.approve(svr); }}),
                ElementsAre(200, 409, 409, 409));
    const std::string status = world.acme().get("/v1/spv-requests/" + svr).body.value("status", "");
    const auto winner = std::find_if(kSpvVerbs.begin(), kSpvVerbs.end(),
                                     [&](const SpvVerbRow& verb) { return verb.leads_to == status; });
    ASSERT_NE(winner, kSpvVerbs.end()) << status;
    EXPECT_THAT(story_of(world, "spvRequestSlug", svr), ElementsAre("spv_request.created", winner->event));
  }
}

TEST(Rules, ACancelledRequestIsNotApprovedLater) {
  app::ServeOptions options = World::with_endpoint();
  options.auto_approve = Duration(60'000);
  World world(options);
  const std::string cancelled = world.submit();
  const std::string left_alone = world.submit();
  world.acme().cancel(cancelled);
  world.advance("1h");
  EXPECT_EQ(world.acme().get("/v1/spv-requests/" + cancelled).body["status"], "cancelled");
  const Json approved = world.acme().get("/v1/spv-requests/" + left_alone).body;
  EXPECT_EQ(approved["approvedAt"], "2026-01-01T00:01:00.000Z");
  EXPECT_THAT(story_of(world, "spvRequestSlug", cancelled),
              ElementsAre("spv_request.created", "spv_request.cancelled"));
}

TEST(Rules, OnlyAnApprovedRequestIsAnSpv) {
  World world;
  const std::string person = world.person();
  const std::string svr = world.submit();
  const Json rows = Json::array({World::subscription(person)});
  refusal_of(world.acme().subscriptions(svr, rows), 404, "not_found");
  const Json refs = world.approve(svr).body["materialisedRefs"];
  EXPECT_THAT(member_names(refs), ElementsAre("opportunitySlug", "vehicleSlug", "spSlug", "spcSlug"));
  EXPECT_EQ(refs.value("opportunitySlug", "").rfind("opp_", 0), 0U);
  EXPECT_EQ(refs.value("spSlug", "").rfind("sp_", 0), 0U);
  EXPECT_EQ(refs.value("spcSlug", "").rfind("spc_", 0), 0U);
  for (const char* other : {"opportunitySlug", "spSlug", "spcSlug"}) {
    refusal_of(world.acme().subscriptions(refs.value(other, ""), rows), 404, "not_found");
  }
  EXPECT_EQ(world.acme().subscriptions(refs.value("vehicleSlug", ""), rows).status, 201);
}

// One subscription, and the things that can be done to it.
struct Subject {
  World& world;
  std::string spv;
  std::string person;
  std::string slug;
  int uploads = 0;  // every upload has bytes of its own

  explicit Subject(World& in) : world(in), spv(in.spv()), person(in.person("inv-" + spv)) {
    slug = world.subscribe(spv, person);
  }
  client::Reply form() { return world.acme().form(spv, person, "form " + std::to_string(++uploads)); }
  client::Reply funding() {
    return world.acme().funding(spv, person, "receipt " + std::to_string(++uploads));
  }
  client::Reply complete() { return world.complete(slug); }
  client::Reply force() { return world.complete(slug, Json{{"force", true}}); }
  std::size_t events() { return story_of(world, "subscriptionSlug", slug).size(); }
};

using Step = client::Reply (Subject::*)();
constexpr std::array<Step, 4> kSteps = {&Subject::form, &Subject::funding, &Subject::complete,
                                        &Subject::force};

struct StageRow {
  const char* name;
  std::vector<Step> reached_by;
  std::array<int, 4> answers;  // to form, funding, complete, complete by force
};

TEST(Rules, TheOrderIsFormThenFundingThenCompleted) {
  const std::vector<StageRow> stages = {
      {"created", {}, {201, 409, 409, 200}},
      {"form uploaded", {&Subject::form}, {201, 201, 409, 200}},
      {"funded", {&Subject::form, &Subject::funding}, {201, 201, 200, 200}},
      {"funded, form replaced", {&Subject::form, &Subject::funding, &Subject::form}, {201, 201, 200, 200}},
      {"completed", {&Subject::form, &Subject::funding, &Subject::complete}, {409, 409, 409, 409}},
      {"completed by force", {&Subject::force}, {409, 409, 409, 409}},
  };
  World world;
  for (const StageRow& stage : stages) {
    for (std::size_t i = 0; i < kSteps.size(); ++i) {
      Subject subject(world);
      for (const Step before : stage.reached_by) ASSERT_LT(std::invoke(before, subject).status, 300);
      const std::size_t events = subject.events();
      const client::Reply reply = std::invoke(kSteps[i], subject);
      EXPECT_EQ(reply.status, stage.answers[i]) << stage.name << ", step " << i << ": " << reply.text;
      if (reply.status == 409) refusal_of(reply, 409, "conflict");
      EXPECT_EQ(subject.events(), events + (reply.status < 300 ? 1 : 0)) << stage.name << ", step " << i;
    }
  }
}

TEST(Rules, FundingBeforeFormIs409) {
  World world;
  Subject subject(world);
  EXPECT_THAT(refusal_of(subject.funding(), 409, "conflict"), HasSubstr("form"));
  EXPECT_EQ(subject.form().status, 201);
  EXPECT_EQ(subject.funding().status, 201);
}

TEST(Rules, CompletionWithoutReceiptNeedsForce) {
  World world;
  Subject subject(world);
  EXPECT_EQ(subject.form().status, 201);
  EXPECT_THAT(refusal_of(subject.complete(), 409, "conflict"), HasSubstr("force"));
  const client::Reply forced = subject.force();
  EXPECT_EQ(forced.body["status"], "completed");
  EXPECT_EQ(forced.body["completedAt"], forced.body["updatedAt"]);
}

TEST(Rules, OfTwoCompletionsExactlyOneWins) {
  World world;
  for (int round = 0; round < 5; ++round) {
    Subject subject(world);
    subject.form();
    subject.funding();
    EXPECT_THAT(race({[&] { return subject.complete(); }, [&] { return subject.force(); },
                      [&] {
                        return world.complete(subject.slug, Json{{"skipSynchronousEmit", true}});
                      }}),
                ElementsAre(200, 409, 409));
    world.advance("2m");
    EXPECT_THAT(story_of(world, "subscriptionSlug", subject.slug),
                ElementsAre("subscription.created", "signed_subscription_form.uploaded",
                            "funding_receipt.uploaded", "subscription.completed"));
  }
}

TEST(Rules, TheSameFormSentAtOnceIsTakenOnce) {
  World world;
  Subject subject(world);
  std::vector<Caller> callers;
  for (int i = 0; i < 6; ++i) callers.push_back(world.acme_again());
  std::vector<std::function<client::Reply()>> calls;
  for (Caller& caller : callers) {
    calls.emplace_back([&] { return caller.form(subject.spv, subject.person, "the same"); });
  }
  EXPECT_THAT(race(calls), ElementsAre(201, 201, 201, 201, 201, 201));
  EXPECT_THAT(story_of(world, "subscriptionSlug", subject.slug),
              ElementsAre("subscription.created", "signed_subscription_form.uploaded"));
}

}  // namespace
}  // namespace zest::api
