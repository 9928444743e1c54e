#include "store/sqlite/write.h"

#include <algorithm>

#include "store/sqlite/rows.h"

namespace zest::store {
namespace {
constexpr std::size_t kRepliesBetweenPrunes = 997;  // prime: the turn comes to every partner
constexpr std::size_t kMostKnownPartners = 4096;    // whose replies' first end is known
}  // namespace

void SqliteWrite::flush() {
  lanes_.flush();
  counts_.flush();
  investors_.flush();
}

void SqliteWrite::begin_body() {
  lanes_.begin_body();
  located_ = std::nullopt;
}

void SqliteWrite::forget() {
  lanes_.clear();
  counts_.clear();
  investors_.clear();
  rare_.forget();
  located_ = std::nullopt;
  in_flight_.clear();
  replies_kept_until_.clear();
}

void SqliteWrite::set_meta(std::string_view name, std::string_view value) {
  run("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      name, value);
}

std::uint64_t SqliteWrite::next_counter(std::string_view client_id, std::string_view name) {
  return lanes_.next_counter(client_id, name);
}

void SqliteWrite::clear_counters(std::string_view client_id) {
  lanes_.release(client_id);
  run("DELETE FROM counters WHERE client_id = ?", client_id);
}

void SqliteWrite::raise_counter(const Counter& at_least) { lanes_.raise_counter(at_least); }

std::vector<Counter> SqliteWrite::counters() {
  lanes_.flush();
  return queries_.counters();
}

Result<void> SqliteWrite::visit_state(const StateVisitor& visit) {
  flush();
  return queries_.visit_state(visit);
}

void SqliteWrite::put_partner(const Partner& partner) {
  run("INSERT INTO partners (" ZEST_PARTNER_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, tenant_slug = excluded.tenant_slug, "
      "public_key = excluded.public_key, webhook_url = excluded.webhook_url, "
      "webhook_secret = excluded.webhook_secret, provisioned = excluded.provisioned, "
      "auto_approve = excluded.auto_approve, auto_complete = excluded.auto_complete, "
      "delivery_timeout = excluded.delivery_timeout, seeded = excluded.seeded, tag = excluded.tag, "
      "generation = excluded.generation, created_at = excluded.created_at",
      partner.client_id, partner.name, partner.tenant_slug, Blob{partner.public_key}, partner.webhook_url,
      partner.webhook_secret, partner.provisioned, partner.auto_approve, partner.auto_complete,
      partner.delivery_timeout, partner.seeded, partner.tag, partner.generation, partner.created_at);
  lanes_.put_partner(partner);
  publish(Topic::Credentials);
}

void SqliteWrite::put_lane(const Lane& lane) {
  lanes_.put_lane(lane);
  after_commit([this, lane] { published_.set_lane(lane); });
}

void SqliteWrite::put_spv_request(const SpvRequest& request) {
  const MaterialisedRefs none;
  const bool materialised = request.refs.has_value();
  const MaterialisedRefs& refs = materialised ? *request.refs : none;
  const auto slug = [materialised](const std::string& text) {
    return materialised ? std::optional<std::string>(text) : std::nullopt;
  };
  run("INSERT INTO spv_requests (" ZEST_SPV_REQUEST_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (slug) DO UPDATE SET tenant_slug = excluded.tenant_slug, "
      "template_id = excluded.template_id, template_version = excluded.template_version, "
      "status = excluded.status, rejection_reason = excluded.rejection_reason, "
      "approved_at = excluded.approved_at, cancelled_at = excluded.cancelled_at, "
      "created_at = excluded.created_at, updated_at = excluded.updated_at, "
      "opportunity_slug = excluded.opportunity_slug, vehicle_slug = excluded.vehicle_slug, "
      "sp_slug = excluded.sp_slug, spc_slug = excluded.spc_slug, share_classes = excluded.share_classes, "
      "attributes = excluded.attributes",
      request.slug, request.client_id, request.tenant_slug, request.template_id, request.template_version,
      to_string(request.status), request.rejection_reason, request.approved_at, request.cancelled_at,
      request.created_at, request.updated_at, slug(refs.opportunity_slug), slug(refs.vehicle_slug),
      slug(refs.sp_slug), slug(refs.spc_slug), share_classes_text(request.share_classes),
      dump_json(request.attributes));
  publish(Topic::SpvRequests);
}

void SqliteWrite::put_investor(const Investor& investor) {
  run("INSERT INTO investors (" ZEST_INVESTOR_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      investor.person_id, investor.client_id, investor.partner_investor_id, investor.email,
      investor.first_name, investor.last_name, investor.date_of_birth, investor.country_of_residence,
      investor.created_at);
  investors_.changed(investor.client_id, 1);
}

Paged<Investor> SqliteWrite::investors(const std::optional<std::string>& client_id, Page page) {
  investors_.flush();
  return queries_.investors(client_id, page);
}

void SqliteWrite::put_subscription(const Subscription& subscription) {
  Query query = db_.query(
      "INSERT INTO subscriptions (" ZEST_SUBSCRIPTION_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (slug) DO UPDATE SET partner_subscription_id = excluded.partner_subscription_id, "
      "lump_sum_currency = excluded.lump_sum_currency, lump_sum_value = excluded.lump_sum_value, "
      "share_class_slug = excluded.share_class_slug, status = excluded.status, "
      "form_sha256 = excluded.form_sha256, form_size = excluded.form_size, "
      "form_content_type = excluded.form_content_type, form_uploaded_at = excluded.form_uploaded_at, "
      "funding_sha256 = excluded.funding_sha256, funding_size = excluded.funding_size, "
      "funding_content_type = excluded.funding_content_type, "
      "funding_uploaded_at = excluded.funding_uploaded_at, funding_amount = excluded.funding_amount, "
      "funding_currency = excluded.funding_currency, "
      "funding_wire_reference = excluded.funding_wire_reference, created_at = excluded.created_at, "
      "updated_at = excluded.updated_at, completed_at = excluded.completed_at, "
      "completion_emitted = excluded.completion_emitted");
  query.bind(subscription.slug, subscription.client_id, subscription.spv_slug, subscription.person_id,
             subscription.partner_subscription_id, subscription.lump_sum.currency,
             subscription.lump_sum.value, subscription.share_class_slug, to_string(subscription.status));
  const auto bind_upload = [this, &query](const Upload* upload) {
    if (upload == nullptr) {
      query.bind(nullptr, nullptr, nullptr, nullptr);
      return;
    }
    query.bind(upload->sha256, upload->size, upload->content_type, upload->uploaded_at);
    after_commit([this, sha256 = upload->sha256] { upload_used_(sha256); });
  };
  bind_upload(subscription.form ? &*subscription.form : nullptr);
  if (subscription.funding) {
    bind_upload(&subscription.funding->upload);
    query.bind(subscription.funding->amount, subscription.funding->currency,
               subscription.funding->wire_reference);
  } else {
    bind_upload(nullptr);
    query.bind(nullptr, nullptr, nullptr);
  }
  query.bind(subscription.created_at, subscription.updated_at, subscription.completed_at,
             subscription.completion_emitted);
  query.run();
}

std::int64_t SqliteWrite::add_timer(const Timer& timer) {
  run("INSERT INTO timers (client_id, kind, due_at, sequence, subject, payload) VALUES (?, ?, ?, ?, ?, ?)",
      timer.client_id, to_string(timer.kind), timer.due_at, timer.sequence, timer.subject, timer.payload);
  rare_.added_to(RareRows::Table::Timers);
  return db_.last_insert_id();
}

void SqliteWrite::remove_timer(std::int64_t id) {
  run("DELETE FROM timers WHERE id = ?", id);
  rare_.removed_from(RareRows::Table::Timers);
}

void SqliteWrite::remove_timers(std::string_view client_id, TimerKind kind, std::string_view subject) {
  run("DELETE FROM timers WHERE client_id = ? AND kind = ? AND subject = ?", client_id, to_string(kind),
      subject);
  rare_.removed_from(RareRows::Table::Timers);
}

bool SqliteWrite::has_timer(std::string_view client_id, TimerKind kind, std::string_view subject) {
  Query query = db_.query("SELECT 1 FROM timers WHERE client_id = ? AND kind = ? AND subject = ? LIMIT 1");
  return query.bind(client_id, to_string(kind), subject).step();
}

void SqliteWrite::put_reply(std::string_view client_id, std::string_view key, const StoredReply& reply) {
  run("INSERT INTO idempotency_keys (client_id, key, expires_at, status, fingerprint, body) "
      "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (client_id, key) DO UPDATE SET "
      "expires_at = excluded.expires_at, status = excluded.status, fingerprint = excluded.fingerprint, "
      "body = excluded.body",
      client_id, key, reply.expires_at, reply.status, Blob{reply.fingerprint}, reply.body);
  const auto kept = replies_kept_until_.find(client_id);
  if (kept != replies_kept_until_.end()) kept->second = std::min(kept->second, reply.expires_at);
  // Finding the oldest means to walk over those that stay: now and then is often enough.
  if (replies_until_prune_-- > 0) return;
  replies_until_prune_ = std::min(kRepliesBetweenPrunes, limits_.max_replies);
  run("DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys WHERE client_id = ? "
      "ORDER BY expires_at DESC, id DESC LIMIT -1 OFFSET ?)",
      client_id, limits_.max_replies);
}

void SqliteWrite::prune_replies(std::string_view client_id, Instant now) {
  const auto kept = replies_kept_until_.find(client_id);
  if (kept != replies_kept_until_.end() && now < kept->second) return;
  run("DELETE FROM idempotency_keys WHERE client_id = ? AND expires_at <= ?", client_id, now);
  Query query = db_.query("SELECT MIN(expires_at) FROM idempotency_keys WHERE client_id = ?");
  const std::optional<Instant> first = query.bind(client_id).step() ? query.optional_instant() : std::nullopt;
  if (replies_kept_until_.size() >= kMostKnownPartners) replies_kept_until_.clear();
  replies_kept_until_.insert_or_assign(std::string(client_id), first.value_or(Instant::max()));
}

void SqliteWrite::add_chain(std::string_view chain_id, std::string_view client_id) {
  run("INSERT INTO token_chains (chain_id, client_id, revoked) VALUES (?, ?, 0)", chain_id, client_id);
}

void SqliteWrite::revoke_chain(std::string_view chain_id) {
  run("UPDATE token_chains SET revoked = 1 WHERE chain_id = ?", chain_id);
  publish(Topic::Credentials);
}

void SqliteWrite::revoke_all_chains(std::string_view client_id) {
  run("UPDATE token_chains SET revoked = 1 WHERE client_id = ?", client_id);
  publish(Topic::Credentials);
}

std::uint64_t SqliteWrite::next_access_token(std::string_view chain_id) {
  run("UPDATE token_chains SET issued = issued + 1 WHERE chain_id = ?", chain_id);
  Query query = db_.query("SELECT issued FROM token_chains WHERE chain_id = ?");
  return query.bind(chain_id).step() ? query.counter() : 1;
}

void SqliteWrite::expire_access_tokens(std::string_view client_id) {
  run("UPDATE token_chains SET expired = issued WHERE client_id = ? AND expired < issued", client_id);
  publish(Topic::Credentials);
}

void SqliteWrite::add_refresh_token(std::string_view token_hash, const RefreshToken& token) {
  run("INSERT INTO refresh_tokens (token_hash, chain_id, client_id, expires_at, spent) "
      "VALUES (?, ?, ?, ?, ?)",
      Blob{token_hash}, token.chain_id, token.client_id, token.expires_at, token.spent);
}

void SqliteWrite::spend_refresh_token(std::string_view token_hash) {
  run("UPDATE refresh_tokens SET spent = 1 WHERE token_hash = ?", Blob{token_hash});
}

void SqliteWrite::prune_tokens(Instant instant) {
  run("DELETE FROM token_chains WHERE chain_id IN (SELECT chain_id FROM refresh_tokens WHERE expires_at <= "
      "?1) "
      "AND NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.chain_id = token_chains.chain_id AND "
      "r.expires_at > ?1)",
      instant);
  run("DELETE FROM refresh_tokens WHERE expires_at <= ?", instant);
}

bool SqliteWrite::remember_jti(std::string_view client_id, std::string_view jti, Instant expires_at,
                               Instant now) {
  run("DELETE FROM assertion_ids WHERE expires_at <= ?", now);
  return run("INSERT INTO assertion_ids (client_id, jti, expires_at) VALUES (?, ?, ?) "
             "ON CONFLICT (client_id, jti) DO NOTHING",
             client_id, jti, expires_at) > 0;
}

void SqliteWrite::keep_replaced_upload(const ReplacedUpload& replaced) {
  run("INSERT INTO replaced_uploads (client_id, sha256, until) VALUES (?, ?, ?) "
      "ON CONFLICT (client_id, sha256) DO UPDATE SET until = max(until, excluded.until)",
      replaced.client_id, replaced.sha256, replaced.until);
  after_commit([this, sha256 = replaced.sha256] { upload_used_(sha256); });
}

std::size_t SqliteWrite::forget_replaced_uploads(std::string_view client_id, Instant now) {
  return run("DELETE FROM replaced_uploads WHERE client_id = ? AND until <= ?", client_id, now);
}

}  // namespace zest::store
