// The client commands against a sandbox that serves: what an operator types, and what it then sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "e2e/served_sandbox.h"
#include "support/paths.h"
#include "support/recording_receiver.h"

namespace zest::test {
namespace {

using testing::HasSubstr;

class Commands : public testing::Test {
 protected:
  Json submit(const std::string& key = "key") {
    client::PartnerApi partner = sandbox_.partner();
    return partner.submit_spv_request(spv_submission(), key).value();
  }
  // Standard output of a command that succeeds.
  std::string output(std::vector<std::string> arguments) {
    const Finished finished = sandbox_.command(std::move(arguments));
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  }

  RecordingReceiver receiver_;
  ServedSandbox sandbox_{{"--clock", "manual", "--webhook-url", receiver_.url()}};
};

TEST_F(Commands, OperatorCommandsWorkAsZestSpellsThem) {
  const std::string cli = std::filesystem::path(binary()).replace_filename("cli").string();
  receiver_.answer(503);
  submit();
  output({"clock", "advance", "--until-idle"});
  const Finished dead = sandbox_.command({"webhook-deliveries", "list", "--status=dead"}, cli);
  ASSERT_EQ(dead.exit_code, 0) << dead.err;
  const std::string id = receiver_.received()[0].event_id;
  EXPECT_THAT(dead.out, HasSubstr(id));
  EXPECT_THAT(dead.out, HasSubstr("dead"));
  const std::string shown = output({"webhook-deliveries", "show", id});
  for (const char* word : {"+0 s", "+52530 s", "failed, 503", "ENVELOPE"})
    EXPECT_THAT(shown, HasSubstr(word));

  receiver_.answer(200);
  const Finished retried = sandbox_.command({"webhook-deliveries", "retry", id}, cli);
  EXPECT_EQ(retried.exit_code, 0) << retried.err;
  ASSERT_TRUE(sandbox_.control().wait({{"until", "delivery"}, {"deliveryId", id}}).ok());
  EXPECT_EQ(receiver_.count(), 7u);
  EXPECT_THAT(output({"webhook-deliveries", "list", "--status=dead"}), HasSubstr("No webhook deliveries."));
}

TEST_F(Commands, RetryAllReplaysWhatIsDead) {
  receiver_.answer(503);
  submit("one");
  submit("two");
  output({"clock", "advance", "1d"});
  receiver_.answer(200);
  EXPECT_EQ(output({"webhook-deliveries", "retry-all", "--status=dead", "--dry-run"}),
            "2 deliveries would be replayed\n");
  EXPECT_EQ(receiver_.count(), 12u);
  EXPECT_EQ(output({"webhook-deliveries", "retry-all", "--status=dead"}), "2 deliveries replayed\n");
  EXPECT_TRUE(receiver_.wait_for(14));
}

TEST_F(Commands, ReviewsSpvRequests) {
  const std::string first = submit("one").at("spvRequestSlug").get<std::string>();
  const std::string second = submit("two").at("spvRequestSlug").get<std::string>();
  EXPECT_THAT(output({"spv-requests", "approve", first}), HasSubstr(first + " is approved; its SPV is veh_"));
  EXPECT_THAT(output({"spv-requests", "reject", second, "--reason", "no"}),
              HasSubstr(second + " is rejected"));
  const std::string list = output({"spv-requests", "list", "--status=approved"});
  EXPECT_THAT(list, HasSubstr(first));
  EXPECT_THAT(list, testing::Not(HasSubstr(second)));
  const Finished again = sandbox_.command({"spv-requests", "approve", first});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err, "");
}

TEST_F(Commands, ListsAreJsonWhenAsked) {
  submit();
  for (const std::vector<std::string>& list :
       std::vector<std::vector<std::string>>{{"spv-requests", "list"},
                                             {"subscriptions", "list"},
                                             {"webhook-deliveries", "list"},
                                             {"clock", "show"}}) {
    std::vector<std::string> arguments = list;
    arguments.push_back("--json");
    const Result<Json> answer = parse_json(output(arguments));
    ASSERT_TRUE(answer.ok()) << list.front();
    EXPECT_TRUE(answer->contains("documents")) << list.front();
  }
}

TEST_F(Commands, TokenIsForCurl) {
  const std::string token = output({"token"});
  EXPECT_THAT(token, testing::StartsWith("eyJ"));
  const client::Connection connection(sandbox_.url(), token.substr(0, token.find('\n')));
  client::Request list;
  list.target = "/v1/spv-requests";
  EXPECT_TRUE(connection.call(list).ok());
}

TEST_F(Commands, ARegisteredPartnerGetsTokensWithItsKeyFile) {
  const TemporaryFolder folder;
  const std::string key = (folder / "key.pem").string();
  EXPECT_THAT(output({"register-partner", "--name", "Second", "--key-file", key}),
              HasSubstr("client_second"));
  EXPECT_EQ(std::filesystem::status(key).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_THAT(output({"token", "--client-id", "client_second", "--key", key}), testing::StartsWith("eyJ"));
  const Finished without = sandbox_.command({"token", "--client-id", "client_second"});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("--key FILE"));
}

TEST_F(Commands, AKeyFileIsNewOrNothingHappens) {
  const TemporaryFolder folder;
  const std::string key = folder.write("key.pem", "precious").string();
  for (const std::string& path : {key, (folder / "missing" / "key.pem").string()}) {
    const Finished refused = sandbox_.command({"register-partner", "--name", "Third", "--key-file", path});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, HasSubstr("--key-file: " + path + " cannot be made"));
  }
  EXPECT_EQ(*read_file(key), "precious");
  EXPECT_FALSE(sandbox_.control().partner("client_third").ok());
  const std::string unused = (folder / "unused.pem").string();
  const Finished refused = sandbox_.command(
      {"register-partner", "--name", "N", "--client-id", sandbox_.member("clientId"), "--key-file", unused});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(unused));
}

