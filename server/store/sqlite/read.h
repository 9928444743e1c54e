// Every question that can be asked of the database, on one connection; and `Reading`, which offers them as
// Read (or as the reading half of Write). Errors: Unavailable. Thread-safety: that of the connection.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "store/sqlite/db.h"
#include "store/sqlite/where.h"
#include "store/store.h"

namespace zest::store {

// Meta values with this and a client id for their name are part of the state: generations of partners that
// were removed. All others belong to the database.
inline constexpr std::string_view kGenerationMeta = "generation.";

class Queries {
 public:
  // What a partner has while its reset is under way (Lane::resetting): for the writer's own use, or nothing
  // that may be told.
  enum class OfResets { Told, Hidden };
  explicit Queries(Connection& db, OfResets resets = OfResets::Told) : db_(db), resets_(resets) {}

  std::optional<std::string> meta(std::string_view name);
  std::optional<Partner> partner(std::string_view client_id);
  std::optional<Partner> partner_by_key(std::string_view public_key);
  std::vector<Partner> partners();
  std::optional<Lane> lane(std::string_view client_id);
  std::vector<Lane> lanes();  // of all partners; not part of Read
  std::optional<SpvRequest> spv_request(std::string_view slug);
  std::optional<SpvRequest> spv_request_by_vehicle(std::string_view vehicle_slug);
  Paged<SpvRequest> spv_requests(const SpvFilter& filter, Page page);
  std::optional<Investor> investor(std::string_view person_id);
  std::optional<Investor> investor_by_partner_id(std::string_view client_id,
                                                 std::string_view partner_investor_id);
  Paged<Investor> investors(const std::optional<std::string>& client_id, Page page);
  std::optional<Subscription> subscription(std::string_view slug);
  std::optional<Subscription> subscription_of(std::string_view spv_slug, std::string_view person_id);
  Paged<Subscription> subscriptions(const SubscriptionFilter& filter, Page page);
  Paged<StoredUpload> uploads(const std::optional<std::string>& client_id, Page page);
  std::vector<Subscription> completions_to_emit(std::string_view client_id);
  std::optional<StoredReply> reply(std::string_view client_id, std::string_view key);
  std::optional<RefreshToken> refresh_token(std::string_view token_hash);
  bool chain_revoked(std::string_view chain_id);
  std::uint64_t expired_access_tokens(std::string_view chain_id);
  std::vector<std::string> referenced_uploads();
  bool refers_to_upload(std::string_view sha256_hex);
  std::vector<std::string> owners_of_replaced_uploads();

  // state.cpp
  std::uint32_t former_generation(std::string_view client_id);
  std::vector<FormerPartner> former_partners();
  std::vector<Counter> counters();
  Result<void> visit_state(const StateVisitor& visit);

  // read_deliveries.cpp
  // `row`, where it is given, is told which row of the table it was; that of a delivery that is due, too.
  std::optional<Delivery> delivery(std::string_view id, std::int64_t* row = nullptr);
  std::optional<Event> event(std::string_view id);
  Paged<Delivery> deliveries(const DeliveryFilter& filter, Page page);
  std::vector<Attempt> attempts(std::string_view delivery_id);
  std::vector<DeliveryCount> delivery_counts();
  // What is looked for of what is due.
  struct OfDue {
    bool timers = true;
    bool deliveries = true;
  };
  std::optional<Instant> next_due(std::string_view client_id, OfDue wanted);
  std::optional<DueWork> due_work(std::string_view client_id, Instant now, OfDue wanted,
                                  std::int64_t* row = nullptr);
  std::size_t open_deliveries(std::string_view client_id);
  std::vector<std::string> open_delivery_ids(std::string_view client_id, std::size_t limit);

  // chaos.cpp
  std::vector<ChaosRuleRow> chaos_rules();
  std::optional<ChaosRuleLane> chaos_rule_lane(std::string_view rule_id, std::string_view client_id);
  std::vector<ChaosRuleLane> chaos_rule_lanes(std::string_view rule_id);
  std::optional<DeliveryChaos> delivery_chaos(std::string_view delivery_id);
  std::vector<HeldDelivery> held_deliveries(const HeldFilter& filter);

 private:
  // Deliveries of one client, status and event type: what the index keeps together.
  struct Group {
    std::string client_id;
    std::string status;
    std::string event_type;
    std::size_t count = 0;
  };
  std::vector<Group> groups(const DeliveryFilter& filter);
  std::vector<std::int64_t> oldest_ids(const Group& group, std::size_t limit);
  std::vector<std::int64_t> newest_ids(const Group& group, std::int64_t up_to, std::size_t limit);
  // Where a page of a list, newest first, begins: `skip` further down than the newest id that is not above
  // `up_to`.
  struct Beginning {
    std::int64_t up_to = 0;
    std::size_t skip = 0;
  };
  Beginning beginning_of(std::size_t skip);  // the list without filters
  Beginning beginning_of(const std::vector<Group>& groups, std::size_t skip);
  Paged<Delivery> deliveries_about(const DeliveryFilter& filter, Page page);
  Result<void> visit_chaos(const StateVisitor& visit);  // chaos.cpp
  Delivery delivery_row(std::int64_t row_id);

  // hidden.cpp
  bool is_hidden(std::string_view client_id);
  bool hides_anybody();
  void hide(Where& where);  // rows whose column client_id names a partner that is hidden
  std::string not_hidden(std::string_view column);  // the same as a condition; "" when nobody is
  template <class T>
  std::optional<T> unless_hidden(std::optional<T> found) {
    if (found && is_hidden(found->client_id)) found.reset();
    return found;
  }

