#ifndef ZEST_STOCK_LISTENER  // the portable listener has the library parse
#include "http/request_head.h"

#include <gtest/gtest.h>

namespace zest::http {
namespace {

RequestHead parsed(const std::string& block) {
  const Limits limits;
  Gate gate(limits);
  EXPECT_EQ(gate.scan(block), Gate::Verdict::Complete);
  const GatedHead gated = gate.head(block);
  EXPECT_EQ(gated.length, block.size());
  auto head = request_head(gated);
  EXPECT_TRUE(std::holds_alternative<RequestHead>(head));
  return std::holds_alternative<RequestHead>(head) ? std::get<RequestHead>(std::move(head)) : RequestHead();
}

TEST(Gate, SkipsEmptyLinesBeforeARequest) {
  EXPECT_EQ(parsed("\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n").path, "/x");
}

TEST(RequestHead, KeepsHeaderValuesAsTheyWereSent) {
  const RequestHead head = parsed(
      "POST /a%20b?x=%41&y=?z HTTP/1.1\r\nHost: a:80\r\nIdempotency-Key: a%0d%0ab %u0041 100%\r\nX:  two  "
      "words \r\n"
      "X-Latin: \xE9\r\nEmpty:\r\nX: again\r\n\r\n");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a%20b?x=%41&y=?z");
  EXPECT_EQ(head.path, "/a%20b");
  EXPECT_EQ(head.query, "x=%41&y=?z");
  EXPECT_EQ(*head.headers.find("idempotency-key"), "a%0d%0ab %u0041 100%");
  EXPECT_EQ(*head.headers.find("X"), "two  words");
  EXPECT_EQ(head.headers.count("X"), 2U);
  EXPECT_EQ(*head.headers.find("X-Latin"), "\xE9");
  EXPECT_EQ(*head.headers.find("Empty"), "");
}

TEST(RequestHead, NeverLetsHeadersPoseAsThePeer) {
  const RequestHead head = parsed(
      "GET / HTTP/1.1\r\nHost: a\r\nREMOTE_ADDR: 6.6.6.6\r\nremote_port: 1\r\nLocal_Addr: x\r\nLOCAL_PORT: "
      "2\r\n\r\n");
  EXPECT_EQ(head.headers.fields().size(), 1U);
}

TEST(RequestHead, PassesMethodsThatNobodyKnows) {
  EXPECT_EQ(parsed("PROPFIND /x HTTP/1.1\r\nHost: a\r\n\r\n").method, "PROPFIND");
}

TEST(RequestHead, ReadsAbsoluteTargets) {
  const RequestHead head = parsed("GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n");
  EXPECT_EQ(head.target, "http://a.example/x?y");
  EXPECT_EQ(head.path, "/x");
  EXPECT_EQ(head.query, "y");
  EXPECT_EQ(parsed("GET http://a.example?y HTTP/1.1\r\nHost: a\r\n\r\n").path, "/");
  EXPECT_EQ(parsed("GET HTTP://A.EXAMPLE/X HTTP/1.1\r\nHost: a\r\n\r\n").path, "/X");
}

// Browsers send a sandbox on localhost the cookies of all that was ever developed there.
TEST(RequestHead, TakesAllCookiesOfAHost) {
  const std::string cookies = "a=" + std::string(32 * 1024 - 20, 'x');
  const RequestHead head = parsed("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8000, 'x') +
                                  "\r\nCookie: " + cookies + "\r\nY: " + std::string(8000, 'y') + "\r\n\r\n");
  EXPECT_EQ(*head.headers.find("Cookie"), cookies);
  EXPECT_EQ(head.headers.find("Y")->size(), 8000U);
}

TEST(RequestHead, RefusesALineOfMoreThanEightKib) {
  const Limits limits;
  const std::string block = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'x') + "\r\n\r\n";
  Gate gate(limits);
  ASSERT_EQ(gate.scan(block), Gate::Verdict::Complete);
  const auto head = request_head(gate.head(block));
  ASSERT_TRUE(std::holds_alternative<Problem>(head));
  EXPECT_EQ(std::get<Problem>(head).refusal, Refusal::HeadersTooLarge);
}

}  // namespace
}  // namespace zest::http
#endif