TEST_F(Commands, ValuesThatTheApiRefusesAreWrongUsageOfTheirOption) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> slips = {
      {{"webhook-deliveries", "list", "--status", "daed"}, "--status must be one of pending, "},
      {{"webhook-deliveries", "list", "--event-type", "foo"}, "--event-type must be spv_request.created, "},
      {{"webhook-deliveries", "retry-all", "--status", "foo"}, "--status must be dead, "},
      {{"spv-requests", "list", "--status=bogus"}, "--status must be one of pending-review, "},
      {{"spv-requests", "reject", "svr_1", "--reason", ""}, "--reason must not be empty"},
      {{"register-partner", "--name", "N", "--webhook-url", "nope"}, "--webhook-url must start with http://"},
      {{"register-partner", "--name", "N", "--public-key-b64", "xx"},
       "--public-key-b64: the key was taken for"},
      {{"register-partner", "--name", "N", "--tenant", "!!"}, "--tenant must be 1 to 64 letters"},
      {{"register-partner", "--name", "N", "--client-id", "!!"}, "--client-id must be 1 to 64 letters"}};
  for (const auto& [arguments, said] : slips) {
    const Finished finished = sandbox_.command(arguments);
    EXPECT_EQ(finished.exit_code, 2) << said;
    EXPECT_THAT(finished.err, testing::StartsWith("zest-sandbox: " + said));
  }
}

TEST_F(Commands, ADuplicateKeyIsReported) {
  const std::string key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  output({"register-partner", "--name", "One", "--public-key-b64", key});
  const Finished again = sandbox_.command({"register-partner", "--name", "Two", "--public-key-b64", key});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("client_one"));
}

TEST_F(Commands, ClockAdvancesAndSaysWhatHappened) {
  receiver_.answer(500);
  submit();
  ASSERT_TRUE(receiver_.wait_for(1));
  const std::string advanced = output({"clock", "advance", "--to-next"});
  EXPECT_THAT(advanced, HasSubstr("2026-01-01T00:00:30.000Z"));
  EXPECT_THAT(advanced, HasSubstr("2/6"));
  EXPECT_THAT(output({"clock", "advance", "12h"}), HasSubstr("2026-01-01T12:00:30.000Z"));
  const Finished backwards = sandbox_.command({"clock", "advance", "--to", "2025-01-01T00:00:00Z"});
  EXPECT_EQ(backwards.exit_code, 0) << backwards.err;
}

