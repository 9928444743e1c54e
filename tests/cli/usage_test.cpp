// What the binary says to those who ask, and to those who ask wrongly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include "http/listener.h"
#include "http/responder.h"
#include "support/paths.h"
#include "support/process.h"

namespace zest::test {
namespace {

using testing::HasSubstr;

// A server that is no sandbox: every request gets the same answer.
class Stranger : public http::Handler {
 public:
  Stranger(int status, std::string type, std::string body) {
    answer_.status = status;
    answer_.headers.set("Content-Type", std::move(type));
    answer_.body = std::move(body);
    http::ListenOptions options;
    options.port = 0;
    listener_ = http::Listener::start(options, *this, log_).value();
  }
  ~Stranger() { listener_->stop(); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_->port()); }

  std::variant<http::TakeBody, http::Response> begin(const http::RequestHead&) override {
    return http::TakeBody{};
  }
  void finish(http::Request, http::Responder responder) override { responder.send(answer_); }
  http::Response refuse(http::Refusal, std::string_view, const http::RequestHead&,
                        const http::AdmittedCall*) override {
    return answer_;
  }

 private:
  http::Response answer_;
  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<http::Listener> listener_;
};

// Client commands that need nothing but a sandbox.
std::vector<std::vector<std::string>> client_commands() {
  return {{"readyz"},
          {"readyz", "--json"},
          {"clock"},
          {"clock", "advance", "1h"},
          {"reset"},
          {"token"},
          {"trigger", "investor.created"},
          {"webhook-deliveries", "list"},
          {"webhook-deliveries", "show", "wde_1"},
          {"webhook-deliveries", "retry", "wde_1"},
          {"webhook-deliveries", "retry-all", "--status=dead"},
          {"spv-requests", "list"},
          {"spv-requests", "approve", "svr_1"},
          {"spv-requests", "reject", "svr_1", "--reason", "no"},
          {"subscriptions", "list"},
          {"subscriptions", "complete", "sub_1"},
          {"snapshot", "save", "-"},
          {"snapshot", "save", "state.json"},
          {"register-partner", "--name", "N"}};
}

TEST(Usage, HelpNamesEveryCommandAndExitCode) {
  const Finished help = run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* word :
       {"serve", "demo", "listen", "exec", "trigger", "webhook-deliveries", "spv-requests", "subscriptions",
        "token", "register-partner", "clock", "reset", "snapshot", "readyz", "version", "Exit codes"}) {
    EXPECT_THAT(help.out, HasSubstr(word));
  }
  EXPECT_EQ(help.err, "");
  EXPECT_EQ(run({"help"}).out, help.out);
}

