// Where options come from, and what is said about bad ones.
#include "app/options.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/process.h"

namespace zest::app {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class Options : public testing::Test {
 protected:
  Result<ResolvedOptions> resolve(const Pairs& flags, const Pairs& environment = {}) {
    OptionSources sources;
    sources.flags = flags;
    sources.environment = environment;
    sources.working_directory = folder_.path();
    sources.config_file = config_file_;
    return resolve_options(sources);
  }
  // Expects a refusal and answers its sentence.
  std::string refusal(const Pairs& flags, const Pairs& environment = {}) {
    Result<ResolvedOptions> resolved = resolve(flags, environment);
    EXPECT_FALSE(resolved.ok());
    return resolved.ok() ? "" : resolved.error().detail;
  }

  test::TemporaryFolder folder_;
  std::optional<std::string> config_file_;
};

TEST_F(Options, DefaultsAreThoseOfTheTable) {
  const Result<ResolvedOptions> resolved = resolve({});
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->options.host, "127.0.0.1");
  EXPECT_EQ(resolved->options.port, 8080);
  EXPECT_EQ(resolved->options.clock_mode(), ClockMode::Real);
  EXPECT_FALSE(resolved->options.database);
  EXPECT_TRUE(resolved->options.fault_headers);
  EXPECT_TRUE(resolved->options.rule_header);
  EXPECT_TRUE(resolved->warnings.empty());
}

TEST_F(Options, FlagWinsOverEnvironmentOverFile) {
  config_file_ = folder_.write("mine.json", R"({"port": 1001, "seed": 7, "host": "127.0.0.2"})").string();
  const Pairs environment = {{"ZEST_SANDBOX_PORT", "1002"}, {"ZEST_SANDBOX_SEED", "8"}};
  const Result<ResolvedOptions> resolved = resolve({{"port", "1003"}}, environment);
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->options.port, 1003);
  EXPECT_EQ(resolved->options.seed, 8u);
  EXPECT_EQ(resolved->options.host, "127.0.0.2");
}

TEST_F(Options, EveryOptionCanComeFromEachSource) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {"host", "localhost"},
      {"port", "0"},
      {"port-file", "p"},
      {"db", "d.db"},
      {"import", "s.json"},
      {"fixtures", "dir"},
      {"clock", "manual"},
      {"webhook-secret", "whsec_1"},
      {"webhook-url", "http://127.0.0.1:9000/hooks"},
      {"time-scale", "60"},
      {"seed", "1"},
      {"start-time", "2026-01-01T00:00:00Z"},
      {"auto-approve", "PT12H"},
      {"auto-complete", "5m"},
      {"delivery-timeout", "500ms"},
      {"public-url", "https://zest.example.com/"},
      {"admin-token", "t0ken"},
      {"allow-host", "a.example"},
      {"ca-file", "ca.pem"},
      {"insecure-webhook-tls", "true"},
      {"require-https", "false"},
      {"signature-time", "virtual"},
      {"max-upload", "1"},
      {"body-idle", "5m"},
      {"min-body-rate", "0"},
      {"max-journal", "1"},
      {"journal-bodies", "true"},
      {"max-attempts", "6"},
      {"max-idempotency-keys", "1"},
      {"no-fault-headers", "true"},
      {"no-rule-header", "true"},
      {"console-dir", "server/console"},
      {"log-format", "json"},
      {"log-level", "off"}};
  EXPECT_EQ(values.size(), option_table().size());
  for (const auto& [name, value] : values) {
    EXPECT_TRUE(resolve({{name, value}}).ok()) << name;
    EXPECT_TRUE(resolve({}, {{environment_name(name), value}}).ok()) << name;
    config_file_ = folder_.write("config.json", "{\"" + name + "\": \"" + value + "\"}").string();
    EXPECT_TRUE(resolve({}).ok()) << name;
    config_file_.reset();
  }
}

TEST_F(Options, BadValuesAreNamedWithWhatIsAllowed) {
  EXPECT_EQ(refusal({{"port", "80a"}}),
            "--port: \"80a\" is not valid; it must be a whole number from 0 to 65535 (0 picks a free one)");
  EXPECT_EQ(refusal({}, {{"ZEST_SANDBOX_TIME_SCALE", "0"}}),
            "ZEST_SANDBOX_TIME_SCALE: \"0\" is not valid; it must be a whole number from 1 to 1000000");
  folder_.write("zest-sandbox.json", R"({"clock": "sundial"})");
  EXPECT_EQ(refusal({}), "zest-sandbox.json: clock: \"sundial\" is not valid; it must be real or manual");
}

