#include "delivery/signer.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace zest::delivery {
namespace {

const std::string kSecret = "whsec_00112233445566778899aabbccddeeff";
const std::string kBody = R"({"eventId":"wde_0000000000000001","data":{}})";
const Instant kSignedAt = instant_from_ms(1'767'225'600'123);  // 2026-01-01T00:00:00.123Z

TEST(Rules, SignatureIsHmacOverTimestampDotRawBodyWithTheWholeSecret) {
  const std::string header = zest_signature(kSecret, kSignedAt, kBody);
  EXPECT_EQ(header, "t=1767225600,v1=" + to_hex(hmac_sha256(kSecret, "1767225600." + kBody)));
}

TEST(Rules, WebhookHeadersAreTheDocumentedOnes) {
  Event event;
  event.id = "wde_0000000000000001";
  event.type = "spv_request.created";
  const auto headers = webhook_headers(event, "t=1,v1=2");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"Content-Type", "application/json"},
      {"Zest-Signature", "t=1,v1=2"},
      {"Zest-Event-Id", "wde_0000000000000001"},
      {"Zest-Event-Type", "spv_request.created"},
      {"User-Agent", "ZestWebhooks/1.0"}};
  EXPECT_EQ(headers, expected);
}

TEST(Signature, IsAcceptedUpTo300SecondsEitherWay) {
  const std::string header = zest_signature(kSecret, kSignedAt, kBody);
  const auto check = [&header](std::int64_t shift_ms) {
    return check_signature(kSecret, header, kBody, kSignedAt + Duration(shift_ms));
  };
  EXPECT_EQ(check(0), SignatureCheck::Valid);
  EXPECT_EQ(check(300'000), SignatureCheck::Valid);
  EXPECT_EQ(check(301'000), SignatureCheck::Stale);
  EXPECT_EQ(check(-300'000), SignatureCheck::Valid);
  EXPECT_EQ(check(-301'000), SignatureCheck::Future);
}

TEST(Signature, UnknownVersionsAreIgnored) {
  const std::string header = zest_signature(kSecret, kSignedAt, kBody) + ",v2=ffff,x=1";
  EXPECT_EQ(check_signature(kSecret, header, kBody, kSignedAt), SignatureCheck::Valid);
}

TEST(Signature, EveryFlawHasItsName) {
  const std::string header = zest_signature(kSecret, kSignedAt, kBody);
  EXPECT_EQ(check_signature(kSecret, "", kBody, kSignedAt), SignatureCheck::MissingHeader);
  EXPECT_EQ(check_signature(kSecret, "nonsense", kBody, kSignedAt), SignatureCheck::Malformed);
  EXPECT_EQ(check_signature(kSecret, "v1=00", kBody, kSignedAt), SignatureCheck::Malformed);
  EXPECT_EQ(check_signature(kSecret, "t=12x,v1=00", kBody, kSignedAt), SignatureCheck::Malformed);
  EXPECT_EQ(check_signature(kSecret, "t=1767225600,v2=00", kBody, kSignedAt), SignatureCheck::NoKnownVersion);
  EXPECT_EQ(check_signature("whsec_other", header, kBody, kSignedAt), SignatureCheck::Mismatch);
  EXPECT_EQ(check_signature(kSecret, header, kBody + " ", kSignedAt), SignatureCheck::Mismatch);
  EXPECT_EQ(check_signature(kSecret.substr(6), header, kBody, kSignedAt), SignatureCheck::Mismatch);
}

}  // namespace
}  // namespace zest::delivery