TEST_F(Commands, SnapshotsAndResetMoveTheWholeState) {
  const TemporaryFolder folder;
  const std::string file = (folder / "state.json").string();
  const std::string slug = submit().at("spvRequestSlug").get<std::string>();
  output({"snapshot", "save", file});
  EXPECT_THAT(output({"reset"}), HasSubstr("Cleared: 1 spvRequests, 1 events"));
  EXPECT_THAT(output({"spv-requests", "list"}), HasSubstr("No SPV requests."));
  output({"snapshot", "load", file});
  EXPECT_THAT(output({"spv-requests", "list"}), HasSubstr(slug));
}

// It holds the partners' webhook secrets.
TEST_F(Commands, ASavedSnapshotIsForItsOwnerOnly) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("state.json", "of an older version");
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  output({"snapshot", "save", file.string()});
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  const Finished refused = sandbox_.command({"snapshot", "save", (folder / "no" / "file").string()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("cannot be written: No such file or directory"));
}

TEST_F(Commands, ReadyzTellsThatItIsReady) { EXPECT_EQ(output({"readyz"}), "ready\n"); }

TEST_F(Commands, AnAdminTokenIsAskedFor) {
  ServedSandbox guarded({"--admin-token", "s3cret"});
  const Finished refused = guarded.command({"clock"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--admin-token"));
  EXPECT_EQ(guarded.command({"clock", "--admin-token", "s3cret"}).exit_code, 0);
}

TEST(Demo, ShowsEverythingAndExitsWithZero) {
  const Finished demo = run({"demo"});
  EXPECT_EQ(demo.exit_code, 0) << demo.out << demo.err;
  for (const char* words : {"subscription.completed", "0, 30, 330, 2130, 9330, 52530", "checks held"}) {
    EXPECT_THAT(demo.out, HasSubstr(words));
  }
}

TEST(Demo, AReceiverWithTheWrongSecretMakesItFail) {
  const Finished demo = run({"demo", "--receiver-secret", "whsec_00"});
  EXPECT_EQ(demo.exit_code, 1);
  EXPECT_THAT(demo.out, HasSubstr("FAILED"));
  EXPECT_THAT(demo.out, HasSubstr("does not match"));
}

TEST(Listen, VerifiesDedupsAndOrders) {
  Process listener(Command{{"listen", "--port", "0", "--fail-first", "1"}});
  ASSERT_TRUE(listener.wait_for_output("--webhook-url "));
  const std::string text = listener.output();
  const std::size_t begin = text.find("--webhook-url ") + 14;
  ServedSandbox sandbox(
      {"--clock", "manual", "--webhook-url", text.substr(begin, text.find('\n', begin) - begin)});
  client::PartnerApi partner = sandbox.partner();
  ASSERT_TRUE(partner.submit_spv_request(spv_submission(), "key").ok());
  ASSERT_TRUE(listener.wait_for_output("answered 500"));
  ASSERT_TRUE(sandbox.control().advance({{"by", "30s"}}).ok());
  ASSERT_TRUE(listener.wait_for_output("answered 200"));
  const Json deliveries = sandbox.control().deliveries().value();
  const std::string id = deliveries.at("documents").at(0).at("deliveryId").get<std::string>();
  ASSERT_TRUE(sandbox.control().retry_delivery(id).ok());
  EXPECT_TRUE(listener.wait_for_output("duplicate: had this event before"));
  listener.signal(SIGINT);
  const Finished finished = listener.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.out, HasSubstr("3 requests, 1 events taken, by occurredAt:"));
}

TEST(Listen, SaysWhyASignatureIsBad) {
  Process listener(Command{{"listen", "--port", "0", "--secret", "whsec_00"}});
  ASSERT_TRUE(listener.wait_for_output("--webhook-url "));
  const std::string text = listener.output();
  const std::size_t begin = text.find("--webhook-url ") + 14;
  ServedSandbox sandbox({"--webhook-url", text.substr(begin, text.find('\n', begin) - begin)});
  client::PartnerApi partner = sandbox.partner();
  ASSERT_TRUE(partner.submit_spv_request(spv_submission(), "key").ok());
  EXPECT_TRUE(listener.wait_for_output("the v1 signature does not match"));
}

}  // namespace
}  // namespace zest::test