TEST(Usage, HelpOfACommandIsTheSameBothWays) {
  const Finished help = run({"help", "clock", "advance"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("zest-sandbox clock advance --until-idle"));
  EXPECT_EQ(run({"clock", "advance", "--help"}).out, help.out);
  EXPECT_THAT(run({"help", "serve"}).out, HasSubstr("ZEST_SANDBOX_TIME_SCALE"));
}

TEST(Usage, HelpHasHelp) {
  const Finished help = run({"help", "help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("zest-sandbox help clock advance"));
  EXPECT_EQ(run({"help", "--help"}).out, help.out);
  EXPECT_EQ(run({"help", "-h"}).out, help.out);
  EXPECT_THAT(run({"clokc"}).err, HasSubstr("did you mean clock?"));
  EXPECT_THAT(run({"zzzzzzzz"}).err, HasSubstr(", version, help."));
}

TEST(Usage, VersionIsPrinted) {
  EXPECT_THAT(run({"version"}).out, testing::MatchesRegex("zest-sandbox [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(run({"--version"}).out, run({"version"}).out);
}

struct Slip {
  std::vector<std::string> arguments;
  std::string said;
};

TEST(Usage, SlipsAreAnsweredWithTheNearestWord) {
  const std::vector<Slip> slips = {
      {{"srve"}, "zest-sandbox has no command \"srve\"; did you mean serve?"},
      {{"webhook-deliveries", "lst"},
       "zest-sandbox webhook-deliveries has no command \"lst\"; did you mean list?"},
      {{"webhook-deliveries"},
       "zest-sandbox webhook-deliveries needs one of: list, show, tail, retry, retry-all."},
      {{"serve", "--prot", "1"}, "zest-sandbox serve has no option --prot; did you mean --port?"},
      {{"--webhok-url=x"}, "zest-sandbox serve has no option --webhok-url; did you mean --webhook-url?"},
      {{"register-partner", "--nmae", "x"},
       "zest-sandbox register-partner has no option --nmae; did you mean --name?"},
      {{"spv-requests", "reject", "svr_1", "--raeson", "x"},
       "has no option --raeson; did you mean --reason?"},
      {{"webhook-deliveries", "retry-all", "--stats=dead"}, "has no option --stats; did you mean --status?"},
      {{"webhook-deliveries", "show", "--jsn"}, "has no option --jsn; did you mean --json?"},
      {{"certify", "--webhok-url", "x"}, "has no option --webhok-url; did you mean --webhook-url?"},
      {{"hlep"}, "zest-sandbox has no command \"hlep\"; did you mean help?"},
      {{"serve", "--webhook-secret", ""}, "--webhook-secret: the value is not valid; it must not be empty"},
      {{"help", "sreve"}, "zest-sandbox has no command \"sreve\"; did you mean serve?"},
      {{"version", "7"}, "zest-sandbox version does not take \"7\"."},
      {{"webhook-deliveries", "retry"}, "zest-sandbox webhook-deliveries retry: id is required."},
      {{"clock", "advance"},
       "say how far: one of a duration such as 12h, --to INSTANT, --to-next, --until-idle"},
      {{"clock", "advance", "soon"}, "\"soon\" is not a duration"},
      {{"clock", "--url", "http://127.0.0.1:1", "show"}, "--url belongs after `zest-sandbox clock show`"},
      {{"listen", "--port", "70000"},
       "listen: --port: \"70000\" is not valid; it must be a whole number from 0 to 65535."},
      {{"listen", "--port", "x"}, "--port: \"x\" is not valid; it must be a whole number from 0 to 65535."},
      {{"listen", "--fail-first", "-1"},
       "--fail-first: \"-1\" is not valid; it must be a whole number from 0 on."},
      {{"listen", "--secret", ""}, "listen: --secret: must not be empty."},
      {{"sign", "-", "--secret", ""}, "sign: --secret: must not be empty."},
      {{"verify", "-", "--secret", "", "--signature", "x"}, "verify: --secret: must not be empty."},
      {{"register-partner", "--name", "N", "--webhook-secret", ""}, "--webhook-secret: must not be empty."},
      {{"webhook-deliveries", "retry", ""}, "webhook-deliveries retry: id: must not be empty."},
      {{"webhook-deliveries", "show", ""}, "webhook-deliveries show: id: must not be empty."},
      {{"spv-requests", "approve", ""}, "spv-requests approve: slug: must not be empty."},
      {{"subscriptions", "complete", ""}, "subscriptions complete: slug: must not be empty."},
      {{"listen", "--host", "9.9.9.9"}, "; --port 0 picks a free one"},
      {{"webhook-deliveries", "list", "--page", "x"},
       "--page: \"x\" is not valid; it must be a whole number from 1 on."},
      {{"spv-requests", "list", "--page", "0"}, "--page: \"0\" is not valid"},
      {{"readyz", "--url", ""}, "--url: \"\" is not a URL such as http://127.0.0.1:8080."},
      {{"readyz", "--url", "ftp://x"}, "--url: \"ftp://x\" is not a URL such as"},
      {{"readyz", "--url", "127.0.0.1:8080"}, "; did you mean http://127.0.0.1:8080?"},
      {{"readyz", "--url", "http://127.0.0.1:8080/v1"},
       "a host, without a path, such as https://zest.example.com; did you mean "
       "http://127.0.0.1:8080?"},
      {{"certify", "--webhook-url", "127.0.0.1:9000/hooks"}, "; did you mean http://127.0.0.1:9000/hooks?"},
      {{"scenario", "run", "happy-path", "--webhook-url", "localhost:9000"},
       "; did you mean http://localhost:9000?"},
      {{"scenario", "run", "happy-path", "--fail-on-warnings"},
       "--fail-on-warnings looks at an application, and there is none: give --app or --webhook-url"},
      {{"serve", "--webhook-url", "127.0.0.1:9000"}, "; did you mean http://127.0.0.1:9000?"},
      {{"serve", "--public-url", "http://127.0.0.1:8080/v1"}, "; did you mean http://127.0.0.1:8080?"},
      {{"serve", "--port"}, "zest-sandbox serve: --port needs a value."},
      {{"serve", "--port", "0", "--ca-file", "/missing"}, "/missing cannot be read"},
      {{"serve", "--port", "0", "--ca-file", binary()}, "holds no certificate (PEM)"},
      {{"certify", "--webhook-url", "http://127.0.0.1:1", "--ca-file", binary()},
       "holds no certificate (PEM)"},
      {{"serve", "--port", "x"}, "--port: \"x\" is not valid; it must be a whole number from 0 to 65535"},
      {{"serve", "--clock", "manual", "--time-scale", "2"},
       "--time-scale has no meaning with --clock manual"},
      {{"serve", "--host", "0.0.0.0", "--admin-token", "short"}, "must have at least 16 characters"},
      {{"serve", "--require-https=maybe"}, "\"maybe\" is not valid; it must be true or false"},
  };
  for (const Slip& slip : slips) {
    const Finished finished = run(slip.arguments);
    EXPECT_EQ(finished.exit_code, 2) << slip.said;
    EXPECT_THAT(finished.err, HasSubstr(slip.said));
    EXPECT_EQ(finished.out, "");
  }
}

TEST(Usage, ConfigFileInTheWorkingDirectoryIsRead) {
  const TemporaryFolder folder;
  folder.write("zest-sandbox.json", R"({"prt": 1})");
  Command command{{"serve"}};
  command.working_directory = folder.path();
  const Finished finished = run(command);
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("zest-sandbox.json: unknown option \"prt\"; did you mean \"port\"?"));
}

TEST(Usage, WithoutASandboxClientCommandsExitWithThree) {
  const std::string nobody = "http://127.0.0.1:1";
  for (std::vector<std::string> arguments : client_commands()) {
    arguments.insert(arguments.end(), {"--url", nobody});
    const Finished finished = run(arguments);
    EXPECT_EQ(finished.exit_code, 3) << arguments.front();
    EXPECT_THAT(finished.err, HasSubstr("cannot be reached"));
    EXPECT_THAT(finished.err, HasSubstr("zest-sandbox serve"));
  }
}

TEST(Usage, WhatAnswersButIsNoSandboxIsNamed) {
  const Stranger page(200, "text/html", "<html>hi</html>");
  const Stranger document(200, "application/json", "{}");
  const Stranger nothing(404, "text/plain", "not found");
  for (const Stranger* stranger : {&page, &document, &nothing}) {
    for (std::vector<std::string> arguments : client_commands()) {
      arguments.insert(arguments.end(), {"--url", stranger->url()});
      const Finished finished = run(arguments);
      EXPECT_EQ(finished.exit_code, 3) << arguments[0];
      EXPECT_EQ(finished.out, "") << arguments[0];
      EXPECT_EQ(finished.err,
                "zest-sandbox: the sandbox at " + stranger->url() +
                    " cannot be reached (what answers there is no sandbox); start it with `zest-sandbox "
                    "serve`, or say with --url where it is\n");
    }
  }
}

TEST(Usage, OutputThatCannotBeWrittenIsAFailure) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  ::close(full);
  for (const char* what : {"version", "help", "scenario list"}) {
    const std::string line = "exec '" + binary() + "' " + what + " >/dev/full";
    const Finished finished = run(Command{{"-c", line}, {}, {}, "/bin/sh"});
    EXPECT_EQ(finished.exit_code, 1) << what;
    EXPECT_EQ(finished.err, "zest-sandbox: the output cannot be written\n") << what;
  }
}

TEST(Usage, FilesThatCannotBeReadAreWrongUsage) {
  const TemporaryFolder folder;
  const std::string missing = (folder / "missing").string();
  for (const std::string& file : {folder.path().string(), missing}) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"sign", file},
                                               {"verify", file, "--signature", "x"},
                                               {"token", "--key", file},
                                               {"snapshot", "load", file},
                                               {"serve", "--port", "0", "--import", file},
                                               {"serve", "--config", file}}) {
      const Finished finished = run(arguments);
      EXPECT_EQ(finished.exit_code, 2) << arguments[0];
      EXPECT_THAT(
          finished.err,
          HasSubstr(file + " cannot be read: " + (file == missing ? "No such file" : "Is a directory")));
    }
  }
}