TEST_F(Options, IntegersDurationsAndInstantsAreStrict) {
  for (const char* port : {"", " 1", "+1", "-1", "1.0", "65536", "99999999999999999999"}) {
    EXPECT_FALSE(resolve({{"port", port}}).ok()) << port;
  }
  for (const char* scale : {"0", "1000001", "1e3"})
    EXPECT_FALSE(resolve({{"time-scale", scale}}).ok()) << scale;
  for (const char* delay : {"", "5", "-5s", "5 s", "five"})
    EXPECT_FALSE(resolve({{"auto-approve", delay}}).ok()) << delay;
  EXPECT_FALSE(resolve({{"delivery-timeout", "0s"}}).ok());
  EXPECT_FALSE(resolve({{"start-time", "2026-02-30T00:00:00Z"}}).ok());
  for (const char* idle : {"0s", "25h", "30"}) EXPECT_FALSE(resolve({{"body-idle", idle}}).ok()) << idle;
  for (const char* rate : {"-1", "1.5", "1000000001"})
    EXPECT_FALSE(resolve({{"min-body-rate", rate}}).ok()) << rate;
}

TEST_F(Options, UnknownConfigKeysAreNamedWithTheNearest) {
  folder_.write("zest-sandbox.json", R"({"webhok-url": "http://127.0.0.1/"})");
  const std::string sentence = refusal({});
  EXPECT_NE(sentence.find("zest-sandbox.json: unknown option \"webhok-url\"; did you mean \"webhook-url\"?"),
            std::string::npos)
      << sentence;
  EXPECT_NE(sentence.find("Allowed: host, port"), std::string::npos) << sentence;
}

TEST_F(Options, AByteOrderMarkBeforeTheConfigIsSkipped) {
  config_file_ = folder_.write("marked.json", "\xEF\xBB\xBF{\"port\": 1001}").string();
  const Result<ResolvedOptions> resolved = resolve({});
  ASSERT_TRUE(resolved.ok()) << resolved.error().detail;
  EXPECT_EQ(resolved->options.port, 1001);
}

TEST_F(Options, ConfigFilesThatAreNoneAreRefused) {
  config_file_ = folder_.write("broken.json", "{\"port\": }").string();
  EXPECT_NE(refusal({}).find("broken.json"), std::string::npos);
  config_file_ = folder_.write("list.json", "[]").string();
  EXPECT_NE(refusal({}).find("must be a JSON object"), std::string::npos);
  config_file_ = folder_.write("empty.json", "").string();
  EXPECT_NE(refusal({}).find("unexpected end of input"), std::string::npos) << refusal({});
  config_file_ = folder_.write("url.json", R"({"url": 1})").string();
  EXPECT_NE(refusal({}).find("unknown option \"url\". Allowed: host"), std::string::npos) << refusal({});
  config_file_ = (folder_ / "absent.json").string();
  EXPECT_NE(refusal({}).find("cannot be read"), std::string::npos);
  config_file_ = folder_.path().string();
  EXPECT_NE(refusal({}).find("cannot be read"), std::string::npos);
}

TEST_F(Options, AFoundConfigFileIsToldOf) {
  EXPECT_EQ(resolve({})->found_config, "");
  folder_.write("zest-sandbox.json", R"({"seed": 7})");
  EXPECT_EQ(resolve({})->found_config, "zest-sandbox.json");
  config_file_ = (folder_ / "zest-sandbox.json").string();
  EXPECT_EQ(resolve({})->found_config, "");
}

// What came with a checkout, say, opens nothing to others and touches nothing outside of it.
TEST_F(Options, AFoundConfigFileSetsNeitherHostNorTokenNorPathsOutsideItsFolder) {
  const test::TemporaryFolder elsewhere;
  folder_.write("inside/file", "");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder_ / "link");
  std::filesystem::create_symlink(elsewhere / "none", folder_ / "dangling");
  std::filesystem::create_symlink(folder_ / "inside" / "file", folder_ / "within");
  const std::string absolute = (elsewhere / "x").string();
  const auto with = [this](const std::string& member) {
    folder_.write("zest-sandbox.json", "{" + member + "}");
    return resolve({});
  };
  const auto sentence = [&](const std::string& member) {
    const Result<ResolvedOptions> resolved = with(member);
    return resolved.ok() ? "" : resolved.error().detail;
  };
  const std::string trust = "; if you trust it, say so by --config zest-sandbox.json";
  for (const std::string name : {"host", "admin-token", "console-dir"}) {
    EXPECT_EQ(sentence("\"" + name + "\": \"127.0.0.1\""),
              "zest-sandbox.json: " + name + " may not be set by a file that was merely found here" + trust);
  }
  for (const std::string name : {"port-file", "db", "import", "fixtures", "ca-file"}) {
    for (const std::string& path :
         {std::string("../precious"), std::string(".."), absolute, std::string("link/x"),
          std::string("dangling"), std::string("inside/../../x")}) {
      EXPECT_EQ(
          sentence("\"" + name + "\": \"" + path + "\""),
          "zest-sandbox.json: " + name + " leads out of the folder in which this file was found" + trust);
    }
    for (const std::string& path : {std::string("x"), std::string("inside/x"), std::string("within"),
                                    std::string("inside/../x"), (folder_ / "x").string()}) {
      EXPECT_TRUE(with("\"" + name + "\": \"" + path + "\"").ok()) << name << " " << path;
    }
    config_file_ = folder_.write("zest-sandbox.json", "{\"" + name + "\": \"" + absolute + "\"}").string();
    EXPECT_TRUE(resolve({}).ok());
    config_file_.reset();
  }
}

