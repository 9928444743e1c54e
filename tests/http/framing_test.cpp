#include "http/framing.h"

#include <gtest/gtest.h>

namespace zest::http {
namespace {

RequestHead head_with(std::initializer_list<std::pair<const char*, const char*>> fields,
                      const char* method = "POST") {
  RequestHead head;
  head.method = method;
  for (const auto& [name, value] : fields) head.headers.add(name, value);
  return head;
}

Framing framed(const RequestHead& head, int minor_version = 1) {
  auto framing = read_framing(head, minor_version);
  EXPECT_TRUE(std::holds_alternative<Framing>(framing));
  return std::holds_alternative<Framing>(framing) ? std::get<Framing>(framing) : Framing();
}

std::optional<Refusal> refusal_of(const RequestHead& head, int minor_version = 1) {
  const auto framing = read_framing(head, minor_version);
  const auto* problem = std::get_if<Problem>(&framing);
  return problem ? std::optional(problem->refusal) : std::nullopt;
}

TEST(Framing, ARequestWithoutLengthHasNoBody) {
  EXPECT_FALSE(framed(head_with({})).has_body());
  EXPECT_FALSE(framed(head_with({{"Content-Length", "0"}}, "GET")).has_body());
}

TEST(Framing, ReadsLengthAndChunks) {
  // A number that leaves every range is one all the same: the body is too large, not malformed.
  EXPECT_EQ(framed(head_with({{"Content-Length", "99999999999999999999"}})).length,
            1'000'000'000'000'000'000U);
  EXPECT_EQ(framed(head_with({{"Content-Length", "17"}})).length, 17U);
  EXPECT_TRUE(framed(head_with({{"Transfer-Encoding", "Chunked"}})).chunked);
  EXPECT_TRUE(framed(head_with({{"Expect", "100-Continue"}})).expects_continue);
  EXPECT_FALSE(framed(head_with({{"Expect", "100-continue"}}), 0).expects_continue);
}

TEST(Framing, RefusesWhatReadersCouldUnderstandDifferently) {
  const auto malformed = Refusal::MalformedRequest;
  EXPECT_EQ(refusal_of(head_with({{"Content-Length", "1"}, {"content-length", "1"}})), malformed);
  EXPECT_EQ(refusal_of(head_with({{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}})), malformed);
  EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "chunked"}}), 0), malformed);
  for (const char* length : {"", "-1", "+1", "1,1", "0x1", "1 1", "abc"}) {
    EXPECT_EQ(refusal_of(head_with({{"Content-Length", length}})), malformed) << length;
  }
}

TEST(Framing, RefusesCodingsItCannotRead) {
  const auto unsupported = Refusal::UnsupportedEncoding;
  EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "gzip, chunked"}})), unsupported);
  EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "identity"}})), unsupported);
  EXPECT_EQ(refusal_of(head_with({{"Content-Encoding", "gzip"}})), unsupported);
  EXPECT_EQ(refusal_of(head_with({{"Content-Encoding", "identity"}})), std::nullopt);
}

TEST(Framing, KeepsConnectionsByVersionAndWish) {
  EXPECT_TRUE(framed(head_with({})).keep_alive);
  EXPECT_FALSE(framed(head_with({}), 0).keep_alive);
  EXPECT_TRUE(framed(head_with({{"Connection", "Keep-Alive"}}), 0).keep_alive);
  EXPECT_FALSE(framed(head_with({{"Connection", "upgrade, Close"}})).keep_alive);
}

struct Decoded {
  std::string content;
  std::size_t used = 0;
  bool done = false;
  bool broken = false;
};

Decoded decode(std::string_view body, std::size_t piece) {
  ChunkedDecoder decoder;
  Decoded decoded;
  while (!body.empty() && !decoder.done() && !decoder.problem()) {
    const std::size_t used = decoder.feed(body.substr(0, piece), [&decoded](std::string_view bytes) {
      decoded.content += bytes;
      return true;
    });
    decoded.used += used;
    body.remove_prefix(used);
  }
  decoded.done = decoder.done();
  decoded.broken = decoder.problem().has_value();
  return decoded;
}

TEST(ChunkedDecoder, ReadsABodyInPiecesOfAnySize) {
  const std::string body = "5\r\nhello\r\nA;ext=1\r\n, world!!!\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t piece = 1; piece <= body.size() + 4; ++piece) {
    const Decoded decoded = decode(body + "NEXT", piece);
    EXPECT_EQ(decoded.content, "hello, world!!!") << piece;
    EXPECT_TRUE(decoded.done) << piece;
    EXPECT_EQ(decoded.used, body.size()) << piece;
  }
}

TEST(ChunkedDecoder, RefusesBrokenChunks) {
  for (const char* body : {"-5\r\nhello", "5\nhello", " 5\r\nhello", "0x5\r\nhello", "\r\n", "5 \r\nhello",
                           "fffffffffffffffff\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n", "0\r\nTrailer\n"}) {
    EXPECT_TRUE(decode(body, 1).broken) << body;
    EXPECT_TRUE(decode(body, 100).broken) << body;
  }
  EXPECT_TRUE(decode(std::string(1000, '1'), 1000).broken);
  EXPECT_TRUE(decode("5;" + std::string(1000, 'x'), 1000).broken);
}

TEST(ChunkedDecoder, StopsWhenTheSinkDoes) {
  ChunkedDecoder decoder;
  std::string content;
  const std::size_t used = decoder.feed("3\r\nabc\r\n3\r\ndef\r\n", [&content](std::string_view bytes) {
    content += bytes;
    return false;
  });
  EXPECT_EQ(content, "abc");
  EXPECT_EQ(used, 6U);
}

}  // namespace
}  // namespace zest::http