TEST(Usage, AnAddressInTheEnvironmentIsCheckedLikeOneOnTheLine) {
  const std::vector<std::string> environment{"ZEST_SANDBOX_URL=localhost:8080"};
  const Finished refused = run(Command{{"clock"}, environment});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err,
            "zest-sandbox: zest-sandbox clock: ZEST_SANDBOX_URL: \"localhost:8080\" is not a URL such as "
            "http://127.0.0.1:8080; did you mean http://localhost:8080? Run `zest-sandbox clock --help` for "
            "more.\n");
  // The line comes first.
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"clock"}, {"clock", "show"}, {"clock", "advance", "1h"}}) {
    std::vector<std::string> line = words;
    line.insert(line.end(), {"--url", "http://127.0.0.1:1"});
    EXPECT_EQ(run(Command{line, environment}).exit_code, 3) << words.back();
  }
}

TEST(Usage, SignAndVerifyAreEachOthersOpposite) {
  const TemporaryFolder folder;
  const std::string body = folder.write("body.json", "{\"eventId\":\"wde_1\"}").string();
  const Finished signature = run({"sign", body, "--secret", "whsec_00"});
  ASSERT_EQ(signature.exit_code, 0);
  const std::string header = signature.out.substr(0, signature.out.find('\n'));
  EXPECT_EQ(run({"verify", body, "--secret", "whsec_00", "--signature", header}).exit_code, 0);
  const Finished refused = run({"verify", body, "--secret", "whsec_01", "--signature", header});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("does not match"));
}

}  // namespace
}  // namespace zest::test
