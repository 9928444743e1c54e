#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <thread>

#include "support/temporary_folder.h"

namespace zest {
namespace {

// Lets no file of this process grow beyond so many bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

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

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found = {};
  EXPECT_EQ(::lstat(path.c_str(), &found), 0);
  return found.st_mode & 07777U;
}

std::string failure(const std::filesystem::path& path, std::string_view bytes) {
  const Result<void> written = write_secret_file(path, bytes);
  return written.ok() ? "" : written.error().detail;
}

TEST(SecretFiles, AreTheirOwnersOnlyWhateverWasThere) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder / "file";
  EXPECT_EQ(failure(file, "one"), "");
  EXPECT_EQ(mode_of(file), 0600U);
  ::chmod(file.c_str(), 0644);
  EXPECT_EQ(failure(file, "two"), "");
  EXPECT_EQ(mode_of(file), 0600U);
  EXPECT_EQ(*read_file(file), "two");
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(SecretFiles, ReplaceWhatALinkLeadsTo) {
  const test::TemporaryFolder folder;
  const std::filesystem::path target = folder.write("target", "before");
  std::filesystem::create_symlink(target, folder / "link");
  EXPECT_EQ(failure(folder / "link", "after"), "");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(*read_file(target), "after");
  EXPECT_EQ(mode_of(target), 0600U);
}

TEST(SecretFiles, GoThroughPipes) {
  const test::TemporaryFolder folder;
  const std::filesystem::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0644), 0);
  std::string read;
  std::thread reader([&] { read = *read_file(pipe); });
  EXPECT_EQ(failure(pipe, "through a pipe"), "");
  reader.join();
  EXPECT_EQ(read, "through a pipe");
  EXPECT_EQ(mode_of(pipe), 0644U);
}

TEST(SecretFiles, ThatAreNotFilledLeaveWhatWasThere) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.write("file", "before");
  const Result<void> written = write_secret_file(file, [](int descriptor) {
    EXPECT_TRUE(write_all(descriptor, "half of"));
    errno = ENOSPC;
    return false;
  });
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().detail, file.string() + " cannot be written: No space left on device");
  EXPECT_EQ(*read_file(file), "before");
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(SecretFiles, ThatCannotBeWrittenLeaveWhatWasThere) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.write("file", "before");
  {
    const FileSizeLimit limit(100);
    EXPECT_EQ(failure(file, std::string(1000, 'x')), file.string() + " cannot be written: File too large");
  }
  EXPECT_EQ(*read_file(file), "before");
  EXPECT_EQ(folder.file_count(), 1U);
  EXPECT_EQ(failure(folder / "no" / "file", "x"),
            (folder / "no" / "file").string() + " cannot be written: No such file or directory");
  EXPECT_EQ(failure(folder.path(), "x"), folder.path().string() + " cannot be written: Is a directory");
}

TEST(Files, ThatCannotBeWrittenSayWhy) {
  const test::TemporaryFolder folder;
  const std::filesystem::path nowhere = folder / "no" / "file";
  EXPECT_EQ(write_file(nowhere, "x").error().detail,
            nowhere.string() + " cannot be written: No such file or directory");
  EXPECT_EQ(check_writable(folder.path()).error().detail,
            folder.path().string() + " cannot be written: Is a directory");

  EXPECT_TRUE(check_writable(folder / "later").ok());
  EXPECT_EQ(folder.file_count(), 0U);

  const std::filesystem::path file = folder.write("file", "longer than before");
  EXPECT_TRUE(check_writable(file).ok());
  EXPECT_EQ(*read_file(file), "longer than before");
  EXPECT_TRUE(write_file(file, "short").ok());
  EXPECT_EQ(*read_file(file), "short");
}

// Its reader would take that for all that comes, and be gone when the bytes come.
TEST(Files, APipeIsNotOpenedToSeeWhetherItCanBeWritten) {
  const test::TemporaryFolder folder;
  const std::filesystem::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(check_writable(pipe).ok());  // without a reader
}

TEST(SecretFile, IsItsOwnersWhateverTheUmask) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder / "secret";
  const mode_t before = ::umask(0777);
  const Result<void> written = write_secret_file(file, "x");
  ::umask(before);
  ASSERT_TRUE(written.ok()) << written.error().detail;
  struct stat status = {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Identity, IsTheFilesNotItsNames) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.write("file", "");
  const std::optional<FileIdentity> identity = identity_of(file);
  ASSERT_TRUE(identity);
  std::filesystem::create_symlink(file, folder / "link");
  EXPECT_NE(identity_of(folder / "link"), identity);
  std::filesystem::rename(file, folder / "moved");
  EXPECT_EQ(identity_of(file), std::nullopt);
  EXPECT_EQ(identity_of(folder / "moved"), identity);
}

}  // namespace
}  // namespace zest
