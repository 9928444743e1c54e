// `serve`: what it prints, how it stops, and what it says when it cannot start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "e2e/served_sandbox.h"
#include "http/caller.h"
#include "support/paths.h"
#include "support/recording_receiver.h"

namespace zest::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Serve, PrintsWhatTheFirstCallNeedsAndThenReady) {
  ServedSandbox sandbox({"--seed", "4711", "--log-level", "off"});
  const Finished finished = sandbox.stop();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.err, "");
  EXPECT_THAT(finished.out, StartsWith("zest-sandbox "));
  EXPECT_THAT(finished.out, HasSubstr("4711"));
  EXPECT_THAT(finished.out, HasSubstr(sandbox.url() + "/_sandbox"));
  EXPECT_THAT(finished.out, EndsWith("}\nReady.\n"));
  EXPECT_EQ(sandbox.member("clientId"), "client_acme");
  EXPECT_THAT(sandbox.member("webhookSecret"), StartsWith("whsec_"));
}

TEST(Serve, BareCallServes) {
  Process bare(Command{{"--port", "0"}});
  EXPECT_TRUE(bare.wait_for_output("Ready.\n"));
  bare.signal(SIGINT);
  EXPECT_EQ(bare.wait().exit_code, 0);
}

TEST(Serve, PortFileHoldsTheNumberWhileItServes) {
  const TemporaryFolder folder;
  ServedSandbox sandbox({"--port-file", (folder / "port").string()});
  const std::string port = *read_file(folder / "port");
  EXPECT_THAT(port, testing::MatchesRegex("[0-9]+\n"));
  EXPECT_THAT(sandbox.url() + "\n", EndsWith(":" + port));
  EXPECT_EQ(sandbox.stop().exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "port"));
}

// Else a connection would be standard error, and the log would go to that client.
TEST(Serve, StreamsThatItWasStartedWithoutAreNoSockets) {
  Process process(
      Command{{"-c", "exec \"$0\" serve --port 0 --log-level debug <&- 2>&-", binary()}, {}, {}, "/bin/sh"});
  ASSERT_TRUE(process.wait_for_output("Ready.\n"));
  const std::string folder = "/proc/" + std::to_string(process.id()) + "/fd/";
  for (const char* stream : {"0", "2"}) {
    EXPECT_EQ(std::filesystem::read_symlink(folder + stream), "/dev/null") << stream;
  }
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait().exit_code, 0);
}

TEST(Serve, APortFileOfASandboxThatDiedGoesBeforeTheStart) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "port";
  {
    ServedSandbox killed({"--port-file", file.string()});
    killed.stop(SIGKILL);
  }
  EXPECT_TRUE(std::filesystem::exists(file));
  RecordingReceiver other;  // holds a port, so that the start fails
  run({"serve", "--port-file", file.string(), "--port", other.url().substr(17, other.url().rfind('/') - 17)});
  EXPECT_FALSE(std::filesystem::exists(file));
  folder.write("port", "");
  ServedSandbox sandbox({"--port-file", file.string()});
  EXPECT_THAT(sandbox.url() + "\n", EndsWith(":" + *read_file(file)));
}

TEST(Serve, APortFileThatIsReplacedMeanwhileStays) {
  const TemporaryFolder folder;
  ServedSandbox sandbox({"--port-file", (folder / "port").string()});
  std::filesystem::remove(folder / "port");
  folder.write("port", "precious");
  EXPECT_EQ(sandbox.stop().exit_code, 0);
  EXPECT_EQ(*read_file(folder / "port"), "precious");
}

TEST(Serve, AFoundConfigFileIsAnnounced) {
  const TemporaryFolder folder;
  folder.write("zest-sandbox.json", R"({"port": 0, "seed": 4711})");
  Command command{{"serve"}};
  command.working_directory = folder.path();
  Process process(command);
  ASSERT_TRUE(process.wait_for_output("Ready.\n"));
  process.signal(SIGTERM);
  const Finished finished = process.wait();
  EXPECT_THAT(finished.out, HasSubstr("from zest-sandbox.json, found here"));
  EXPECT_THAT(finished.err, HasSubstr("options come from zest-sandbox.json, found in the working directory"));
}

