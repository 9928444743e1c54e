// `serve` with contracts that cannot be used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli.h"
#include "support/temporary_folder.h"

namespace zest::cli {
namespace {

// Serves with a directory that holds this one file: it ends with code 2 and a message "<file>: <reason>".
void expect_refused(const std::string& name, const std::string& content, const std::string& reason) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.write(name, content);
  const std::string directory = folder.path().string();
  const char* const arguments[] = {"zest-sandbox", "serve", "--port", "0", "--fixtures", directory.c_str()};
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  const int code = run(6, arguments);
  const std::string output = testing::internal::GetCapturedStdout();
  const std::string errors = testing::internal::GetCapturedStderr();
  EXPECT_EQ(code, kUsage);
  EXPECT_EQ(output, "");
  EXPECT_THAT(errors, testing::HasSubstr(file.string() + ": " + reason));
}

TEST(Rules, ABadTemplateEndsServeWithExitCode2) {
  expect_refused("contracts/1.0.0/templates/mine.json",
                 R"({"id":"mine","version":"1.0.0","attributes":{"a":{"type":"text"}}})",
                 "attributes.a.type");
}

TEST(Rules, ABadSeededPartnerEndsServeWithExitCode2) {
  const std::string start =
      R"({"clientId":"client_me","name":"Me","tenantSlug":"me","webhookSecret":"whsec_1",)";
  expect_refused("partners/acme.json", "{", "invalid JSON at line 1, column 2");
  expect_refused("partners/acme.json", "[]", "must be a JSON object");
  expect_refused("partners/acme.json", R"({"name":"Me"})", "\"clientId\" is missing");
  expect_refused("partners/acme.json", R"({"clientId":7})", "\"clientId\" must be a text");
  expect_refused("partners/acme.json", R"({"clientId":""})", "\"clientId\" must be a text that is not empty");
  expect_refused(
      "partners/acme.json", start + R"("webhookSecrett":"whsec_2"})",
      "\"webhookSecrett\" is no member of a partner; did you mean \"webhookSecret\"? Allowed: clientId,");
  expect_refused("partners/acme.json", start + R"("webhookUrl":"http://127.0.0.1/"})",
                 "\"webhookUrl\" is no member of a partner");
  expect_refused("partners/acme.json", start + R"("publicKey":"AAAA"})", "\"publicKey\" is no key");
  expect_refused("partners/acme.json", start + R"("privateKeyFile":"none.pem"})",
                 "\"privateKeyFile\" names a file that cannot be used");
  expect_refused("partners/acme.json", start + R"("privateKeyFile":7})", "\"privateKeyFile\" must be a text");
  expect_refused("partners/mine.json", "{}", "would be ignored here");
}

}  // namespace
}  // namespace zest::cli
