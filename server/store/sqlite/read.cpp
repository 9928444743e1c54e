#include "store/sqlite/read.h"

#include "store/sqlite/rows.h"
#include "store/sqlite/where.h"

namespace zest::store {
namespace {

// The row of a query by one or two keys, or nothing.
template <class Reader, class... Keys>
auto one(Connection& db, std::string_view sql, Reader reader, const Keys&... keys) {
  Query query = db.query(sql);
  query.bind(keys...);
  std::optional<decltype(reader(query))> found;
  if (query.step()) found = reader(query);
  return found;
}

template <class Reader, class... Keys>
auto all(Connection& db, std::string_view sql, Reader reader, const Keys&... keys) {
  Query query = db.query(sql);
  query.bind(keys...);
  std::vector<decltype(reader(query))> found;
  while (query.step()) found.push_back(reader(query));
  return found;
}

template <class Status>
std::optional<std::string> status_text(const std::optional<Status>& status) {
  if (!status) return std::nullopt;
  return std::string(to_string(*status));
}

template <class T>
Paged<T> newest_first(Connection& db, const std::string& count_sql, const std::string& select_sql,
                      const Where& where, Page page, T (*reader)(Query&)) {
  Paged<T> paged;
  Query count = db.query(count_sql + where.sql());
  where.bind(count);
  if (count.step()) paged.count = static_cast<std::size_t>(count.integer());
  Query rows = db.query(select_sql + where.sql() + " ORDER BY id DESC LIMIT ? OFFSET ?");
  where.bind(rows);
  rows.bind(page.limit, page.skip);
  while (rows.step()) paged.documents.push_back(reader(rows));
  return paged;
}

}  // namespace

std::optional<std::string> Queries::meta(std::string_view name) {
  return one(
      db_, "SELECT value FROM meta WHERE name = ?", [](Query& row) { return row.text(); }, name);
}

std::optional<Partner> Queries::partner(std::string_view client_id) {
  return one(db_, "SELECT " ZEST_PARTNER_COLUMNS " FROM partners WHERE client_id = ?", read_partner,
             client_id);
}

std::optional<Partner> Queries::partner_by_key(std::string_view public_key) {
  return one(db_, "SELECT " ZEST_PARTNER_COLUMNS " FROM partners WHERE public_key = ? ORDER BY id LIMIT 1",
             read_partner, Blob{public_key});
}

std::vector<Partner> Queries::partners() {
  return all(db_, "SELECT " ZEST_PARTNER_COLUMNS " FROM partners ORDER BY id", read_partner);
}

std::optional<Lane> Queries::lane(std::string_view client_id) {
  return one(db_, "SELECT " ZEST_LANE_COLUMNS " FROM lanes WHERE client_id = ?", read_lane, client_id);
}

std::vector<Lane> Queries::lanes() {
  return all(db_, "SELECT " ZEST_LANE_COLUMNS " FROM lanes ORDER BY client_id", read_lane);
}

std::optional<SpvRequest> Queries::spv_request(std::string_view slug) {
  return unless_hidden(one(db_, "SELECT " ZEST_SPV_REQUEST_COLUMNS " FROM spv_requests WHERE slug = ?",
                           read_spv_request, slug));
}

std::optional<SpvRequest> Queries::spv_request_by_vehicle(std::string_view vehicle_slug) {
  return unless_hidden(one(db_,
                           "SELECT " ZEST_SPV_REQUEST_COLUMNS " FROM spv_requests WHERE vehicle_slug = ?",
                           read_spv_request, vehicle_slug));
}

Paged<SpvRequest> Queries::spv_requests(const SpvFilter& filter, Page page) {
  Where where;
  where.equals("client_id", filter.client_id);
  where.equals("status", status_text(filter.status));
  hide(where);
  return newest_first(db_, "SELECT COALESCE(SUM(count), 0) FROM spv_request_counts",
                      "SELECT " ZEST_SPV_REQUEST_COLUMNS " FROM spv_requests", where, page,
                      &read_spv_request);
}

std::optional<Investor> Queries::investor(std::string_view person_id) {
  return unless_hidden(one(db_, "SELECT " ZEST_INVESTOR_COLUMNS " FROM investors WHERE person_id = ?",
                           read_investor, person_id));
}

std::optional<Investor> Queries::investor_by_partner_id(std::string_view client_id,
                                                        std::string_view partner_investor_id) {
  return unless_hidden(one(
      db_, "SELECT " ZEST_INVESTOR_COLUMNS " FROM investors WHERE client_id = ? AND partner_investor_id = ?",
      read_investor, client_id, partner_investor_id));
}

Paged<Investor> Queries::investors(const std::optional<std::string>& client_id, Page page) {
  Where where;
  where.equals("client_id", client_id);
  hide(where);
  return newest_first(db_, "SELECT COALESCE(SUM(count), 0) FROM investor_counts",
                      "SELECT " ZEST_INVESTOR_COLUMNS " FROM investors", where, page, &read_investor);
}

std::optional<Subscription> Queries::subscription(std::string_view slug) {
  return unless_hidden(one(db_, "SELECT " ZEST_SUBSCRIPTION_COLUMNS " FROM subscriptions WHERE slug = ?",
                           read_subscription, slug));
}

std::optional<Subscription> Queries::subscription_of(std::string_view spv_slug, std::string_view person_id) {
  return unless_hidden(
      one(db_, "SELECT " ZEST_SUBSCRIPTION_COLUMNS " FROM subscriptions WHERE spv_slug = ? AND person_id = ?",
          read_subscription, spv_slug, person_id));
}

Paged<Subscription> Queries::subscriptions(const SubscriptionFilter& filter, Page page) {
  Where where;
  where.equals("client_id", filter.client_id);
  where.equals("status", status_text(filter.status));
  where.equals("spv_slug", filter.spv_slug);
  hide(where);
  if (!filter.spv_slug) {
    return newest_first(db_, "SELECT COALESCE(SUM(count), 0) FROM subscription_counts",
                        "SELECT " ZEST_SUBSCRIPTION_COLUMNS " FROM subscriptions", where, page,
                        &read_subscription);
  }
  // Of the indexes that fit, the one by SPV always leaves the fewest rows; the planner cannot know.
  return newest_first(db_, "SELECT COUNT(*) FROM subscriptions INDEXED BY subscriptions_by_spv",
                      "SELECT " ZEST_SUBSCRIPTION_COLUMNS
                      " FROM subscriptions INDEXED BY subscriptions_by_spv",
                      where, page, &read_subscription);
}

Paged<StoredUpload> Queries::uploads(const std::optional<std::string>& client_id, Page page) {
  Paged<StoredUpload> paged;
  Where of_client;
  of_client.equals("client_id", client_id);
  hide(of_client);
  Query count = db_.query("SELECT COALESCE(SUM(count), 0) FROM upload_counts" + of_client.sql());
  of_client.bind(count);
  if (count.step()) paged.count = static_cast<std::size_t>(count.integer());

  // Two lists that are in order already, merged.
  Where forms = of_client;
  forms.holds("form_uploaded_at IS NOT NULL");
  Where receipts = of_client;
  receipts.holds("funding_uploaded_at IS NOT NULL");
  Query rows = db_.query("SELECT form_uploaded_at AS at, id, 0 AS receipt FROM subscriptions" + forms.sql() +
                         " UNION ALL SELECT funding_uploaded_at, id, 1 FROM subscriptions" + receipts.sql() +
                         " ORDER BY at DESC, id DESC, receipt DESC LIMIT ? OFFSET ?");
  forms.bind(rows);
  receipts.bind(rows);
  rows.bind(page.limit, page.skip);
  while (rows.step()) {
    rows.skip();
    const std::int64_t id = rows.integer();
    const auto kind = rows.boolean() ? StoredUpload::Kind::FundingReceipt : StoredUpload::Kind::Form;
    std::optional<Subscription> subscription = one(
        db_, "SELECT " ZEST_SUBSCRIPTION_COLUMNS " FROM subscriptions WHERE id = ?", read_subscription, id);
    if (subscription) paged.documents.push_back({kind, std::move(*subscription)});
  }
  return paged;
}

std::vector<Subscription> Queries::completions_to_emit(std::string_view client_id) {
  return all(db_,
             "SELECT " ZEST_SUBSCRIPTION_COLUMNS
             " FROM subscriptions INDEXED BY subscriptions_to_emit WHERE client_id = ? AND status = "
             "'completed' AND completion_emitted = 0 ORDER BY completed_at, id",
             read_subscription, client_id);
}

std::optional<StoredReply> Queries::reply(std::string_view client_id, std::string_view key) {
  return one(
      db_,
      "SELECT fingerprint, status, body, expires_at FROM idempotency_keys WHERE client_id = ? AND key = ?",
      [](Query& row) {
        StoredReply reply;
        reply.fingerprint = row.text();
        reply.status = row.small();
        reply.body = row.text();
        reply.expires_at = row.instant();
        return reply;
      },
      client_id, key);
}

std::optional<RefreshToken> Queries::refresh_token(std::string_view token_hash) {
  return one(
      db_,
      "SELECT t.chain_id, t.client_id, t.expires_at, t.spent, COALESCE(c.revoked, 1) FROM refresh_tokens t "
      "LEFT JOIN token_chains c ON c.chain_id = t.chain_id WHERE t.token_hash = ?",
      [](Query& row) {
        RefreshToken token;
        token.chain_id = row.text();
        token.client_id = row.text();
        token.expires_at = row.instant();
        token.spent = row.boolean();
        token.revoked = row.boolean();
        return token;
      },
      Blob{token_hash});
}

std::uint64_t Queries::expired_access_tokens(std::string_view chain_id) {
  Query query = db_.query("SELECT expired FROM token_chains WHERE chain_id = ?");
  return query.bind(chain_id).step() ? query.counter() : 0;
}

bool Queries::chain_revoked(std::string_view chain_id) {
  return one(
             db_, "SELECT revoked FROM token_chains WHERE chain_id = ?",
             [](Query& row) { return row.boolean(); }, chain_id)
      .value_or(true);
}

std::vector<std::string> Queries::referenced_uploads() {
  return all(db_,
             "SELECT form_sha256 FROM subscriptions WHERE form_sha256 IS NOT NULL UNION "
             "SELECT funding_sha256 FROM subscriptions WHERE funding_sha256 IS NOT NULL UNION "
             "SELECT sha256 FROM replaced_uploads WHERE sha256 >= ''",  // along its index
             [](Query& row) { return row.text(); });
}

bool Queries::refers_to_upload(std::string_view sha256_hex) {
  Query query = db_.query(
      "SELECT 1 FROM subscriptions WHERE form_sha256 = ?1 UNION ALL "
      "SELECT 1 FROM subscriptions WHERE funding_sha256 = ?1 UNION ALL "
      "SELECT 1 FROM replaced_uploads WHERE sha256 = ?1 LIMIT 1");
  return query.bind(sha256_hex).step();
}

std::vector<std::string> Queries::owners_of_replaced_uploads() {
  return all(db_, "SELECT DISTINCT client_id FROM replaced_uploads", [](Query& row) { return row.text(); });
}

}  // namespace zest::store
