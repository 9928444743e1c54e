#include "application/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "application/action.h"
#include "application/url_template.h"

namespace zest::application {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::optional<std::string> environment_of_test(const std::string& name) {
  if (name == "SECRET") return "whsec_1";
  if (name == "PORT") return "3000";
  return std::nullopt;
}

Result<ReadDescription> described(const std::string& text, bool found = false) {
  ReadOptions options;
  options.found = found;
  options.environment = environment_of_test;
  return read_description("zest-app.json", text, "/tmp", options);
}

std::string complaint(const std::string& text) {
  const Result<ReadDescription> read = described(text);
  return read.ok() ? "" : read.error().detail;
}

constexpr const char* kWhole = R"({
  // as in the documentation
  "name": "portal",
  "webhook": {"url": "${app}/webhooks", "secret": "${env.SECRET}"},
  "variables": {"app": "http://127.0.0.1:${env.PORT}"},
  "partner": {"use": "client_portal", "privateKeyFile": "portal.pem"},
  "start": {"command": ["node", "server.js"], "environment": {"PORT": 3000}, "ready": "${app}/health", "within": "7s"},
  "probes": {"spvRequest": {"url": "${app}/state/{spvRequestSlug}", "path": "status", "within": "1s", "settle": "0s",
                            "states": {"pending-review": ["new", "waiting"], "approved": "live"}}},
  "effects": {"mail": {"url": "${app}/mails/{zestPersonId}", "path": "count", "oncePer": "investor.created"}},
  "actions": {"requestSpv": {"call": "POST ${app}/deals", "body": {"id": "${intent}", "a": "${sample.attributes}"},
                             "capture": {"svr": "spvRequestSlug", "deal": "id"}},
              "cancelSpv": {"call": "DELETE ${app}/deals/${deal}"}}
})";

