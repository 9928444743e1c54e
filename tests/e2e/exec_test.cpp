// `exec -- CMD`: a command with a sandbox of its own, and its exit code as shells tell it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/json.h"
#include "support/paths.h"
#include "support/process.h"

namespace zest::test {
namespace {

using testing::HasSubstr;

Finished exec(std::vector<std::string> arguments, const std::filesystem::path& folder = {}) {
  arguments.insert(arguments.begin(), {"exec", "--"});
  Command command{std::move(arguments)};
  command.working_directory = folder;
  return run(command);
}

Finished exec_shell(const std::string& script) { return exec({"sh", "-c", script}); }

TEST(Exec, TheCommandFindsTheSandboxInItsEnvironment) {
  const Finished finished = exec_shell(
      "echo $ZEST_SANDBOX_URL $ZEST_CLIENT_ID $ZEST_WEBHOOK_SECRET; head -n 1 $ZEST_PRIVATE_KEY_FILE; " +
      binary() + " token; " + binary() + " readyz");
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, testing::ContainsRegex("http://127.0.0.1:[0-9]+ client_acme whsec_[0-9a-f]+\n"
                                                   "-----BEGIN PRIVATE KEY-----\neyJ.*\nready\n"));
  EXPECT_EQ(finished.err, "");
}

TEST(Exec, TheKeyFileIsPrivateAndGoneAfterwards) {
  const TemporaryFolder folder;
  Command command{
      {"exec", "--", "sh", "-c", "stat -c %a $ZEST_PRIVATE_KEY_FILE; echo $ZEST_PRIVATE_KEY_FILE"}};
  command.environment = {"TMPDIR=" + folder.path().string()};
  const Finished finished = run(command);
  EXPECT_THAT(finished.out, testing::StartsWith("600\n" + folder.path().string()));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Exec, VariablesThatWereThereAreReplaced) {
  Command command{{"exec", "--admin-token", "s3cret", "--", "sh", "-c",
                   "echo $OTHER $ZEST_CLIENT_ID $ZEST_SANDBOX_ADMIN_TOKEN; env | grep -c ZEST_CLIENT_ID"}};
  command.environment = {"OTHER=kept", "ZEST_CLIENT_ID=client_stale", "ZEST_SANDBOX_URL=http://127.0.0.1:1"};
  EXPECT_EQ(run(command).out, "kept client_acme s3cret\n1\n");
}

TEST(Exec, ExitsWithTheCodeOfTheCommand) {
  EXPECT_EQ(exec({"true"}).exit_code, 0);
  EXPECT_EQ(exec({"sh", "-c", "exit 7"}).exit_code, 7);
  EXPECT_EQ(exec({"sh", "-c", "kill -9 $$"}).exit_code, 128 + SIGKILL);
}

TEST(Exec, WhatCannotBeRunIs126Or127) {
  const TemporaryFolder folder;
  folder.write("plain", "text");
  folder.write("orphan", "#!/nowhere/interpreter\n");
  std::filesystem::permissions(folder / "orphan", std::filesystem::perms::owner_all);
  EXPECT_EQ(exec({"no-such-command"}).exit_code, 127);
  EXPECT_THAT(exec({"no-such-command"}).err, HasSubstr("no-such-command is not found"));
  EXPECT_EQ(exec({"./missing"}, folder.path()).exit_code, 127);
  EXPECT_EQ(exec({""}).exit_code, 127);
  EXPECT_EQ(exec({"./orphan"}, folder.path()).exit_code, 127);
  EXPECT_EQ(exec({"./plain"}, folder.path()).exit_code, 126);
  EXPECT_EQ(exec({folder.path().string()}).exit_code, 126);
}

TEST(Exec, AScriptWithoutInterpreterLineIsTheShells) {
  const TemporaryFolder folder;
  folder.write("script", "echo \"[$1]\"\n");
  std::filesystem::permissions(folder / "script", std::filesystem::perms::owner_all);
  EXPECT_EQ(exec({"./script", "a b"}, folder.path()).out, "[a b]\n");
}

TEST(Exec, WhatFollowsTheDashesIsTheCommandsWordForWord) {
  EXPECT_EQ(exec({"printf", "%s,", "--", "--help", "serve", "-x=1", ""}).out, "--,--help,serve,-x=1,,");
}

// A database has its own partner; the fixtures' key would only look as if it fitted.
TEST(Exec, AKeyThatTheDatabaseDoesNotKnowIsNotHandedOver) {
  const TemporaryFolder folder;
  const auto with_database = [&folder](const std::string& script) {
    return run({"exec", "--db", (folder / "zest.db").string(), "--", "sh", "-c", script});
  };
  const std::string patch =
      R"(curl -sf -X PATCH -H 'Content-Type: application/json' $ZEST_SANDBOX_URL/_sandbox/partners/client_acme )"
      R"(-d '{"publicKey":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}')";
  ASSERT_EQ(with_database(patch).exit_code, 0);
  const Finished finished = with_database("echo key=$ZEST_PRIVATE_KEY_FILE; exec " + binary() + " token");
  EXPECT_EQ(finished.out, "key=\n");
  EXPECT_THAT(finished.err, HasSubstr("the database's client_acme has another key than built-in"));
  EXPECT_THAT(finished.err, HasSubstr("there is no private key of client_acme, so ZEST_PRIVATE_KEY_FILE is"));
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err,
              HasSubstr("tried was client_acme with the built-in key, --client-id and --key choose another"));
}

