// The receiver's check against the sender's code: each proves the other.
#include "client/webhook_signature.h"

#include <gtest/gtest.h>

#include "delivery/signer.h"

namespace zest::client {
namespace {

constexpr std::string_view kSecret = "whsec_0123456789abcdef";
constexpr std::string_view kBody = R"({"eventId":"wde_1"})";
const Instant kNow = instant_from_ms(1'767'225'600'000);

std::string why(const std::string& header, std::string_view body = kBody, Duration later = Duration{0}) {
  Result<void> verified = verify_webhook(kSecret, &header, body, kNow + later);
  return verified.ok() ? "" : verified.error().detail;
}

TEST(WebhookSignature, AcceptsWhatTheSenderSigned) {
  EXPECT_EQ(why(delivery::zest_signature(kSecret, kNow, kBody)), "");
  EXPECT_EQ(sign_webhook(kSecret, kBody, kNow), delivery::zest_signature(kSecret, kNow, kBody));
}

TEST(WebhookSignature, KnownAnswer) {
  EXPECT_EQ(sign_webhook("whsec_00", "{}", instant_from_ms(1'000'000'999)),
            "t=1000000,v1=e9df536c21c85e2457545278fcd86bb0ac90365ea7343b09efbdfb52a8f067d8");
}

TEST(WebhookSignature, RefusesOtherBodiesAndSecrets) {
  const std::string header = delivery::zest_signature(kSecret, kNow, kBody);
  EXPECT_NE(why(header, R"({"eventId":"wde_2"})").find("does not match"), std::string::npos);
  EXPECT_NE(why(delivery::zest_signature("whsec_other", kNow, kBody)).find("does not match"),
            std::string::npos);
}

TEST(WebhookSignature, ToleratesThreeHundredSecondsEitherWay) {
  const std::string header = delivery::zest_signature(kSecret, kNow, kBody);
  EXPECT_EQ(why(header, kBody, Duration{300'000}), "");
  EXPECT_EQ(why(header, kBody, Duration{-300'000}), "");
  EXPECT_NE(why(header, kBody, Duration{301'000}).find("old"), std::string::npos);
  EXPECT_NE(why(header, kBody, Duration{-301'000}).find("ahead"), std::string::npos);
}

TEST(WebhookSignature, SkipsUnknownVersions) {
  const std::string header = delivery::zest_signature(kSecret, kNow, kBody);
  EXPECT_EQ(why(header + ",v2=abc"), "");
  EXPECT_EQ(why("v0=abc," + header), "");
}

TEST(WebhookSignature, SaysWhatIsWrongWithTheHeader) {
  EXPECT_FALSE(verify_webhook(kSecret, nullptr, kBody, kNow).ok());
  EXPECT_NE(why("").find("not of the form"), std::string::npos);
  EXPECT_NE(why("nonsense").find("not of the form"), std::string::npos);
  EXPECT_NE(why("t=soon,v1=aa").find("not of the form"), std::string::npos);
  EXPECT_NE(why("t=1767225600,v2=aa").find("no v1"), std::string::npos);
}

}  // namespace
}  // namespace zest::client
