// Values for tests of the store, with every member set.
#pragma once

#include <string>

#include "store/store.h"

namespace zest::store {

inline Instant at(std::int64_t ms) { return instant_from_ms(1'767'225'600'000 + ms); }

inline Partner sample_partner(const std::string& client_id) {
  Partner partner;
  partner.client_id = client_id;
  partner.name = "Acme Syndicate";
  partner.tenant_slug = "acme";
  partner.public_key = std::string("\x00\xff\x01key of thirty-two raw bytes…", 32) + client_id;
  partner.webhook_url = "http://127.0.0.1:9000/hook";
  partner.webhook_secret = "whsec_0123";
  partner.provisioned = false;
  partner.auto_approve = Duration(1500);
  partner.auto_complete = Duration(0);
  partner.delivery_timeout = Duration(7000);
  partner.seeded = true;
  partner.tag = 0xfedcba98;
  partner.generation = 3;
  partner.created_at = at(1);
  return partner;
}

inline Lane sample_lane(const std::string& client_id) {
  Lane lane;
  lane.client_id = client_id;
  lane.clock.mode = ClockMode::Scaled;
  lane.clock.scale = 60;
  lane.clock.anchor_virtual = at(5);
  lane.clock.anchor_wall = at(6);
  lane.initial.mode = ClockMode::Manual;
  lane.initial.anchor_virtual = at(7);
  lane.initial.anchor_wall = at(8);
  lane.high_water = at(9);
  lane.paused = true;
  return lane;
}

inline SpvRequest sample_spv_request(const std::string& slug, const std::string& client_id) {
  SpvRequest request;
  request.slug = slug;
  request.client_id = client_id;
  request.tenant_slug = "acme";
  request.template_id = "syndicate_secondary";
  request.template_version = "1.0.0";
  request.attributes = Json::parse(R"({"z":1.5,"a":["ü\u0000",null,true],"n":18446744073709551615})");
  request.created_at = at(10);
  request.updated_at = at(10);
  ShareClass share_class;
  share_class.name = "Class A";
  share_class.slug = "sc_classA";
  share_class.carry_percent = "20.00";
  share_class.setup_fee = Json::parse(R"({"currency":"USD","value":"5000.00"})");
  request.share_classes.push_back(share_class);
  return request;
}

inline void approve(SpvRequest& request, const std::string& suffix) {
  request.status = SpvStatus::Approved;
  request.approved_at = at(20);
  request.updated_at = at(20);
  MaterialisedRefs refs;
  refs.opportunity_slug = "opp_" + suffix;
  refs.vehicle_slug = "veh_" + suffix;
  refs.sp_slug = "sp_" + suffix;
  refs.spc_slug = "spc_" + suffix;
  request.refs = refs;
}

inline Investor sample_investor(const std::string& person_id, const std::string& client_id) {
  Investor investor;
  investor.person_id = person_id;
  investor.client_id = client_id;
  investor.partner_investor_id = "own-" + person_id;
  investor.email = "jo@example.com";
  investor.first_name = std::string("J\0o", 3);
  investor.last_name = "Döe";
  investor.date_of_birth = "1980-02-29";
  investor.created_at = at(30);
  return investor;
}

inline Subscription sample_subscription(const std::string& slug, const std::string& client_id,
                                        const std::string& spv_slug, const std::string& person_id) {
  Subscription subscription;
  subscription.slug = slug;
  subscription.client_id = client_id;
  subscription.spv_slug = spv_slug;
  subscription.person_id = person_id;
  subscription.lump_sum = Money{"USD", "100000.10"};
  subscription.share_class_slug = "sc_classA";
  subscription.created_at = at(40);
  subscription.updated_at = at(40);
  return subscription;
}

inline Upload sample_upload(char digit) {
  Upload upload;
  upload.sha256 = std::string(64, digit);
  upload.size = 1234;
  upload.content_type = "application/pdf";
  upload.uploaded_at = at(50);
  return upload;
}

inline Event sample_event(const std::string& id, const std::string& client_id, const std::string& type) {
  Event event;
  event.id = id;
  event.type = type;
  event.client_id = client_id;
  event.occurred_at = at(60);
  event.body = R"({"eventId":")" + id + R"("})";
  event.subjects = {"sub_1", "veh_1", "psn_1"};
  return event;
}

inline Delivery sample_delivery(const std::string& id, const std::string& client_id,
                                const std::string& type) {
  Delivery delivery;
  delivery.id = id;
  delivery.client_id = client_id;
  delivery.event_type = type;
  delivery.subject = "sub_1";
  delivery.sequence = 1;
  delivery.next_attempt_at = at(60);
  delivery.created_at = at(60);
  return delivery;
}

inline Attempt sample_attempt(const std::string& delivery_id) {
  Attempt attempt;
  attempt.delivery_id = delivery_id;
  attempt.kind = AttemptKind::Tampered;
  attempt.schedule = 2;
  attempt.number = 3;
  attempt.virtual_time = at(70);
  attempt.wall_time = at(71);
  attempt.offset = Duration(330'000);
  attempt.latency = Duration(12);
  attempt.failure = "status";
  attempt.failure_detail = "answered 500";
  attempt.request_headers = {{"Zest-Event-Id", delivery_id}, {"User-Agent", "ZestWebhooks/1.0"}};
  attempt.response_status = 500;
  attempt.response_body = std::string("\xff\x00raw", 5);
  attempt.chaos_rule = "rule_1";
  return attempt;
}

// One value of each kind at least, of partner "a".
inline void fill_state(Write& tx) {
  tx.put_former_partner({"gone", 2});
  tx.put_partner(sample_partner("a"));
  tx.put_lane(sample_lane("a"));
  tx.next_counter("a", "svr");
  tx.next_counter("", "chr");
  SpvRequest request = sample_spv_request("svr_1", "a");
  approve(request, "1");
  tx.put_spv_request(request);
  tx.put_spv_request(sample_spv_request("svr_2", "a"));
  tx.put_investor(sample_investor("psn_1", "a"));
  Subscription subscription = sample_subscription("sub_1", "a", "veh_1", "psn_1");
  subscription.form = sample_upload('a');
  subscription.funding = FundingReceipt{sample_upload('b'), "100.10", "USD", "WIRE 1"};
  tx.put_subscription(subscription);
  tx.keep_replaced_upload({"a", std::string(64, 'c'), at(90)});
  tx.add_event(sample_event("wde_1", "a", "subscription.created"),
               sample_delivery("wde_1", "a", "subscription.created"));
  Delivery in_flight = sample_delivery("wde_2", "a", "investor.created");
  in_flight.status = DeliveryStatus::InFlight;
  in_flight.schedule_attempts = 1;
  in_flight.schedule_started_at = at(61);
  tx.add_event(sample_event("wde_2", "a", "investor.created"), in_flight);
  tx.add_attempt(sample_attempt("wde_2"));
  Timer timer;
  timer.client_id = "a";
  timer.kind = TimerKind::ExtraAttempt;
  timer.due_at = at(99);
  timer.sequence = 4;
  timer.subject = "wde_1";
  timer.payload = R"({"kind":"copy","number":1,"schedule":1,"rule":"r"})";
  tx.add_timer(timer);
  tx.put_reply("a", "key", StoredReply{"fingerprint", 201, "{}", at(1)});
  tx.add_chain("chain", "a");
  tx.next_access_token("chain");
  tx.expire_access_tokens("a");
  RefreshToken token;
  token.chain_id = "chain";
  token.client_id = "a";
  token.expires_at = at(1000);
  token.spent = true;
  tx.add_refresh_token("hash", token);
  tx.remember_jti("a", "jti", at(1000), at(0));
  tx.put_chaos_rule(
      {"r", std::nullopt, R"({"id":"r","on":"webhook","match":{},"action":{"type":"drop"},"enabled":true})"});
  tx.put_chaos_rule_lane(ChaosRuleLane{"r", "a", at(500), 3, 2});
  tx.put_delivery_chaos(DeliveryChaos{"wde_1", "a", {"r"}, {{"r", Duration(1500)}}, {"r"}});
  tx.hold_delivery(HeldDelivery{"wde_1", "a", "r", at(60), "investor.created", std::nullopt, false});
}

}  // namespace zest::store
