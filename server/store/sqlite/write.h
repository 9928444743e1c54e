// Every change that can be made to the database, on the writer's connection. Lives as long as the writer;
// hooks collect here until the group is committed. Errors: Unavailable; ConstraintViolation for a value that
// the schema refuses. Thread-safety: none, the writer's thread only.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "store/published.h"
#include "store/sqlite/delivery_counts.h"
#include "store/sqlite/investor_counts.h"
#include "store/sqlite/lane_cache.h"
#include "store/sqlite/rare_rows.h"
#include "store/sqlite/read.h"

namespace zest::store {

class SqliteWrite final : public Reading<Write> {
 public:
  // `upload_used` is told, after the commit, of each upload that a row now refers to.
  SqliteWrite(Connection& db, Limits limits, Published& published,
              std::function<void(const std::string& sha256)> upload_used)
      : Reading<Write>(db),
        limits_(limits),
        published_(published),
        upload_used_(std::move(upload_used)),
        lanes_(db),
        counts_(db),
        investors_(db),
        rare_(db) {}

  // The hooks of bodies that succeeded so far; a failed body's are cut off again.
  std::vector<std::function<void()>>& hooks() { return hooks_; }

  // What is known beside the database: of lanes, and of how many deliveries and investors there are. What
  // bodies changed of it is written before the commit.
  void flush();
  // What changes from here on can be taken back, as long as no statement has changed the database.
  void begin_body();
  void undo_body() { lanes_.undo_body(); }
  // The transaction was rolled back, or the database has another content.
  void forget();

  std::optional<Partner> partner(std::string_view client_id) override { return lanes_.partner(client_id); }
  std::optional<Lane> lane(std::string_view client_id) override { return lanes_.lane(client_id); }
  std::vector<Counter> counters() override;
  Result<void> visit_state(const StateVisitor& visit) override;
  Paged<Investor> investors(const std::optional<std::string>& client_id, Page page) override;
  std::optional<Delivery> delivery(std::string_view id) override;
  Paged<Delivery> deliveries(const DeliveryFilter& filter, Page page) override;
  std::vector<DeliveryCount> delivery_counts() override;
  std::optional<Instant> next_due(std::string_view client_id, bool with_deliveries) override;
  std::optional<DueWork> due_work(std::string_view client_id, Instant now, bool with_deliveries) override;
  std::size_t open_deliveries(std::string_view client_id) override;
  std::vector<std::string> open_delivery_ids(std::string_view client_id, std::size_t limit) override;
  std::vector<ChaosRuleRow> chaos_rules() override;
  std::optional<DeliveryChaos> delivery_chaos(std::string_view delivery_id) override;
  std::vector<HeldDelivery> held_deliveries(const HeldFilter& filter) override;

  void after_commit(std::function<void()> hook) override { hooks_.push_back(std::move(hook)); }
  void set_meta(std::string_view name, std::string_view value) override;
  std::uint64_t next_counter(std::string_view client_id, std::string_view name) override;
  void clear_counters(std::string_view client_id) override;
  void raise_counter(const Counter& at_least) override;
  void put_former_partner(const FormerPartner& former) override;
  void put_partner(const Partner& partner) override;
  void put_lane(const Lane& lane) override;
  void put_spv_request(const SpvRequest& request) override;
  void put_investor(const Investor& investor) override;
  void put_subscription(const Subscription& subscription) override;
  std::int64_t add_timer(const Timer& timer) override;
  void remove_timer(std::int64_t id) override;
  void remove_timers(std::string_view client_id, TimerKind kind, std::string_view subject) override;
  bool has_timer(std::string_view client_id, TimerKind kind, std::string_view subject) override;
  void put_reply(std::string_view client_id, std::string_view key, const StoredReply& reply) override;
  void prune_replies(std::string_view client_id, Instant now) override;
  void add_chain(std::string_view chain_id, std::string_view client_id) override;
  void revoke_chain(std::string_view chain_id) override;
  void revoke_all_chains(std::string_view client_id) override;
  std::uint64_t next_access_token(std::string_view chain_id) override;
  void expire_access_tokens(std::string_view client_id) override;
  void add_refresh_token(std::string_view token_hash, const RefreshToken& token) override;
  void spend_refresh_token(std::string_view token_hash) override;
  void prune_tokens(Instant instant) override;
  bool remember_jti(std::string_view client_id, std::string_view jti, Instant expires_at,
                    Instant now) override;
  void keep_replaced_upload(const ReplacedUpload& replaced) override;
  std::size_t forget_replaced_uploads(std::string_view client_id, Instant now) override;

  // write_deliveries.cpp
  void add_event(const Event& event, const Delivery& delivery) override;
  void put_delivery(const Delivery& delivery) override;
  void add_attempt(const Attempt& attempt) override;
  ClearedPortion clear_partner_data(std::string_view client_id, std::size_t at_most) override;
  void remove_partner(std::string_view client_id) override;

  // chaos.cpp
  void put_chaos_rule(const ChaosRuleRow& rule) override;
  bool remove_chaos_rule(std::string_view id) override;
  void put_chaos_rule_lane(const ChaosRuleLane& lane) override;
  void put_delivery_chaos(const DeliveryChaos& chaos) override;
  void hold_delivery(const HeldDelivery& held) override;
  void remove_held(std::string_view delivery_id) override;

 private:
  // Which row a delivery is, and in which state; nullptr for one that is not there.
  struct Located {
    std::string delivery_id;
    std::int64_t row = 0;
    DeliveryStatus status = DeliveryStatus::Pending;
  };
  const Located* locate(const std::string& delivery_id);
  std::size_t clear_rows(std::string_view table, std::string_view client_id, std::size_t& at_most);
  void clear_deliveries(std::string_view client_id, std::size_t& at_most, ClearedPortion& portion);
  // Runs a statement that has no rows; answers how many rows it changed.
  template <class... Values>
  std::size_t run(std::string_view sql, const Values&... values) {
    Query query = db_.query(sql);
    query.bind(values...);
    query.run();
    return db_.changes();
  }

  void publish(Topic topic) {
    after_commit([this, topic] { published_.changed(topic); });
  }

  const Limits limits_;
  Published& published_;
  std::size_t replies_until_prune_ = 0;
  // No reply of that partner expires before (virtual).
  std::map<std::string, Instant, std::less<>> replies_kept_until_;
  std::function<void(const std::string& sha256)> upload_used_;
  std::vector<std::function<void()>> hooks_;
  LaneCache lanes_;
  DeliveryCounts counts_;
  InvestorCounts investors_;
  RareRows rare_;
  // Of the delivery that the present body read or changed last: what it does next is mostly about the same.
  std::optional<Located> located_;
  // Those in flight, from the body that claims them to the one that settles them, with their rows.
  std::map<std::string, std::pair<Delivery, std::int64_t>, std::less<>> in_flight_;
};

// Deliveries that nobody is sending any more become due again, at the time they had. In a transaction.
void return_in_flight(Connection& db);

}  // namespace zest::store
