#include "http/outgoing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <fstream>
#include <thread>

#include "support/temporary_folder.h"

namespace zest::http {
namespace {

constexpr std::size_t kLarge = std::size_t{16} * 1024 * 1024;
// What one call may move: its budget, and what the socket's buffer takes beyond it.
constexpr std::uint64_t kInARow = std::uint64_t{3} * 1024 * 1024;

// Sends an answer to somebody who reads as fast as it can; the bytes that arrived. Every call moves a bounded
// part of it.
std::string send_all(Response response) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  FileDescriptor sending(ends[0]);
  const FileDescriptor receiving(ends[1]);
  std::string received;
  std::thread reader([&] {
    std::vector<char> piece(256 * 1024);
    ssize_t length = 0;
    while ((length = ::recv(receiving.get(), piece.data(), piece.size(), 0)) > 0) {
      received.append(piece.data(), static_cast<std::size_t>(length));
    }
  });
  Outgoing outgoing;
  EXPECT_TRUE(outgoing.start(std::move(response), {}));
  Outgoing::Progress progress = Outgoing::Progress::Blocked;
  while (progress == Outgoing::Progress::Blocked) {
    const std::uint64_t before = outgoing.sent();
    progress = outgoing.flush(sending.get());
    EXPECT_LE(outgoing.sent() - before, kInARow);
    pollfd writable{sending.get(), POLLOUT, 0};
    ::poll(&writable, 1, -1);
  }
  EXPECT_EQ(progress, Outgoing::Progress::Done);
  sending.reset();
  reader.join();
  return received.substr(received.find("\r\n\r\n") + 4);
}

TEST(Outgoing, ALargeAnswerLeavesPieceByPiece) {
  Response response;
  for (int i = 0; response.body.size() < kLarge; ++i) response.body += std::to_string(i) + ",";
  const std::string body = response.body;
  EXPECT_TRUE(send_all(std::move(response)) == body);
}

TEST(Outgoing, ALargeFileLeavesPieceByPiece) {
  const test::TemporaryFolder folder;
  Response response;
  const std::string path = folder.path() / "file";
  std::string content;
  for (int i = 0; content.size() < kLarge; ++i) content += std::to_string(i) + ",";
  std::ofstream(path, std::ios::binary) << content;
  response.file = std::make_shared<const FileDescriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(send_all(std::move(response)) == content);
}

}  // namespace
}  // namespace zest::http
