// What is put comes back the same, also from another process's point of view: after closing and opening
// again.
#include "store/store_fixture.h"

namespace zest::store {
namespace {

class RoundTrip : public ConformanceTest {};

void expect_same(const LaneClock& a, const LaneClock& b) {
  EXPECT_EQ(a.mode, b.mode);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.anchor_virtual, b.anchor_virtual);
  EXPECT_EQ(a.anchor_wall, b.anchor_wall);
}

void expect_same(const std::optional<Upload>& a, const std::optional<Upload>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ(a->sha256, b->sha256);
  EXPECT_EQ(a->size, b->size);
  EXPECT_EQ(a->content_type, b->content_type);
  EXPECT_EQ(a->uploaded_at, b->uploaded_at);
}

TEST_P(RoundTrip, Partner) {
  const Partner put = sample_partner("client_acme");
  Partner bare = sample_partner("client_bare");
  bare.webhook_url.reset();
  bare.auto_approve.reset();
  bare.auto_complete.reset();
  change([&](Write& tx) {
    tx.put_partner(put);
    tx.put_partner(bare);
  });
  reopen();
  const Partner got = look([](Read& tx) { return tx.partner("client_acme"); }).value();
  EXPECT_EQ(got.client_id, put.client_id);
  EXPECT_EQ(got.name, put.name);
  EXPECT_EQ(got.tenant_slug, put.tenant_slug);
  EXPECT_EQ(got.public_key, put.public_key);
  EXPECT_EQ(got.webhook_url, put.webhook_url);
  EXPECT_EQ(got.webhook_secret, put.webhook_secret);
  EXPECT_EQ(got.provisioned, put.provisioned);
  EXPECT_EQ(got.auto_approve, put.auto_approve);
  EXPECT_EQ(got.auto_complete, put.auto_complete);
  EXPECT_EQ(got.delivery_timeout, put.delivery_timeout);
  EXPECT_EQ(got.seeded, put.seeded);
  EXPECT_EQ(got.tag, put.tag);
  EXPECT_EQ(got.generation, put.generation);
  EXPECT_EQ(got.created_at, put.created_at);
  const Partner got_bare = look([&](Read& tx) { return tx.partner_by_key(bare.public_key); }).value();
  EXPECT_EQ(got_bare.client_id, "client_bare");
  EXPECT_EQ(got_bare.webhook_url, std::nullopt);
  EXPECT_EQ(got_bare.auto_approve, std::nullopt);
  EXPECT_FALSE(look([](Read& tx) { return tx.partner("nobody"); }).has_value());
}

TEST_P(RoundTrip, PartnersKeepTheirOrderWhenReplaced) {
  change([](Write& tx) {
    tx.put_partner(sample_partner("zeta"));
    tx.put_partner(sample_partner("alpha"));
    Partner renamed = sample_partner("zeta");
    renamed.name = "Zeta";
    tx.put_partner(renamed);
  });
  const std::vector<Partner> partners = look([](Read& tx) { return tx.partners(); });
  ASSERT_EQ(partners.size(), 2U);
  EXPECT_EQ(partners[0].name, "Zeta");
  EXPECT_EQ(partners[1].client_id, "alpha");
}

TEST_P(RoundTrip, Lane) {
  const Lane put = sample_lane("client_acme");
  change([&](Write& tx) { tx.put_lane(put); });
  reopen();
  const Lane got = look([](Read& tx) { return tx.lane("client_acme"); }).value();
  expect_same(got.clock, put.clock);
  expect_same(got.initial, put.initial);
  EXPECT_EQ(got.high_water, put.high_water);
  EXPECT_TRUE(got.paused);
}

TEST_P(RoundTrip, SpvRequest) {
  SpvRequest put = sample_spv_request("svr_1", "client_acme");
  change([&](Write& tx) { tx.put_spv_request(put); });
  SpvRequest got = look([](Read& tx) { return tx.spv_request("svr_1"); }).value();
  EXPECT_EQ(got.status, SpvStatus::PendingReview);
  EXPECT_EQ(got.attributes, put.attributes);
  EXPECT_EQ(dump_json(got.attributes), dump_json(put.attributes));
  EXPECT_FALSE(got.refs.has_value());
  ASSERT_EQ(got.share_classes.size(), 1U);
  EXPECT_EQ(got.share_classes[0].name, "Class A");
  EXPECT_EQ(got.share_classes[0].slug, "sc_classA");
  EXPECT_EQ(got.share_classes[0].management_fee_percent, std::nullopt);
  EXPECT_EQ(got.share_classes[0].carry_percent, "20.00");
  EXPECT_EQ(got.share_classes[0].setup_fee, put.share_classes[0].setup_fee);

  approve(put, "1");
  change([&](Write& tx) { tx.put_spv_request(put); });
  reopen();
  got = look([](Read& tx) { return tx.spv_request_by_vehicle("veh_1"); }).value();
  EXPECT_EQ(got.slug, "svr_1");
  EXPECT_EQ(got.tenant_slug, put.tenant_slug);
  EXPECT_EQ(got.template_id, put.template_id);
  EXPECT_EQ(got.template_version, put.template_version);
  EXPECT_EQ(got.status, SpvStatus::Approved);
  EXPECT_EQ(got.approved_at, put.approved_at);
  EXPECT_EQ(got.cancelled_at, std::nullopt);
  EXPECT_EQ(got.rejection_reason, std::nullopt);
  EXPECT_EQ(got.created_at, put.created_at);
  EXPECT_EQ(got.updated_at, put.updated_at);
  ASSERT_TRUE(got.refs.has_value());
  EXPECT_EQ(got.refs->opportunity_slug, "opp_1");
  EXPECT_EQ(got.refs->sp_slug, "sp_1");
  EXPECT_EQ(got.refs->spc_slug, "spc_1");
}

TEST_P(RoundTrip, Investor) {
  Investor put = sample_investor("psn_1", "client_acme");
  put.country_of_residence = "DE";
  change([&](Write& tx) { tx.put_investor(put); });
  reopen();
  const Investor got =
      look([](Read& tx) { return tx.investor_by_partner_id("client_acme", "own-psn_1"); }).value();
  EXPECT_EQ(got.person_id, put.person_id);
  EXPECT_EQ(got.email, put.email);
  EXPECT_EQ(got.first_name, put.first_name);
  EXPECT_EQ(got.last_name, put.last_name);
  EXPECT_EQ(got.date_of_birth, put.date_of_birth);
  EXPECT_EQ(got.country_of_residence, "DE");
  EXPECT_EQ(got.created_at, put.created_at);
  EXPECT_TRUE(look([](Read& tx) { return tx.investor("psn_1"); }).has_value());
  EXPECT_FALSE(look([](Read& tx) { return tx.investor_by_partner_id("other", "own-psn_1"); }).has_value());
}

TEST_P(RoundTrip, Subscription) {
  Subscription put = sample_subscription("sub_1", "client_acme", "veh_1", "psn_1");
  change([&](Write& tx) { tx.put_subscription(put); });
  Subscription got = look([](Read& tx) { return tx.subscription("sub_1"); }).value();
  EXPECT_FALSE(got.form.has_value());
  EXPECT_FALSE(got.funding.has_value());
  EXPECT_EQ(got.status, SubscriptionStatus::Pending);

  put.partner_subscription_id = "own-1";
  put.form = sample_upload('a');
  put.funding = FundingReceipt{sample_upload('b'), "100.10", "USD", "WIRE 1"};
  put.status = SubscriptionStatus::Completed;
  put.completed_at = at(90);
  put.updated_at = at(90);
  change([&](Write& tx) { tx.put_subscription(put); });
  reopen();
  got = look([](Read& tx) { return tx.subscription_of("veh_1", "psn_1"); }).value();
  EXPECT_EQ(got.slug, "sub_1");
  EXPECT_EQ(got.client_id, "client_acme");
  EXPECT_EQ(got.partner_subscription_id, "own-1");
  EXPECT_EQ(got.lump_sum.currency, "USD");
  EXPECT_EQ(got.lump_sum.value, "100000.10");
  EXPECT_EQ(got.share_class_slug, "sc_classA");
  EXPECT_EQ(got.status, SubscriptionStatus::Completed);
  expect_same(got.form, put.form);
  ASSERT_TRUE(got.funding.has_value());
  expect_same(got.funding->upload, put.funding->upload);
  EXPECT_EQ(got.funding->amount, "100.10");
  EXPECT_EQ(got.funding->currency, "USD");
  EXPECT_EQ(got.funding->wire_reference, "WIRE 1");
  EXPECT_EQ(got.created_at, put.created_at);
  EXPECT_EQ(got.updated_at, put.updated_at);
  EXPECT_EQ(got.completed_at, put.completed_at);
  EXPECT_FALSE(got.completion_emitted);
  EXPECT_EQ(look([](Read& tx) { return tx.completions_to_emit("client_acme"); }).size(), 1U);
  EXPECT_EQ(look([](Read& tx) { return tx.referenced_uploads(); }),
            (std::vector<std::string>{std::string(64, 'a'), std::string(64, 'b')}));

  put.completion_emitted = true;
  change([&](Write& tx) { tx.put_subscription(put); });
  EXPECT_TRUE(look([](Read& tx) { return tx.completions_to_emit("client_acme"); }).empty());
}

TEST_P(RoundTrip, EventDeliveryAndAttempts) {
  const Event event = sample_event("wde_1", "client_acme", "subscription.created");
  Delivery put = sample_delivery("wde_1", "client_acme", "subscription.created");
  const Attempt attempt = sample_attempt("wde_1");
  Attempt second = attempt;
  second.kind = AttemptKind::Scheduled;
  second.delivered = true;
  change([&](Write& tx) {
    tx.add_event(event, put);
    put.status = DeliveryStatus::Retrying;
    put.attempt_count = 7;
    put.schedule = 2;
    put.schedule_attempts = 1;
    put.sequence = 0xffffffffULL;
    put.schedule_started_at = at(65);
    tx.put_delivery(put);
    tx.add_attempt(attempt);
    tx.add_attempt(second);
  });
  reopen();
  const Event got_event = look([](Read& tx) { return tx.event("wde_1"); }).value();
  EXPECT_EQ(got_event.type, event.type);
  EXPECT_EQ(got_event.client_id, event.client_id);
  EXPECT_EQ(got_event.occurred_at, event.occurred_at);
  EXPECT_EQ(got_event.body, event.body);
  EXPECT_EQ(got_event.subjects, event.subjects);
  const Delivery got = look([](Read& tx) { return tx.delivery("wde_1"); }).value();
  EXPECT_EQ(got.client_id, put.client_id);
  EXPECT_EQ(got.event_type, put.event_type);
  EXPECT_EQ(got.subject, put.subject);
  EXPECT_EQ(got.status, DeliveryStatus::Retrying);
  EXPECT_EQ(got.attempt_count, 7);
  EXPECT_EQ(got.schedule, 2);
  EXPECT_EQ(got.schedule_attempts, 1);
  EXPECT_EQ(got.sequence, 0xffffffffULL);
  EXPECT_EQ(got.next_attempt_at, put.next_attempt_at);
  EXPECT_EQ(got.schedule_started_at, put.schedule_started_at);
  EXPECT_EQ(got.created_at, put.created_at);
  const std::vector<Attempt> attempts = look([](Read& tx) { return tx.attempts("wde_1"); });
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].delivery_id, "wde_1");
  EXPECT_EQ(attempts[0].kind, AttemptKind::Tampered);
  EXPECT_EQ(attempts[0].schedule, 2);
  EXPECT_EQ(attempts[0].number, 3);
  EXPECT_EQ(attempts[0].virtual_time, attempt.virtual_time);
  EXPECT_EQ(attempts[0].wall_time, attempt.wall_time);
  EXPECT_EQ(attempts[0].offset, attempt.offset);
  EXPECT_EQ(attempts[0].latency, attempt.latency);
  EXPECT_FALSE(attempts[0].delivered);
  EXPECT_EQ(attempts[0].failure, attempt.failure);
  EXPECT_EQ(attempts[0].failure_detail, attempt.failure_detail);
  EXPECT_EQ(attempts[0].request_headers, attempt.request_headers);
  EXPECT_EQ(attempts[0].response_status, 500);
  EXPECT_EQ(attempts[0].response_body, attempt.response_body);
  EXPECT_EQ(attempts[0].chaos_rule, "rule_1");
  EXPECT_TRUE(attempts[1].delivered);
}