TEST_F(Options, APipeIsNoFoundConfigFile) {
  ASSERT_EQ(::mkfifo((folder_ / "zest-sandbox.json").c_str(), 0600), 0);
  EXPECT_EQ(refusal({}), "zest-sandbox.json is a pipe, not a file");
}

TEST_F(Options, TimeScaleWithAManualClockIsRefused) {
  EXPECT_NE(refusal({{"clock", "manual"}, {"time-scale", "10"}}).find("time stands still"),
            std::string::npos);
}

// Where nobody gives one, one is made: Sandbox::admin_token.
TEST_F(Options, AnOpenAddressNeedsNoAdminTokenButNoGuessableOne) {
  EXPECT_TRUE(resolve({{"host", "0.0.0.0"}}).ok());
  EXPECT_TRUE(resolve({{"host", "0.0.0.0"}, {"admin-token", "sixteen-letters-"}}).ok());
  const std::string sentence = refusal({{"host", "0.0.0.0"}, {"admin-token", "fifteen-letters"}});
  EXPECT_EQ(sentence,
            "--admin-token: the value is too short for --host 0.0.0.0, which opens the control plane to the "
            "network; it must have at least 16 characters, or be left out, and one is made");
  EXPECT_NE(refusal({{"host", "127.evil.example"}}, {{"ZEST_SANDBOX_ADMIN_TOKEN", "short"}})
                .find("ZEST_SANDBOX_ADMIN_TOKEN: the value is too short"),
            std::string::npos);
  EXPECT_TRUE(resolve({{"host", "127.0.0.53"}, {"admin-token", "short"}}).ok());
}

TEST_F(Options, LocalhostIsLocalWhateverItsCase) {
  for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "::1"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"localhost.example", "0.0.0.0", "::"}) EXPECT_FALSE(is_loopback(host)) << host;
}

TEST_F(Options, ANulIsRefusedWhereTheSystemWouldTakeItForTheEnd) {
  config_file_ = folder_.write("mine.json", R"({"port-file": "in\u0000side"})").string();
  EXPECT_NE(refusal({}).find("port-file: the value must not hold a NUL character"), std::string::npos);
}

TEST_F(Options, SecretsAreNotEchoed) {
  EXPECT_EQ(refusal({{"admin-token", "my secret"}}).find("my secret"), std::string::npos);
}

TEST_F(Options, WebhookUrlsAreCheckedAtOnce) {
  EXPECT_NE(refusal({{"webhook-url", "ftp://127.0.0.1/"}}).find("--webhook-url"), std::string::npos);
  EXPECT_NE(refusal({{"webhook-url", "http://127.0.0.1/"}, {"require-https", "true"}}).find("--webhook-url"),
            std::string::npos);
}