TEST(Exec, WhatIsForANewDatabaseIsSaidOfAnOldOne) {
  const TemporaryFolder folder;
  const std::string partner =
      R"({"clientId":"client_acme","name":"Me","tenantSlug":"me","webhookSecret":"whsec_mine",)"
      R"("publicKey":"g3PeIu1sFC7fhXfERyZwJCOUgO0GZLW932NPbVa6r/0="})";
  folder.write("fixtures/partners/acme.json", partner);
  const auto with_database = [&folder](std::vector<std::string> options) {
    options.insert(options.begin(), {"exec", "--db", (folder / "zest.db").string()});
    options.insert(options.end(), {"--", "true"});
    return run(options).err;
  };
  EXPECT_EQ(with_database({"--start-time", "2027-01-01T00:00:00Z"}), "");
  EXPECT_EQ(with_database({}), "");
  EXPECT_THAT(with_database({"--start-time", "2035-01-01T00:00:00Z"}),
              HasSubstr("--start-time is for a new database; the clock of client_acme goes on where it was"));
  EXPECT_THAT(with_database({"--fixtures", (folder / "fixtures").string()}),
              HasSubstr("keeps its webhook secret, not that of " + (folder / "fixtures").string()));
}

TEST(Exec, OptionsAreThoseOfServe) {
  const Finished finished =
      run({"exec", "--clock", "manual", "--seed", "7", "--", binary(), "clock", "show", "--json"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("\"manual\""));
}

TEST(Exec, TheCommandHasTheSameOpenFilesAndLimitsAsWithoutIt) {
  const std::string script = "cat; ls -l /proc/self/fd | wc -l; ulimit -Sn";
  const Command plain{{"-c", script}, {}, {}, "/bin/sh"};
  EXPECT_EQ(exec_shell(script).out, run(plain).out);
}

TEST(Exec, TheSeedIsTakenUpWhenTheCommandFails) {
  EXPECT_THAT(exec({"false"}).err,
              testing::MatchesRegex("zest-sandbox: the command ended with 1; --seed [0-9]+ repeats .*\n"));
  EXPECT_THAT(run({"exec", "--seed", "7", "--", "false"}).err, HasSubstr("--seed 7 repeats"));
  EXPECT_THAT(run({"exec", "--log-level", "info", "--", "true"}).err, HasSubstr("the seed is "));
}

TEST(Exec, AnAdminTokenThatWasMadeIsHandedOver) {
  const std::string script = "echo $ZEST_SANDBOX_ADMIN_TOKEN; exec " + binary() + " reset";
  const Finished finished = run({"exec", "--host", "0x7f.1", "--", "sh", "-c", script});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, testing::ContainsRegex("^[0-9a-f]+\nReset\\."));
}

TEST(Exec, StaysOnFailureAndSaysWhereTheConsoleShowsWhy) {
  const std::string script = binary() + " trigger investor.created; " + binary() +
                             " trigger spv_request.created --set currency=none; exit 3";
  Process process(Command{{"exec", "--stay-on-failure", "--", "sh", "-c", script}});
  ASSERT_TRUE(process.wait_for_error("the newest delivery that is pending\n"));
  process.signal(SIGINT);
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 3);
  const std::string console = "  http://127.0.0.1:[0-9]+/_sandbox/console";
  EXPECT_THAT(
      finished.err,
      testing::ContainsRegex("the command ended with 3; its sandbox stays until Ctrl-C[^\n]*\n" + console +
                             "\n" + console + "#/requests/[0-9a-f-]+  the newest call that was refused\n" +
                             console + "#/deliveries/wde_[0-9a-f]+  the newest delivery that is pending\n"));
  // A command that does what it should, and one that a signal ends, are not waited after.
  EXPECT_EQ(run(Command{{"exec", "--stay-on-failure", "--", "true"}}).exit_code, 0);
  EXPECT_EQ(run(Command{{"exec", "--stay-on-failure", "--", "sh", "-c", "kill $$"}}).exit_code,
            128 + SIGTERM);
}

