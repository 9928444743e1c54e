#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "support/temporary_folder.h"

namespace zest {
namespace {

std::string file_refusal(const std::filesystem::path& path, std::size_t at_most = kLargestFile) {
  const Result<std::string> read = read_file(path, at_most);
  if (read.ok()) return "it was read";
  EXPECT_EQ(read.error().kind, ErrorKind::InvalidRequest);
  return read.error().detail;
}

TEST(Files, AreReadByteForByte) {
  const std::string bytes = std::string("a\0\r\n\xff", 5) + std::string(100'000, 'x');
  const test::TemporaryFolder folder;
  EXPECT_EQ(*read_file(folder.write("file", bytes)), bytes);
  EXPECT_EQ(*read_file(folder.write("empty", "")), "");
}

TEST(Files, MayBePipes) {
  const test::TemporaryFolder folder;
  const std::filesystem::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&pipe] { std::ofstream(pipe) << "through a pipe"; });
  EXPECT_EQ(*read_file(pipe), "through a pipe");
  writer.join();
}

TEST(Files, ThatCannotBeReadAreNamedWithTheReason) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(file_refusal(folder / "none"),
            (folder / "none").string() + " cannot be read: No such file or directory");
  EXPECT_EQ(file_refusal(folder.path()), folder.path().string() + " cannot be read: Is a directory");
}

TEST(Files, LargerThanTheCallerTakesAreRefused) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const test::TemporaryFolder folder;
  EXPECT_TRUE(read_file(folder.write("file", std::string(kMiB, 'x')), kMiB).ok());
  const std::filesystem::path larger = folder.write("larger", std::string(kMiB + 1, 'x'));
  EXPECT_EQ(file_refusal(larger, kMiB), larger.string() + " is larger than 1 MiB");
  EXPECT_EQ(file_refusal("/dev/zero", kMiB), "/dev/zero is larger than 1 MiB");
}

}  // namespace
}  // namespace zest