TEST(Serve, EveryAnswerCarriesTheVersion) {
  ServedSandbox sandbox;
  http::Call call;
  call.url = sandbox.url() + "/nowhere";
  const http::Outcome outcome = http::call(call);
  EXPECT_EQ(outcome.status, 404);
  ASSERT_NE(outcome.headers.find("x-zest-sandbox"), nullptr);
  EXPECT_THAT(run({"version"}).out, HasSubstr(*outcome.headers.find("x-zest-sandbox")));
}

TEST(Serve, SettingsComeFromTheEnvironment) {
  ServedSandbox sandbox({}, {"ZEST_SANDBOX_CLOCK=manual", "ZEST_SANDBOX_START_TIME=2030-01-01T00:00:00Z",
                             "ZEST_SANDBOX_WEBHOOK_SECRET=whsec_0123"});
  EXPECT_EQ(sandbox.member("webhookSecret"), "whsec_0123");
  EXPECT_THAT(sandbox.command({"clock"}).out, HasSubstr("2030-01-01T00:00:00.000Z"));
}

TEST(Serve, LogsAreJsonOnStandardErrorWhenAsked) {
  RecordingReceiver receiver;
  ServedSandbox sandbox({"--log-format", "json", "--log-level", "debug", "--webhook-url", receiver.url()});
  client::PartnerApi partner = sandbox.partner();
  ASSERT_TRUE(partner.submit_spv_request(spv_submission(), "key").ok());
  ASSERT_TRUE(receiver.wait_for(1));
  const Finished finished = sandbox.stop();
  EXPECT_THAT(finished.out, EndsWith("Ready.\n"));
  std::istringstream lines(finished.err);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(parse_json(line).ok()) << line;
  EXPECT_GT(count, 0u);
  EXPECT_THAT(finished.err, testing::Not(HasSubstr("eyJ")));
  EXPECT_THAT(finished.err, testing::Not(HasSubstr(sandbox.member("webhookSecret"))));
}

TEST(Serve, AFailureOfTlsIsLoggedWithItsReasonAndWhatHelps) {
  RecordingReceiver plain;
  ServedSandbox sandbox({"--webhook-url", "https" + plain.url().substr(4)});
  client::PartnerApi partner = sandbox.partner();
  ASSERT_TRUE(partner.submit_spv_request(spv_submission(), "key").ok());
  ASSERT_TRUE(sandbox.process().wait_for_error("--ca-file"));
  EXPECT_THAT(sandbox.stop().err,
              testing::ContainsRegex("<-- tls \\(.*SSL.*; --ca-file names further authorities "
                                     "to trust\\) POST https://127.0.0.1:"));
}

TEST(Serve, StopsAtOnceWhileAReceiverHangs) {
  RecordingReceiver receiver;
  receiver.hang();
  ServedSandbox sandbox({"--webhook-url", receiver.url()});
  client::PartnerApi partner = sandbox.partner();
  ASSERT_TRUE(partner.submit_spv_request(spv_submission(), "key").ok());
  ASSERT_TRUE(receiver.wait_for(1));
  EXPECT_EQ(sandbox.stop().exit_code, 0);
}