TEST_P(RoundTrip, MetaCountersAndTimers) {
  std::int64_t id = 0;
  change([&](Write& tx) {
    tx.set_meta("seed", "1");
    tx.set_meta("seed", "42");
    EXPECT_EQ(tx.next_counter("a", "svr"), 1U);
    EXPECT_EQ(tx.next_counter("a", "svr"), 2U);
    EXPECT_EQ(tx.next_counter("a", "sub"), 1U);
    EXPECT_EQ(tx.next_counter("b", "svr"), 1U);
    tx.clear_counters("a");
    EXPECT_EQ(tx.next_counter("a", "svr"), 1U);
    EXPECT_EQ(tx.next_counter("b", "svr"), 2U);
    Timer timer;
    timer.client_id = "a";
    timer.kind = TimerKind::ExtraAttempt;
    timer.due_at = at(5);
    timer.sequence = 9;
    timer.subject = "wde_1";
    timer.payload = "{}";
    id = tx.add_timer(timer);
    EXPECT_TRUE(tx.has_timer("a", TimerKind::ExtraAttempt, "wde_1"));
    EXPECT_FALSE(tx.has_timer("a", TimerKind::Release, "wde_1"));
  });
  reopen();
  EXPECT_EQ(look([](Read& tx) { return tx.meta("seed"); }), "42");
  EXPECT_EQ(look([](Read& tx) { return tx.meta("other"); }), std::nullopt);
  EXPECT_EQ(look([](Read& tx) { return tx.next_due("a", true); }), at(5));
  const Timer got = std::get<Timer>(look([](Read& tx) { return tx.due_work("a", at(5), true); }).value());
  EXPECT_EQ(got.due_at, at(5));
  EXPECT_EQ(got.sequence, 9U);
  EXPECT_EQ(got.id, id);
  EXPECT_EQ(got.kind, TimerKind::ExtraAttempt);
  EXPECT_EQ(got.subject, "wde_1");
  EXPECT_EQ(got.payload, "{}");
  change([&](Write& tx) {
    tx.remove_timer(id);
    EXPECT_GT(tx.add_timer(got), id);
    tx.remove_timers("a", TimerKind::ExtraAttempt, "wde_1");
    EXPECT_FALSE(tx.has_timer("a", TimerKind::ExtraAttempt, "wde_1"));
  });
}