TEST(Description, TheProbeOfFailuresKnowsIntentAndErrorId) {
  const Result<ReadDescription> read = described(
      R"({"probes": {"failure": {"url": "http://127.0.0.1:1/f/{intent}?id={errorId}", "path": "id"}}})");
  ASSERT_TRUE(read.ok()) << read.error().detail;
  ASSERT_TRUE(read->description.failure);
  EXPECT_EQ(read->description.failure->name, "probe failure");
  EXPECT_EQ(read->description.failure->path, "id");
  EXPECT_THAT(complaint(R"({"probes": {"failure": {"url": "http://127.0.0.1:1/f/{spvRequestSlug}"}}})"),
              HasSubstr("spvRequestSlug"));
}

TEST(Description, IsReadAsDocumented) {
  const Result<ReadDescription> read = described(kWhole);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  const Description& app = read->description;
  EXPECT_EQ(app.name, "portal");
  EXPECT_EQ(app.webhook_url, "http://127.0.0.1:3000/webhooks");
  EXPECT_EQ(app.webhook_secret, "whsec_1");
  ASSERT_TRUE(app.partner);
  EXPECT_EQ(app.partner->private_key_file, "/tmp/portal.pem");
  ASSERT_TRUE(app.start);
  EXPECT_THAT(app.start->command, ElementsAre("node", "server.js"));
  EXPECT_EQ(app.start->environment.front(), std::pair(std::string("PORT"), std::string("3000")));
  EXPECT_EQ(app.start->ready, "http://127.0.0.1:3000/health");
  EXPECT_EQ(app.start->within, Duration(7000));
  const Probe* probe = app.probe(Resource::SpvRequest);
  ASSERT_NE(probe, nullptr);
  EXPECT_EQ(probe->question.within, Duration(1000));
  EXPECT_EQ(probe->question.settle, Duration(0));
  EXPECT_THAT(probe->words.at("pending-review"), ElementsAre("new", "waiting"));
  EXPECT_THAT(probe->words.at("approved"), ElementsAre("live"));
  EXPECT_THAT(probe->words.at("cancelled"), ElementsAre("cancelled"));
  EXPECT_EQ(app.probe(Resource::Investor), nullptr);
  ASSERT_EQ(app.effects.size(), 1u);
  EXPECT_EQ(app.effects.front().once_per, EventType::InvestorCreated);
  ASSERT_NE(app.action(ActionKind::RequestSpv), nullptr);
  EXPECT_EQ(app.action(ActionKind::RequestSpv)->method, "POST");
  EXPECT_TRUE(read->left_out.empty());
}

TEST(Description, AFoundFileNeitherStartsNorReadsTheEnvironment) {
  const Result<ReadDescription> read = described(kWhole, true);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_FALSE(read->description.start);
  EXPECT_EQ(read->description.webhook_secret, "");
  // What rests on a variable of the environment goes with it.
  EXPECT_EQ(read->description.webhook_url, "");
  EXPECT_TRUE(read->description.probes.empty());
  EXPECT_TRUE(read->description.effects.empty());
  EXPECT_TRUE(read->description.actions.empty());
  EXPECT_THAT(read->left_out,
              ElementsAre("variables.app (${env.…})", "webhook.url (${env.…})", "webhook.secret (${env.…})",
                          "start", "probes.spvRequest (${env.…})", "effects.mail (${env.…})",
                          "actions.requestSpv (${env.…})", "actions.cancelSpv (${env.…})"));
}

TEST(Description, AFoundFileUsesNoKeyFromElsewhere) {
  const Result<ReadDescription> read =
      described(R"({"partner": {"use": "client_x", "privateKeyFile": "../other/key.pem"}})", true);
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->description.partner);
  EXPECT_THAT(read->left_out, ElementsAre("partner (its key is not beside the file)"));
}

TEST(Description, FlagsStandInPlaceOfTheFile) {
  ReadOptions options;
  options.environment = environment_of_test;
  options.webhook_url = "http://localhost:1/hook";
  options.webhook_secret = "given";
  const Result<ReadDescription> read = read_description(
      "zest-app.json", R"({"webhook": {"url": "http://127.0.0.1:2/", "secret": "${env.NOT_SET}"}})", "/tmp",
      options);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_EQ(read->description.webhook_url, "http://localhost:1/hook");
  EXPECT_EQ(read->description.webhook_secret, "given");
}

TEST(Description, MistakesAreSaidWithTheirPlace) {
  EXPECT_EQ(complaint("{\n  \"probe\": {}}"),
            "zest-app.json:2:3: unknown member \"probe\"; did you mean \"probes\"?");
  EXPECT_THAT(complaint(R"({"webhook": {"url": "127.0.0.1:3000/webhooks"}})"),
              HasSubstr("zest-app.json:1:21: \"127.0.0.1:3000/webhooks\" must start with http://"));
  EXPECT_THAT(complaint(R"({"webhook": {"url": "http://x/", "secret": "${env.NONE}"}})"),
              HasSubstr("zest-app.json:1:44: ${env.NONE}: NONE is not set in the environment, or empty"));
  EXPECT_THAT(complaint(R"({"variables": {"app": "x"}, "webhook": {"url": "${ap}/x"}})"),
              HasSubstr("${ap} is not defined; did you mean \"app\"?"));
  EXPECT_THAT(complaint(R"({"probes": {"investor": {"url": "http://x/{zestPersonid}"}}})"),
              HasSubstr("there is no {zestPersonid}; did you mean \"zestPersonId\"?"));
  EXPECT_THAT(complaint(R"({"probes": {"investor": {"url": "http://x/{zestPersonId}", "within": "soon"}}})"),
              HasSubstr("\"soon\" is no duration"));
  EXPECT_THAT(complaint(R"({"probes": {"investor": {"url": "http://x/1", "states": {"approved": "x"}}}})"),
              HasSubstr("unknown member \"approved\""));
  EXPECT_THAT(complaint(R"({"effects": {"m": {"url": "http://x/1", "oncePer": "investor.made"}}})"),
              HasSubstr("unknown event type \"investor.made\""));
  EXPECT_THAT(complaint(R"({"actions": {"requestSpv": {"call": "http://x/1"}}})"), HasSubstr("is no call"));
  EXPECT_THAT(complaint(R"({"actions": {"requestSpv": {"call": "POST http://x/1", "body": "${sampel.a}"}}})"),
              HasSubstr("did you mean \"sample\"?"));
  EXPECT_THAT(complaint(R"({"start": {"command": []}})"), HasSubstr("must not be empty"));
  EXPECT_THAT(complaint(R"({"name": "x",})"), HasSubstr("not JSON"));
}

// A found file is read unasked: it must not cost more than its size lets expect.
TEST(Description, VariablesThatMultiplyOneAnotherAreRefused) {
  Json text{{"v00", "xxxxxxxx"}};
  Json list{{"v00", 1}};
  for (int i = 1; i <= 40; ++i) {
    const std::string name = (i < 10 ? "v0" : "v") + std::to_string(i);
    const std::string before = (i < 11 ? "v0" : "v") + std::to_string(i - 1);
    text[name] = "${" + before + "}${" + before + "}";
    list[name] = {"${" + before + "}", "${" + before + "}"};
  }
  for (const Json& variables : {text, list}) {
    EXPECT_THAT(complaint(dump_json({{"variables", variables}})),
                HasSubstr("makes the value larger than 4 MiB"));
  }
  Json many{{"a", std::string(500'000, 'x')}};
  for (int i = 0; i < 50; ++i) many["b" + std::to_string(i)] = "${a}";
  EXPECT_THAT(complaint(dump_json({{"variables", many}})), HasSubstr("the variables hold more than 16 MiB"));
  EXPECT_THAT(complaint(R"({"variables": {"a": "${b}"}})"), Not(HasSubstr("there is:")));
}

TEST(Description, EveryMistakeIsSaidAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(
      complaint("{\"webhook\": {\"url\": \"x\"},\n \"start\": {\"command\": [\"a\"], \"ready\": \"y\"}}"),
      "zest-app.json:1:21: \"x\" must start with http:// or https://; did you mean http://x?\n"
      "zest-app.json:2:39: \"y\" must start with http:// or https://; did you mean http://y?");
}

TEST(UrlTemplate, NamesStandForMembersOfTheEvent) {
  const Json envelope = {{"eventId", "wde_1"},
                         {"eventType", "subscription.created"},
                         {"data", {{"subscriptionSlug", "sub_1"}, {"personId", "psn_1"}}}};
  const Json names = names_of(envelope);
  EXPECT_EQ(fill_template("http://x/{kind}/{subject}?p={zestPersonId}&e={eventId}", names).value(),
            "http://x/subscription/sub_1?p=psn_1&e=wde_1");
  EXPECT_THAT(fill_template("http://x/{spvSlug}", names).error().detail, HasSubstr("{spvSlug}"));
  EXPECT_EQ(fill_template("http://x/{a}", {{"a", "b/c d"}}).value(), "http://x/b%2Fc%20d");
  EXPECT_FALSE(check_template("http://x/{a", {"a"}).ok());
  EXPECT_FALSE(check_template("http://x/a}", {"a"}).ok());
}

TEST(Sample, HasTheMembersOfABodyThatFitsAndOfItsFirstRow) {
  const Json ingredients = {{"template", "t"},
                            {"templateVersion", "1"},
                            {"spvRequest", {{"currency", "USD"}}},
                            {"investor", {{"email", "a@example.com"}}},
                            {"subscription", {{"lumpSum", 1}}}};
  EXPECT_EQ(sample_of(ActionKind::RequestSpv, ingredients, Json::object()),
            (Json{{"templateId", "t"}, {"templateVersion", "1"}, {"attributes", {{"currency", "USD"}}}}));
  const Json investors = sample_of(ActionKind::CreateInvestors, ingredients, Json::object());
  EXPECT_EQ(investors["email"], "a@example.com");
  EXPECT_EQ(investors["investors"][0]["email"], "a@example.com");
  const Json subscriptions = sample_of(ActionKind::Subscribe, ingredients, {{"zestPersonId", "psn_1"}});
  EXPECT_EQ(subscriptions["subscriptions"][0]["zestPersonId"], "psn_1");
}

}  // namespace
}  // namespace zest::application