TEST(Exec, SignalsArePassedOn) {
  const std::string script =
      "import signal, sys\n"
      "for number in (signal.SIGINT, signal.SIGTERM):\n"
      "    signal.signal(number, lambda n, _: sys.exit(40 + n))\n"
      "print('ready', flush=True)\n"
      "while True: signal.pause()\n";
  for (const int number : {SIGINT, SIGTERM}) {
    Process process(Command{{"exec", "--", "python3", "-c", script}});
    ASSERT_TRUE(process.wait_for_output("ready\n"));
    process.signal(number);
    EXPECT_EQ(process.wait().exit_code, 40 + number);
  }
  Process process(Command{{"exec", "--", "sh", "-c", "echo ready; exec sleep 600"}});
  ASSERT_TRUE(process.wait_for_output("ready\n"));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait().exit_code, 128 + SIGTERM);
}

// `exec` in a temporary folder of its own, with a command that has started others and goes on for ever. All
// of them hold its standard output, so that Process::wait() returns only when each has ended.
class KilledExec : public testing::Test {
 protected:
  void start(const std::string& script) {
    Command command{{"exec", "--", "sh", "-c", script}};
    command.environment = {"TMPDIR=" + folder_.path().string()};
    process_.emplace(command);
    ASSERT_TRUE(process_->wait_for_output("ready\n"));
    ASSERT_FALSE(std::filesystem::is_empty(folder_.path()));
  }
  // The process that started the command.
  pid_t worker() const { return std::stoi(process_->output()); }

  const TemporaryFolder folder_;
  std::optional<Process> process_;
  const std::string family_ = "echo $PPID; (setsid sleep 600 &); sleep 600 & echo ready; wait";
};

TEST_F(KilledExec, LeavesNeitherItsCommandNorAnythingOnTheDisk) {
  start(family_);
  process_->signal(SIGKILL);
  EXPECT_EQ(process_->wait().exit_code, 128 + SIGKILL);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(KilledExec, WhicheverOfItsProcessesIt) {
  start(family_);
  ::kill(worker(), SIGKILL);
  EXPECT_EQ(process_->wait().exit_code, 128 + SIGKILL);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(KilledExec, EndsACommandThatDoesNotWantTo) {
  start("trap '' TERM; echo ready; while :; do sleep 600 & wait; done");
  process_->signal(SIGKILL);
  process_->wait();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(KilledExec, WithNobodyLeftTheNextStartTidiesUp) {
  start("echo $PPID; echo ready; exec sleep 600");
  const pid_t last = worker();
  ::kill(last, SIGSTOP);  // so that it cannot
  process_->signal(SIGKILL);
  ::kill(last, SIGKILL);
  process_->wait();
  EXPECT_FALSE(std::filesystem::is_empty(folder_.path()));
  Command next{{"exec", "--", "true"}};
  next.environment = {"TMPDIR=" + folder_.path().string()};
  EXPECT_EQ(run(next).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST(Exec, WithoutAFolderForTheKeySaysWhatToDo) {
  const TemporaryFolder folder;
  Command command{{"exec", "--db", (folder / "x.db").string(), "--", "true"}};
  command.environment = {"TMPDIR=/nowhere"};
  const Finished finished = run(command);
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("Set TMPDIR to a folder that can be written"));
}

TEST(Exec, WrongUsageIsSaidBeforeAnythingRuns) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> slips = {
      {{"exec"}, "needs a command after --"},
      {{"exec", "echo", "ran"}, "needs a command after --"},
      {{"exec", "--"}, "needs a command after --"},
      {{"exec", "--prot", "1", "--", "echo", "ran"}, "did you mean --port?"},
      {{"exec", "npm", "--", "echo", "ran"}, "does not take \"npm\""},
      {{"exec", "--port", "x", "--", "echo", "ran"}, "--port: \"x\" is not valid"},
  };
  for (const auto& slip : slips) {
    const Finished finished = run(slip.first);
    EXPECT_EQ(finished.exit_code, 2) << slip.second;
    EXPECT_THAT(finished.err, HasSubstr(slip.second));
    EXPECT_EQ(finished.out, "");
  }
  EXPECT_THAT(run({"exec", "--help"}).out, HasSubstr("ZEST_PRIVATE_KEY_FILE"));
}

}  // namespace
}  // namespace zest::test