TEST_P(RoundTrip, RepliesAndTheirExpiry) {
  change([](Write& tx) {
    StoredReply reply;
    reply.fingerprint = std::string("\x00\x01", 2);
    reply.status = 201;
    reply.body = R"({"ü":1.10})";
    reply.expires_at = at(100);
    tx.put_reply("a", "key", reply);
    tx.put_reply("b", "key", reply);
  });
  reopen();
  const StoredReply got = look([](Read& tx) { return tx.reply("a", "key"); }).value();
  EXPECT_EQ(got.fingerprint, std::string("\x00\x01", 2));
  EXPECT_EQ(got.status, 201);
  EXPECT_EQ(got.body, R"({"ü":1.10})");
  EXPECT_EQ(got.expires_at, at(100));
  change([](Write& tx) { tx.prune_replies("a", at(99)); });
  EXPECT_TRUE(look([](Read& tx) { return tx.reply("a", "key"); }).has_value());
  change([](Write& tx) { tx.prune_replies("a", at(100)); });
  EXPECT_FALSE(look([](Read& tx) { return tx.reply("a", "key"); }).has_value());
  EXPECT_TRUE(look([](Read& tx) { return tx.reply("b", "key"); }).has_value());
}

TEST_P(RoundTrip, TokensAndChains) {
  const std::string hash("\x01\x00\x02", 3);
  change([&](Write& tx) {
    tx.add_chain("chain_1", "a");
    RefreshToken token;
    token.chain_id = "chain_1";
    token.client_id = "a";
    token.expires_at = at(1000);
    tx.add_refresh_token(hash, token);
  });
  reopen();
  RefreshToken got = look([&](Read& tx) { return tx.refresh_token(hash); }).value();
  EXPECT_EQ(got.chain_id, "chain_1");
  EXPECT_EQ(got.client_id, "a");
  EXPECT_EQ(got.expires_at, at(1000));
  EXPECT_FALSE(got.spent);
  EXPECT_FALSE(got.revoked);
  EXPECT_FALSE(look([](Read& tx) { return tx.chain_revoked("chain_1"); }));
  EXPECT_TRUE(look([](Read& tx) { return tx.chain_revoked("unknown"); }));
  change([&](Write& tx) {
    tx.spend_refresh_token(hash);
    tx.revoke_all_chains("b");
  });
  EXPECT_TRUE(look([&](Read& tx) { return tx.refresh_token(hash); })->spent);
  EXPECT_FALSE(look([](Read& tx) { return tx.chain_revoked("chain_1"); }));
  change([](Write& tx) { tx.revoke_chain("chain_1"); });
  EXPECT_TRUE(look([&](Read& tx) { return tx.refresh_token(hash); })->revoked);
  EXPECT_TRUE(look([](Read& tx) { return tx.chain_revoked("chain_1"); }));
}

