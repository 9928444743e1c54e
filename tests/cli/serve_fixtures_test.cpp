// `serve` with contracts that cannot be used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/crypto.h"
#include "cli/cli.h"

namespace zest::cli {
namespace {

namespace fs = std::filesystem;

TEST(Rules, ABadTemplateEndsServeWithExitCode2) {
  const fs::path folder = fs::temp_directory_path() / ("zest-serve-" + to_hex(random_bytes(8)));
  const fs::path file = folder / "contracts/1.0.0/templates/mine.json";
  fs::create_directories(file.parent_path());
  std::ofstream(file) << R"({"id":"mine","version":"1.0.0","attributes":{"a":{"type":"text"}}})";
  const std::string directory = folder.string();
  const char* const arguments[] = {"zest-sandbox", "serve", "--port", "0", "--fixtures", directory.c_str()};
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  const int code = run(6, arguments);
  const std::string output = testing::internal::GetCapturedStdout();
  const std::string errors = testing::internal::GetCapturedStderr();
  fs::remove_all(folder);
  EXPECT_EQ(code, kUsage);
  EXPECT_EQ(output, "");
  EXPECT_THAT(errors, testing::HasSubstr(file.string() + ": attributes.a.type"));
}

}  // namespace
}  // namespace zest::cli