  Connection& db_;
  const OfResets resets_;
  std::optional<std::set<std::string, std::less<>>> hidden_;  // client ids, once they were asked for
};

// Base is Read or Write.
template <class Base>
class Reading : public Base {
 public:
  explicit Reading(Connection& db)
      : db_(db),
        queries_(db, std::is_same_v<Base, Read> ? Queries::OfResets::Hidden : Queries::OfResets::Told) {}

  std::optional<std::string> meta(std::string_view name) override { return queries_.meta(name); }
  std::optional<Partner> partner(std::string_view client_id) override { return queries_.partner(client_id); }
  std::optional<Partner> partner_by_key(std::string_view key) override {
    return queries_.partner_by_key(key);
  }
  std::vector<Partner> partners() override { return queries_.partners(); }
  std::optional<Lane> lane(std::string_view client_id) override { return queries_.lane(client_id); }
  std::optional<SpvRequest> spv_request(std::string_view slug) override { return queries_.spv_request(slug); }
  std::optional<SpvRequest> spv_request_by_vehicle(std::string_view vehicle_slug) override {
    return queries_.spv_request_by_vehicle(vehicle_slug);
  }
  Paged<SpvRequest> spv_requests(const SpvFilter& filter, Page page) override {
    return queries_.spv_requests(filter, page);
  }
  std::optional<Investor> investor(std::string_view person_id) override {
    return queries_.investor(person_id);
  }
  std::optional<Investor> investor_by_partner_id(std::string_view client_id,
                                                 std::string_view partner_investor_id) override {
    return queries_.investor_by_partner_id(client_id, partner_investor_id);
  }
  Paged<Investor> investors(const std::optional<std::string>& client_id, Page page) override {
    return queries_.investors(client_id, page);
  }
  std::optional<Subscription> subscription(std::string_view slug) override {
    return queries_.subscription(slug);
  }
  std::optional<Subscription> subscription_of(std::string_view spv_slug,
                                              std::string_view person_id) override {
    return queries_.subscription_of(spv_slug, person_id);
  }
  Paged<Subscription> subscriptions(const SubscriptionFilter& filter, Page page) override {
    return queries_.subscriptions(filter, page);
  }
  Paged<StoredUpload> uploads(const std::optional<std::string>& client_id, Page page) override {
    return queries_.uploads(client_id, page);
  }
  std::vector<Subscription> completions_to_emit(std::string_view client_id) override {
    return queries_.completions_to_emit(client_id);
  }
  std::optional<Delivery> delivery(std::string_view id) override { return queries_.delivery(id); }
  std::optional<Event> event(std::string_view id) override { return queries_.event(id); }
  Paged<Delivery> deliveries(const DeliveryFilter& filter, Page page) override {
    return queries_.deliveries(filter, page);
  }
  std::vector<Attempt> attempts(std::string_view delivery_id) override {
    return queries_.attempts(delivery_id);
  }
  std::vector<DeliveryCount> delivery_counts() override { return queries_.delivery_counts(); }
  std::optional<Instant> next_due(std::string_view client_id, bool with_deliveries) override {
    return queries_.next_due(client_id, {true, with_deliveries});
  }
  std::optional<DueWork> due_work(std::string_view client_id, Instant now, bool with_deliveries) override {
    return queries_.due_work(client_id, now, {true, with_deliveries});
  }
  std::size_t open_deliveries(std::string_view client_id) override {
    return queries_.open_deliveries(client_id);
  }
  std::vector<std::string> open_delivery_ids(std::string_view client_id, std::size_t limit) override {
    return queries_.open_delivery_ids(client_id, limit);
  }
  std::optional<StoredReply> reply(std::string_view client_id, std::string_view key) override {
    return queries_.reply(client_id, key);
  }
  std::optional<RefreshToken> refresh_token(std::string_view token_hash) override {
    return queries_.refresh_token(token_hash);
  }
  bool chain_revoked(std::string_view chain_id) override { return queries_.chain_revoked(chain_id); }
  std::uint64_t expired_access_tokens(std::string_view chain_id) override {
    return queries_.expired_access_tokens(chain_id);
  }
  std::vector<ChaosRuleRow> chaos_rules() override { return queries_.chaos_rules(); }
  std::optional<ChaosRuleLane> chaos_rule_lane(std::string_view rule_id,
                                               std::string_view client_id) override {
    return queries_.chaos_rule_lane(rule_id, client_id);
  }
  std::vector<ChaosRuleLane> chaos_rule_lanes(std::string_view rule_id) override {
    return queries_.chaos_rule_lanes(rule_id);
  }
  std::optional<DeliveryChaos> delivery_chaos(std::string_view delivery_id) override {
    return queries_.delivery_chaos(delivery_id);
  }
  std::vector<HeldDelivery> held_deliveries(const HeldFilter& filter) override {
    return queries_.held_deliveries(filter);
  }
  std::uint32_t former_generation(std::string_view client_id) override {
    return queries_.former_generation(client_id);
  }
  std::vector<FormerPartner> former_partners() override { return queries_.former_partners(); }
  std::vector<Counter> counters() override { return queries_.counters(); }
  Result<void> visit_state(const StateVisitor& visit) override { return queries_.visit_state(visit); }
  std::vector<std::string> referenced_uploads() override { return queries_.referenced_uploads(); }
  bool refers_to_upload(std::string_view sha256_hex) override {
    return queries_.refers_to_upload(sha256_hex);
  }
  std::vector<std::string> owners_of_replaced_uploads() override {
    return queries_.owners_of_replaced_uploads();
  }

 protected:
  Connection& db_;
  Queries queries_;
};

using SqliteRead = Reading<Read>;

}  // namespace zest::store