TEST_F(Options, WhatOptionsSayTogetherNamesWhereEachCameFrom) {
  folder_.write("zest-sandbox.json", R"({"webhook-url": "ftp://127.0.0.1/", "time-scale": 10})");
  EXPECT_EQ(refusal({}).rfind("zest-sandbox.json: webhook-url: ", 0), 0U) << refusal({});
  EXPECT_EQ(refusal({{"clock", "manual"}})
                .rfind("zest-sandbox.json: time-scale has no meaning with --clock manual", 0),
            0U);
  const auto of_environment = resolve({}, {{"ZEST_SANDBOX_WEBHOOK_URL", "nowhere"}});
  ASSERT_FALSE(of_environment.ok());
  EXPECT_EQ(of_environment.error().detail.rfind("ZEST_SANDBOX_WEBHOOK_URL: ", 0), 0U);
}

// A page of a name that somebody owns could be led to this machine by it (DNS rebinding).
TEST_F(Options, AFoundConfigFileOpensTheControlPlaneToLocalNamesOnly) {
  const auto with = [this](const std::string& document) {
    folder_.write("zest-sandbox.json", document);
    return resolve({});
  };
  for (const char* host :
       {"evil.com", "a.b.evil.com", "203.0.113.5", "[2001:db8::1]", "test.", "example.com"}) {
    for (const std::string& document : {"{\"allow-host\": \"" + std::string(host) + "\"}",
                                        "{\"allow-host\": [\"sandbox\", \"" + std::string(host) + "\"]}"}) {
      const Result<ResolvedOptions> refused = with(document);
      ASSERT_FALSE(refused.ok()) << document;
      EXPECT_EQ(
          refused.error().detail.rfind("zest-sandbox.json: allow-host opens the control plane to pages of " +
                                           std::string(host) + "; a file that was merely found here may",
                                       0),
          0U)
          << refused.error().detail;
    }
  }
  EXPECT_TRUE(with(R"({"allow-host": ["sandbox", "zest.test", "a.local", "host.docker.internal"]})").ok());
  EXPECT_TRUE(resolve({{"allow-host", "evil.com"}}).ok());
  EXPECT_FALSE(with(R"({"public-url": "https://evil.com"})")->options.public_url_is_trusted);
  EXPECT_TRUE(resolve({{"public-url", "https://mine.example"}})->options.public_url_is_trusted);
  config_file_ =
      folder_.write("zest-sandbox.json", R"({"allow-host": "mine.com", "public-url": "https://mine.com"})")
          .string();
  EXPECT_TRUE(resolve({})->options.public_url_is_trusted);
}

TEST_F(Options, AllowedHostsAddUpWithinOneSourceOnly) {
  folder_.write("zest-sandbox.json", R"({"allow-host": ["from.test"]})");
  Result<ResolvedOptions> resolved = resolve({}, {{"ZEST_SANDBOX_ALLOW_HOST", "a.example,b.example"}});
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->options.allowed_hosts, (std::vector<std::string>{"a.example", "b.example"}));
  resolved = resolve({{"allow-host", "c.example"}, {"allow-host", "d.example"}});
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->options.allowed_hosts, (std::vector<std::string>{"c.example", "d.example"}));
}

TEST_F(Options, MisspeltVariablesAreWarnedAbout) {
  const Result<ResolvedOptions> resolved =
      resolve({}, {{"ZEST_SANDBOX_PROT", "1"}, {"ZEST_SANDBOX_URL", "x"}});
  ASSERT_TRUE(resolved.ok());
  ASSERT_EQ(resolved->warnings.size(), 1u);
  EXPECT_NE(resolved->warnings[0].find("did you mean ZEST_SANDBOX_PORT?"), std::string::npos);
}

TEST_F(Options, EmptyVariablesCountAsUnset) {
  const Result<ResolvedOptions> resolved =
      resolve({}, {{"ZEST_SANDBOX_PORT", ""}, {"ZEST_SANDBOX_REQUIRE_HTTPS", ""}, {"ZEST_SANDBOX_PROT", ""}});
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->options.port, 8080);
  EXPECT_FALSE(resolved->options.require_https);
  EXPECT_TRUE(resolved->warnings.empty());
}

TEST_F(Options, AVariableThatAFlagOutranksIsNotJudged) {
  for (const auto& [option, value] :
       Pairs{{"port", "1003"}, {"clock", "real"}, {"allow-host", "a.example"}}) {
    const Pairs environment = {{environment_name(option), "a value/that @ nothing takes"}};
    EXPECT_TRUE(resolve({{option, value}}, environment).ok()) << option;
    EXPECT_FALSE(resolve({}, environment).ok()) << option;
  }
}

TEST_F(Options, SwitchesAreOffByTheWordsForIt) {
  for (const char* off : {"false", "0", "no", "off", "False", "NO"}) {
    const Result<ResolvedOptions> resolved = resolve({}, {{"ZEST_SANDBOX_REQUIRE_HTTPS", off},
                                                          {"ZEST_SANDBOX_INSECURE_WEBHOOK_TLS", off},
                                                          {"ZEST_SANDBOX_NO_FAULT_HEADERS", off}});
    ASSERT_TRUE(resolved.ok()) << off;
    EXPECT_FALSE(resolved->options.require_https) << off;
    EXPECT_TRUE(resolved->options.verify_webhook_tls) << off;
    EXPECT_TRUE(resolved->options.fault_headers) << off;
  }
  for (const char* on : {"true", "1", "yes", "on", "TRUE"}) {
    const Result<ResolvedOptions> resolved = resolve({}, {{"ZEST_SANDBOX_REQUIRE_HTTPS", on}});
    ASSERT_TRUE(resolved.ok()) << on;
    EXPECT_TRUE(resolved->options.require_https) << on;
  }
  EXPECT_EQ(refusal({}, {{"ZEST_SANDBOX_REQUIRE_HTTPS", "maybe"}}),
            "ZEST_SANDBOX_REQUIRE_HTTPS: \"maybe\" is not valid; it must be true or false");
}

// What a service called zest-sandbox, one called zest-sandbox-admin, and a Docker link give their neighbours.
TEST_F(Options, VariablesOfServicesAreNotTheSandboxs) {
  const Pairs kubernetes = {{"ZEST_SANDBOX_SERVICE_HOST", "10.96.12.7"},
                            {"ZEST_SANDBOX_SERVICE_PORT", "8080"},
                            {"ZEST_SANDBOX_SERVICE_PORT_HTTP", "8080"},
                            {"ZEST_SANDBOX_PORT", "tcp://10.96.12.7:8080"},
                            {"ZEST_SANDBOX_PORT_8080_TCP", "tcp://10.96.12.7:8080"},
                            {"ZEST_SANDBOX_PORT_8080_TCP_PROTO", "tcp"},
                            {"ZEST_SANDBOX_PORT_8080_TCP_PORT", "8080"},
                            {"ZEST_SANDBOX_PORT_8080_TCP_ADDR", "10.96.12.7"},
                            {"ZEST_SANDBOX_ADMIN_SERVICE_HOST", "10.96.12.8"},
                            {"ZEST_SANDBOX_ADMIN_PORT", "tcp://[fd00::8]:8080"},
                            {"ZEST_SANDBOX_ADMIN_PORT_53_UDP_ADDR", "10.96.12.8"},
                            {"ZEST_SANDBOX_NAME", "/tests/zest-sandbox"},
                            {"ZEST_SANDBOX_ENV_TZ", "UTC"}};
  const Result<ResolvedOptions> resolved = resolve({}, kubernetes);
  ASSERT_TRUE(resolved.ok()) << resolved.error().detail;
  EXPECT_EQ(resolved->options.port, 8080);
  EXPECT_TRUE(resolved->warnings.empty()) << resolved->warnings.front();
  EXPECT_EQ(resolve({{"port", "1003"}}, kubernetes)->options.port, 1003);
}

TEST_F(Options, AlmostAVariableOfAServiceIsTheUsers) {
  for (const char* port :
       {"tcp://10.96.12.7", "tcp://:8080", "http://10.96.12.7:8080", "tcp://10.96.12.7:x"}) {
    EXPECT_NE(refusal({}, {{"ZEST_SANDBOX_PORT", port}}).find("ZEST_SANDBOX_PORT"), std::string::npos)
        << port;
  }
  EXPECT_FALSE(resolve({}, {{"ZEST_SANDBOX_WEBHOOK_URL", "tcp://10.96.12.7:8080"}}).ok());
  for (const char* name : {"ZEST_SANDBOX_PORT_TCP", "ZEST_SANDBOX_PORT_80A_TCP", "ZEST_SANDBOX_DB_PORT"}) {
    EXPECT_EQ(resolve({}, {{name, "8080"}})->warnings.size(), 1U) << name;
  }
}

}  // namespace
}  // namespace zest::app