TEST(Serve, TemporaryStateIsGoneAfterwards) {
  const TemporaryFolder folder;
  ServedSandbox sandbox({}, {"TMPDIR=" + folder.path().string()});
  EXPECT_FALSE(std::filesystem::is_empty(folder.path()));
  EXPECT_EQ(sandbox.stop().exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Serve, ImportsASnapshotAtStart) {
  const TemporaryFolder folder;
  std::string slug;
  {
    ServedSandbox sandbox({"--clock", "manual"});
    client::PartnerApi partner = sandbox.partner();
    Result<Json> request = partner.submit_spv_request(spv_submission(), "key");
    ASSERT_TRUE(request.ok());
    slug = request->at("spvRequestSlug").get<std::string>();
    EXPECT_EQ(sandbox.command({"snapshot", "save", (folder / "state.json").string()}).exit_code, 0);
  }
  ServedSandbox sandbox({"--clock", "manual", "--import", (folder / "state.json").string()});
  EXPECT_THAT(sandbox.command({"spv-requests", "list"}).out, HasSubstr(slug));
}

// Loopback all the same, but only the system's resolver knows.
const std::vector<std::string> kOpenHost = {"--host", "0x7f.1"};

TEST(Serve, BeyondLoopbackAnAdminTokenIsMadeAndPrinted) {
  ServedSandbox sandbox(kOpenHost);
  const std::string token = sandbox.member("adminToken");
  EXPECT_THAT(token, testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(sandbox.process().output(), testing::ContainsRegex("\n  admin token +" + token + "\n"));
  EXPECT_EQ(sandbox.command({"clock"}).exit_code, 1);
  EXPECT_EQ(sandbox.command({"clock", "--admin-token", token}).exit_code, 0);
  EXPECT_NE(ServedSandbox(kOpenHost).member("adminToken"), token);
}

TEST(Serve, AnAdminTokenThatWasGivenIsNotPrinted) {
  const std::string token = "a-token-of-my-own";
  for (const char* host : {"0x7f.1", "127.0.0.1"}) {
    ServedSandbox sandbox({"--host", host, "--admin-token", token});
    EXPECT_EQ(sandbox.command({"clock", "--admin-token", token}).exit_code, 0);
    const Finished finished = sandbox.stop();
    EXPECT_THAT(finished.out + finished.err, testing::Not(HasSubstr(token)));
    EXPECT_THAT(finished.out, testing::Not(HasSubstr("adminToken")));
  }
}

TEST(Serve, ASnapshotIsImportedBehindAnAdminTokenThatWasMade) {
  const TemporaryFolder folder;
  const std::string file = (folder / "state.json").string();
  EXPECT_EQ(ServedSandbox().command({"snapshot", "save", file}).exit_code, 0);
  ServedSandbox sandbox({"--host", "0x7f.1", "--import", file});
  EXPECT_THAT(sandbox.member("adminToken"), testing::SizeIs(32));
}

TEST(Serve, PasswordsOfWebhookUrlsAreNotShown) {
  const std::string url = "http://user:pa55word@127.0.0.1:1/hooks?key=s3cret";
  ServedSandbox sandbox({"--webhook-url", url});
  const Finished registered = sandbox.command(
      {"register-partner", "--name", "Second", "--webhook-url", url, "--key-file", "key.pem"});
  EXPECT_EQ(registered.exit_code, 0) << registered.err;
  const Finished finished = sandbox.stop();
  for (const std::string& shown : {finished.out, finished.err, registered.out, registered.err}) {
    EXPECT_THAT(shown, testing::Not(HasSubstr("pa55word")));
    EXPECT_THAT(shown, testing::Not(HasSubstr("s3cret")));
  }
  EXPECT_THAT(finished.out, HasSubstr("http://127.0.0.1:1/hooks\n"));
  EXPECT_THAT(registered.out, HasSubstr("http://127.0.0.1:1/hooks\n"));
}

// An event id that comes back after a restart is taken for a duplicate.
TEST(Serve, TheSeedIsRandomWithAManualClockToo) {
  const auto seed_of = [](const ServedSandbox& sandbox) {
    return client::Connection(sandbox.url()).call({"GET", "/_sandbox/status"}).value().at("seed");
  };
  ServedSandbox first({"--clock", "manual"});
  EXPECT_THAT(first.process().output(), HasSubstr(dump_json(seed_of(first)) + "\n"));
  EXPECT_NE(seed_of(first), seed_of(ServedSandbox({"--clock", "manual"})));
}

TEST(Serve, VariablesOfAServiceOfThatNameAreIgnored) {
  ServedSandbox sandbox({"--log-level", "warning"},
                        {"ZEST_SANDBOX_PORT=tcp://10.96.12.7:8080", "ZEST_SANDBOX_SERVICE_HOST=10.96.12.7",
                         "ZEST_SANDBOX_PORT_8080_TCP_ADDR=10.96.12.7"});
  EXPECT_EQ(sandbox.stop().err, "");
}

// Starting fails with one sentence that tells what to do.
void expect_refused(const std::vector<std::string>& options, const std::string& said) {
  std::vector<std::string> arguments = {"serve"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Finished finished = run(arguments);
  EXPECT_EQ(finished.exit_code, 2) << said;
  EXPECT_THAT(finished.err, HasSubstr(said));
  EXPECT_EQ(finished.out, "");
}

TEST(Serve, ABusyPortSuggestsAnother) {
  RecordingReceiver other;
  const std::string port = other.url().substr(17, other.url().rfind('/') - 17);
  expect_refused({"--port", port}, "port " + port + " on 127.0.0.1 is in use");
  expect_refused({"--port", port}, "--port 0");
}

TEST(Serve, AFileThatIsNoDatabaseIsLeftAlone) {
  const TemporaryFolder folder;
  const std::string text(4096, 'x');
  const std::filesystem::path path = folder.write("notes.txt", text);
  expect_refused({"--port", "0", "--db", path.string()}, path.string());
  EXPECT_EQ(*read_file(path), text);
}

TEST(Serve, APortFileThatIsNoSandboxsIsLeftAlone) {
  const TemporaryFolder folder;
  for (const std::string text : {"precious", "8080", "8080\n\n", "80 80\n", "123456\n", "\n"}) {
    const std::string file = folder.write("port", text).string();
    expect_refused({"--port", "0", "--port-file", file}, file + " is there already and is no sandbox's");
    EXPECT_EQ(*read_file(file), text);
  }
  folder.write("target", "8080\n");
  std::filesystem::create_symlink(folder / "target", folder / "link");
  expect_refused({"--port", "0", "--port-file", (folder / "link").string()}, "is no sandbox's");
  expect_refused({"--port", "0", "--port-file", folder.path().string()}, "is no sandbox's");
  EXPECT_EQ(*read_file(folder / "target"), "8080\n");
  const std::string used = (folder / "used").string();
  ServedSandbox first({"--port-file", used});
  expect_refused({"--port", "0", "--port-file", used}, "is that of another sandbox");
  EXPECT_THAT(first.url() + "\n", EndsWith(":" + *read_file(used)));
}

TEST(Serve, WithoutAFolderForTemporaryFilesItSaysWhatToDo) {
  for (const char* variable : {"TMPDIR=/nowhere", "TMPDIR=/proc"}) {
    const Finished finished = run(Command{{"serve", "--port", "0"}, {variable}});
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err,
                HasSubstr("Set TMPDIR to a folder that can be written, or keep the state in a file: "
                          "serve --db FILE."));
  }
  const TemporaryFolder folder;
  ServedSandbox sandbox({"--db", (folder / "x.db").string()}, {"TMPDIR=/nowhere"});
}

TEST(Serve, OneDatabaseHasOneSandbox) {
  const TemporaryFolder folder;
  const std::string path = (folder / "state.db").string();
  ServedSandbox first({"--db", path});
  expect_refused({"--port", "0", "--db", path}, path);
  std::filesystem::remove(path + ".lock");
  expect_refused({"--port", "0", "--db", path}, path + " is in use by another sandbox");
  std::filesystem::create_hard_link(path, folder / "other.db");
  expect_refused({"--port", "0", "--db", (folder / "other.db").string()}, "has 2 names (hard links)");
}

TEST(Serve, BrokenFixturesAreNamed) {
  const TemporaryFolder folder;
  const std::filesystem::path broken = folder.write("contracts/1.0.0/templates/mine.json", "{");
  expect_refused({"--port", "0", "--fixtures", folder.path().string()}, broken.string());
  expect_refused({"--port", "0", "--fixtures", (folder / "absent").string()}, "absent");
}

TEST(Serve, UnusableFilesAreNamed) {
  const TemporaryFolder folder;
  expect_refused({"--port", "0", "--import", (folder / "absent.json").string()}, "absent.json");
  expect_refused({"--port", "0", "--port-file", (folder / "no" / "port").string()}, "port file");
  const std::string broken = folder.write("broken.json", "[]").string();
  expect_refused({"--port", "0", "--import", broken}, broken);
}

TEST(Serve, WhyASnapshotCannotBeImportedIsSaidOnce) {
  const TemporaryFolder folder;
  const std::string broken = folder.write("broken.json", "{}").string();
  const Finished finished = run({"serve", "--port", "0", "--import", broken});
  EXPECT_EQ(finished.err, "zest-sandbox: the snapshot " + broken +
                              " cannot be loaded: the snapshot must have the member \"version\"\n");
}

}  // namespace
}  // namespace zest::test
