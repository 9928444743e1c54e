#include "client/webhook_handler.h"

#include <gtest/gtest.h>

namespace zest::client {
namespace {

constexpr Instant kHandled = instant_from_ms(1'767'225'600'000);

Received event(const std::string& id, const std::string& type, Duration occurred,
               const char* status = nullptr) {
  Received received;
  received.envelope = {{"eventId", id}, {"eventType", type}, {"data", {{"subscriptionSlug", "sub_1"}}}};
  if (status) received.envelope["data"]["status"] = status;
  received.event_id = id;
  received.event_type = type;
  received.occurred_at = kHandled + occurred;
  return received;
}

const Received kCreated = event("wde_1", "subscription.created", Duration(0), "pending");
const Received kFunded = event("wde_2", "funding_receipt.uploaded", Duration(1));
const Received kCompleted = event("wde_3", "subscription.completed", Duration(2), "completed");

TEST(WebhookHandler, OrdersByOccurredAtWhateverArrivesFirst) {
  WebhookHandler handler;
  EXPECT_EQ(handler.handle(kCreated, kHandled).how, Handling::Applied);
  EXPECT_EQ(handler.handle(kCompleted, kHandled).how, Handling::Applied);
  const Handled late = handler.handle(kFunded, kHandled);
  EXPECT_EQ(late.how, Handling::Late);
  EXPECT_EQ(late.known->event_type, "subscription.completed");
  EXPECT_EQ(handler.state_of("sub_1")->state, "completed");
  EXPECT_EQ(handler.state_of("sub_1")->applied, 2u);
  EXPECT_FALSE(handler.state_of("sub_2").has_value());
}

TEST(WebhookHandler, RemembersEventIdsFor24Hours) {
  WebhookHandler handler;
  EXPECT_EQ(handler.handle(kFunded, kHandled).how, Handling::Applied);
  EXPECT_EQ(handler.handle(kFunded, kHandled + kDedupWindow - Duration(1)).how, Handling::Duplicate);
  // Then the order of events is what protects.
  EXPECT_EQ(handler.handle(kFunded, kHandled + kDedupWindow).how, Handling::Late);
  EXPECT_EQ(handler.state_of("sub_1")->state, "funded");
}

TEST(WebhookHandler, WhatIsRefusedOrNotAcceptedChangesNothing) {
  WebhookHandler handler;
  Received forged = kCreated;
  forged.refusal = "the v1 signature does not match";
  EXPECT_EQ(handler.handle(forged, kHandled).how, Handling::Refused);
  Received failed = kCreated;
  failed.answer.status = 500;
  EXPECT_EQ(handler.handle(failed, kHandled).how, Handling::NotTaken);
  EXPECT_FALSE(handler.state_of("sub_1").has_value());
  EXPECT_EQ(handler.handle(kCreated, kHandled).how, Handling::Applied);
}

TEST(WebhookHandler, TheNaiveOneDoesWhatComesLast) {
  WebhookHandler handler(HandlerKind::Naive);
  for (const Received* each : {&kCompleted, &kFunded, &kFunded}) handler.handle(*each, kHandled);
  EXPECT_EQ(handler.state_of("sub_1")->state, "funded");
  EXPECT_EQ(handler.state_of("sub_1")->applied, 3u);
}

}  // namespace
}  // namespace zest::client
