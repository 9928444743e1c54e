// `trigger EVENT_TYPE`: the event comes to be through the real APIs, and reaches the receiver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/served_sandbox.h"
#include "protocol/event_type.h"
#include "support/recording_receiver.h"

namespace zest::test {
namespace {

using testing::HasSubstr;

class Trigger : public testing::Test {
 protected:
  Finished trigger(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "trigger");
    return sandbox_.command(std::move(arguments));
  }
  Json triggered(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const Finished finished = trigger(std::move(arguments));
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    Result<Json> answer = parse_json(finished.out);
    return answer.ok() ? *answer : Json::object();
  }
  Json data_of(const std::vector<std::string>& arguments) {
    return triggered(arguments).at("delivery").at("envelope").at("data");
  }

  RecordingReceiver receiver_;
  ServedSandbox sandbox_{{"--clock", "manual", "--webhook-url", receiver_.url()}};
};

TEST_F(Trigger, EachEventIsEmittedAndDelivered) {
  for (const EventType each : kEventTypes) {
    const std::string type(to_string(each));
    const Json answer = triggered({type});
    EXPECT_EQ(answer.at("eventType"), type);
    EXPECT_EQ(answer.at("delivery").at("status"), "delivered") << type;
    const std::vector<client::Received> all = receiver_.received();
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all.back().event_id, answer.at("eventId").get<std::string>()) << type;
    EXPECT_THAT(all.back().body, HasSubstr(answer.at("subject").get<std::string>()));
  }
  EXPECT_TRUE(receiver_.all_verified());
}

TEST_F(Trigger, ShowsTheResourcesAndWhatHappened) {
  const Finished finished = trigger({"funding_receipt.uploaded"});
  for (const char* words :
       {"funding_receipt.uploaded emitted", "wde_", "svr_", "veh_", "psn_", "sub_",
        "delivered, attempt 1: answered 200", "spv_request.created, spv_request.completed"}) {
    EXPECT_THAT(finished.out, HasSubstr(words));
  }
  receiver_.answer(503);
  EXPECT_THAT(trigger({"investor.created"}).out, HasSubstr("retrying, attempt 1: answered 503, next at "));
}

TEST_F(Trigger, SetChangesWhatTheEventIsAbout) {
  EXPECT_EQ(data_of({"spv_request.created", "--set", "shareClasses.0.name=Founders"})
                .at("attributes")
                .at("shareClasses")
                .at(0)
                .at("name"),
            "Founders");
  EXPECT_EQ(data_of({"investor.created", "--set", "email=ada@example.com"}).at("email"), "ada@example.com");
  EXPECT_EQ(data_of({"subscription.created", "--set", "lumpSum.value=75000.00"}).at("lumpSum").at("value"),
            "75000.00");
  EXPECT_EQ(data_of({"funding_receipt.uploaded", "--set", "wireReference=W-1"}).at("wireReference"), "W-1");
  EXPECT_EQ(data_of({"spv_request.rejected", "--set", "rejection.reason=No"}).at("rejectionReason"), "No");
  EXPECT_EQ(data_of({"subscription.completed", "--set", "investor.partnerInvestorId=inv-9"})
                .at("partnerInvestorId"),
            "inv-9");
}

TEST_F(Trigger, MoneyFollowsTheCurrencyOfTheSpv) {
  const Json data = data_of({"funding_receipt.uploaded", "--set", "spvRequest.currency=EUR"});
  EXPECT_EQ(data.at("currency"), "EUR");
  const Finished mixed =
      trigger({"subscription.created", "--set", "spvRequest.currency=EUR", "--set", "lumpSum.currency=USD"});
  EXPECT_EQ(mixed.exit_code, 1);
  EXPECT_THAT(mixed.err, HasSubstr("currency"));
}

TEST_F(Trigger, AnotherPartnerAndTemplateCanBeUsed) {
  const TemporaryFolder folder;
  const std::string key = (folder / "key.pem").string();
  ASSERT_EQ(sandbox_.command({"register-partner", "--name", "Second", "--key-file", key}).exit_code, 0);
  const Json answer = triggered({"spv_request.created", "--client-id", "client_second", "--key", key,
                                 "--template", "syndicate_primary"});
  EXPECT_EQ(answer.at("delivery").at("clientId"), "client_second");
  EXPECT_EQ(answer.at("delivery").at("envelope").at("data").at("templateId"), "syndicate_primary");
  EXPECT_THAT(trigger({"investor.created", "--client-id", "client_second", "--key", key}).out,
              HasSubstr("the partner has no webhook URL yet"));
}

TEST_F(Trigger, ATransitionThatHappensByItselfIsAsGood) {
  ServedSandbox automatic(
      {"--auto-approve", "0s", "--auto-complete", "0s", "--webhook-url", receiver_.url()});
  const Finished finished = automatic.command({"trigger", "subscription.completed"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
}

TEST_F(Trigger, SlipsAreAnsweredWithTheNearestWord) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> slips = {
      {{"spv_request.complted"}, "did you mean spv_request.completed?"},
      {{"nonsense"}, "there are spv_request.created, "},
      {{"investor.created", "--set", "emial=x"}, "investor has no field \"emial\"; did you mean email?"},
      {{"spv_request.created", "--set", "currency"}, "is not of the form name=value"},
      {{"spv_request.created", "--client-id", "client_x"}, "--key FILE"},
  };
  for (const auto& slip : slips) {
    const Finished finished = trigger(slip.first);
    EXPECT_EQ(finished.exit_code, 2) << slip.second;
    EXPECT_THAT(finished.err, HasSubstr(slip.second));
  }
}

TEST_F(Trigger, WhatTheApiRefusesIsSaid) {
  const Finished unknown = trigger({"spv_request.created", "--set", "colour=red"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("attributes.colour"));
  EXPECT_EQ(trigger({"investor.created", "--set", "email=x"}).exit_code, 1);
  EXPECT_EQ(trigger({"spv_request.created", "--template", "none"}).exit_code, 1);
  EXPECT_EQ(run({"trigger", "investor.created", "--url", "http://127.0.0.1:1"}).exit_code, 3);
}

}  // namespace
}  // namespace zest::test