TEST_P(RoundTrip, AssertionIdsAreRememberedUntilTheyExpire) {
  change([](Write& tx) {
    EXPECT_TRUE(tx.remember_jti("a", "jti-1", at(100), at(0)));
    EXPECT_FALSE(tx.remember_jti("a", "jti-1", at(100), at(99)));
    EXPECT_TRUE(tx.remember_jti("b", "jti-1", at(100), at(99)));
    EXPECT_TRUE(tx.remember_jti("a", "jti-1", at(300), at(100)));
  });
}

TEST_P(RoundTrip, ChaosRulesKeepTheirPlace) {
  change([](Write& tx) {
    tx.put_chaos_rule(ChaosRuleRow{"r1", "a", R"({"v":1})"});
    tx.put_chaos_rule(ChaosRuleRow{"r2", std::nullopt, R"({"v":2})"});
    tx.put_chaos_rule(ChaosRuleRow{"r1", "b", R"({"v":3})"});
  });
  reopen();
  const std::vector<ChaosRuleRow> rules = look([](Read& tx) { return tx.chaos_rules(); });
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].id, "r1");
  EXPECT_EQ(rules[0].client_id, "b");
  EXPECT_EQ(rules[0].document, R"({"v":3})");
  EXPECT_EQ(rules[1].client_id, std::nullopt);
  change([](Write& tx) {
    EXPECT_TRUE(tx.remove_chaos_rule("r1"));
    EXPECT_FALSE(tx.remove_chaos_rule("r1"));
  });
}

ZEST_FOR_EVERY_BACKEND(RoundTrip);

}  // namespace
}  // namespace zest::store
