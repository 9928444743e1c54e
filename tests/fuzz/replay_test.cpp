// Every input that a fuzz target was ever given on purpose, once more: those it began with, and those that
// found something.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <ostream>
#include <string>
#include <vector>

#include "base/file.h"
#include "fuzz/target.h"
#include "support/paths.h"

namespace zest::fuzz {

static void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

std::filesystem::path corpus() { return zest::test::in_source("tests/fuzz/corpus"); }

std::vector<std::filesystem::path> inputs_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> inputs;
  if (!std::filesystem::exists(folder)) return inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) inputs.push_back(entry.path());
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

class Replay : public ::testing::TestWithParam<Target> {};

TEST_P(Replay, Holds) {
  const std::vector<std::filesystem::path> inputs = inputs_of(corpus() / GetParam().name);
  ASSERT_FALSE(inputs.empty()) << "a target needs a corpus to begin with";
  for (const std::filesystem::path& path : inputs) {
    std::cout << path.filename().string()
              << std::endl;  // the last one named is the one that ends the process
    const Result<std::string> input = read_file(path);
    ASSERT_TRUE(input.ok()) << input.error().detail;
    GetParam().run(*input);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, Replay, ::testing::ValuesIn(targets()),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(FuzzCorpus, HasATargetForEachFolder) {
  for (const std::filesystem::path& folder : inputs_of(corpus())) {
    EXPECT_NE(find_target(folder.filename().string()), nullptr) << folder;
  }
}

TEST(FuzzCorpus, IsSmall) {
  for (const Target& target : targets()) {
    const std::vector<std::filesystem::path> inputs = inputs_of(corpus() / target.name);
    EXPECT_LE(inputs.size(), 100U) << target.name;
    for (const std::filesystem::path& path : inputs) {
      EXPECT_LE(std::filesystem::file_size(path), 16U * 1024) << path;
    }
  }
}

}  // namespace
}  // namespace zest::fuzz
