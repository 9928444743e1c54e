// THE storage interface; store/sqlite/open.h makes a store. One writer thread runs every state change, each
// as a transaction within a group that is committed as one; readers see committed states only. What caused an
// answer or a webhook is durable before either leaves the process: write() returns, and after_commit() hooks
// run, after the group's commit.
//
// A failure of the medium (disk full, read-only file) ends a body by an exception of the backend's, which
// bodies let pass; write(), post() and read() turn it into Error{ServiceUnavailable}. A failed commit fails
// every member of its group and leaves no trace.
//
// Threads: write(), post() and read() may be called from any thread; write() and read() never from inside a
// body or hook.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/chaos_state.h"
#include "model/delivery.h"
#include "model/event.h"
#include "model/investor.h"
#include "model/lane.h"
#include "model/partner.h"
#include "model/spv_request.h"
#include "model/subscription.h"
#include "model/timer.h"
#include "store/state.h"
#include "store/uploads.h"

namespace zest::store {

struct Page {
  std::size_t skip = 0;
  std::size_t limit = 10;
};

template <class T>
struct Paged {
  std::vector<T> documents;
  std::size_t count = 0;  // all that match, on every page
};

struct SpvFilter {
  std::optional<std::string> client_id;
  std::optional<SpvStatus> status;
};

struct SubscriptionFilter {
  std::optional<std::string> client_id;
  std::optional<SubscriptionStatus> status;
  std::optional<std::string> spv_slug;
};

// A document that a subscription has now, and which of its two.
struct StoredUpload {
  enum class Kind { Form, FundingReceipt };
  Kind kind = Kind::Form;
  Subscription subscription;
};

struct DeliveryFilter {
  std::optional<std::string> client_id;
  std::optional<DeliveryStatus> status;
  std::optional<std::string> event_type;
  std::optional<std::string> subject;  // any slug or person id in the event's data
};

struct RefreshToken {
  std::string chain_id;
  std::string client_id;
  Instant expires_at{};  // wall
  bool spent = false;
  bool revoked = false;  // its chain was revoked
};

// What is to be done in a lane: a timer, or a delivery with what it delivers.
struct DueDelivery {
  Delivery delivery;
  Event event;
};
using DueWork = std::variant<Timer, DueDelivery>;

struct DeliveryCount {
  std::string client_id;
  DeliveryStatus status;
  std::size_t count = 0;
};

struct ClearedPortion {
  std::vector<std::pair<std::string, std::size_t>> removed;  // rows by kind: {"spvRequests", 3}, …
  bool complete = false;                                     // nothing is left
};

// Those held deliveries for which every given member holds.
struct HeldFilter {
  std::optional<std::string> delivery_id;
  std::optional<std::string> client_id;
  std::optional<std::string> rule_id;
  std::optional<std::string> follows;
  bool until_event = false;  // only those that wait for one
};

// What a partner has whose reset is under way is in none of the answers but those to a body of the writer.
class Read {
 public:
  virtual ~Read() = default;

  // Small values by name that belong to the database at hand (its seed and secrets), not to the state in it.
  virtual std::optional<std::string> meta(std::string_view name) = 0;

  virtual std::optional<Partner> partner(std::string_view client_id) = 0;
  virtual std::optional<Partner> partner_by_key(std::string_view public_key) = 0;
  virtual std::vector<Partner> partners() = 0;  // in order of registration
  virtual std::optional<Lane> lane(std::string_view client_id) = 0;

  virtual std::optional<SpvRequest> spv_request(std::string_view slug) = 0;
  virtual std::optional<SpvRequest> spv_request_by_vehicle(std::string_view vehicle_slug) = 0;
  virtual Paged<SpvRequest> spv_requests(const SpvFilter& filter, Page page) = 0;  // newest first

  virtual std::optional<Investor> investor(std::string_view person_id) = 0;
  virtual std::optional<Investor> investor_by_partner_id(std::string_view client_id,
                                                         std::string_view partner_investor_id) = 0;

  virtual Paged<Investor> investors(const std::optional<std::string>& client_id,
                                    Page page) = 0;  // newest first

  virtual std::optional<Subscription> subscription(std::string_view slug) = 0;
  virtual std::optional<Subscription> subscription_of(std::string_view spv_slug,
                                                      std::string_view person_id) = 0;
  virtual Paged<Subscription> subscriptions(const SubscriptionFilter& filter, Page page) = 0;  // newest first
  virtual Paged<StoredUpload> uploads(const std::optional<std::string>& client_id,
                                      Page page) = 0;  // newest first
  // Completed ones of a partner whose subscription.completed event is still missing, oldest first.
  virtual std::vector<Subscription> completions_to_emit(std::string_view client_id) = 0;

  virtual std::optional<Delivery> delivery(std::string_view id) = 0;
  virtual std::optional<Event> event(std::string_view id) = 0;
  virtual Paged<Delivery> deliveries(const DeliveryFilter& filter, Page page) = 0;  // newest first
  virtual std::vector<Attempt> attempts(std::string_view delivery_id) = 0;  // in the order they were made
  virtual std::vector<DeliveryCount> delivery_counts() = 0;  // flat cost, however many there are

  // When the lane's earliest work is due (virtual): timers; with `with_deliveries` also deliveries that are
  // pending or retrying with a next attempt, and the timers of extra attempts.
  virtual std::optional<Instant> next_due(std::string_view client_id, bool with_deliveries) = 0;
  // The earliest of it, by instant and then sequence, that is due at `now`.
  virtual std::optional<DueWork> due_work(std::string_view client_id, Instant now, bool with_deliveries) = 0;
  // Deliveries that are pending or retrying, with or without a next attempt, of one lane.
  virtual std::size_t open_deliveries(std::string_view client_id) = 0;
  virtual std::vector<std::string> open_delivery_ids(std::string_view client_id, std::size_t limit) = 0;

  virtual std::optional<StoredReply> reply(std::string_view client_id, std::string_view key) = 0;

  virtual std::optional<RefreshToken> refresh_token(std::string_view token_hash) = 0;
  virtual bool chain_revoked(std::string_view chain_id) = 0;  // true for an unknown chain too
  // Access tokens of the chain up to this number have expired before their time.
  virtual std::uint64_t expired_access_tokens(std::string_view chain_id) = 0;

  virtual std::vector<ChaosRuleRow> chaos_rules() = 0;  // in order of creation
  virtual std::optional<ChaosRuleLane> chaos_rule_lane(std::string_view rule_id,
                                                       std::string_view client_id) = 0;
  virtual std::vector<ChaosRuleLane> chaos_rule_lanes(std::string_view rule_id) = 0;
  virtual std::optional<DeliveryChaos> delivery_chaos(std::string_view delivery_id) = 0;
  virtual std::vector<HeldDelivery> held_deliveries(const HeldFilter& filter) = 0;  // longest held first

  // The latest generation of a partner of that client id that was removed; 0 when there was none.
  virtual std::uint32_t former_generation(std::string_view client_id) = 0;
  virtual std::vector<FormerPartner> former_partners() = 0;
  virtual std::vector<Counter> counters() = 0;

  // The whole state (without the bytes of uploads), one value at a time: what refers to another comes after
  // it, and what has an order stands in it.
  virtual Result<void> visit_state(const StateVisitor& visit) = 0;
  // Hashes of every upload that is referred to, replaced ones included, in order.
  virtual std::vector<std::string> referenced_uploads() = 0;
  virtual bool refers_to_upload(std::string_view sha256_hex) = 0;
  virtual std::vector<std::string> owners_of_replaced_uploads() = 0;  // client ids
};

class Write : public Read {
 public:
  // Runs once the group that holds this body has been committed, on the writer thread, in order. Not run when
  // the body or its group fails.
  virtual void after_commit(std::function<void()> hook) = 0;

  virtual void set_meta(std::string_view name, std::string_view value) = 0;
  // 1, 2, 3 … per partner and name; part of the state, rolled back with it.
  virtual std::uint64_t next_counter(std::string_view client_id, std::string_view name) = 0;
  virtual void clear_counters(std::string_view client_id) = 0;
  virtual void raise_counter(const Counter& at_least) = 0;  // never lowers it
  virtual void put_former_partner(const FormerPartner& former) = 0;

  virtual void put_partner(const Partner& partner) = 0;  // inserts or replaces
  virtual void put_lane(const Lane& lane) = 0;           // inserts or replaces
  // Removes about `at_most` rows of a partner, of everything but itself, its lane, counters, tokens and chaos
  // rules; the last portion takes the chaos rules along. In more than one portion it is done while the lane
  // says so (Lane::resetting), or half of it would be seen.
  virtual ClearedPortion clear_partner_data(
      std::string_view client_id, std::size_t at_most = std::numeric_limits<std::size_t>::max()) = 0;
  virtual void remove_partner(std::string_view client_id) = 0;  // with all of its data

  virtual void put_spv_request(const SpvRequest& request) = 0;          // inserts or replaces
  virtual void put_investor(const Investor& investor) = 0;              // inserts
  virtual void put_subscription(const Subscription& subscription) = 0;  // inserts or replaces

  virtual void add_event(const Event& event, const Delivery& delivery) = 0;
  virtual void put_delivery(const Delivery& delivery) = 0;  // replaces
  // Beyond Limits::max_attempts of a delivery the oldest are forgotten.
  virtual void add_attempt(const Attempt& attempt) = 0;

  virtual std::int64_t add_timer(const Timer& timer) = 0;  // answers its id
  virtual void remove_timer(std::int64_t id) = 0;
  virtual void remove_timers(std::string_view client_id, TimerKind kind, std::string_view subject) = 0;
  virtual bool has_timer(std::string_view client_id, TimerKind kind, std::string_view subject) = 0;

  // Beyond Limits::max_replies of a partner the oldest are forgotten.
  virtual void put_reply(std::string_view client_id, std::string_view key, const StoredReply& reply) = 0;
  virtual void prune_replies(std::string_view client_id, Instant now) = 0;  // those expired at virtual `now`

  virtual void add_chain(std::string_view chain_id, std::string_view client_id) = 0;
  virtual void revoke_chain(std::string_view chain_id) = 0;
  virtual void revoke_all_chains(std::string_view client_id) = 0;
  virtual std::uint64_t next_access_token(std::string_view chain_id) = 0;  // 1, 2, 3 … in each chain
  virtual void expire_access_tokens(std::string_view client_id) = 0;       // those issued so far
  virtual void add_refresh_token(std::string_view token_hash, const RefreshToken& token) = 0;
  virtual void spend_refresh_token(std::string_view token_hash) = 0;
  // Forgets refresh tokens that expired at or before `instant` (wall), and chains of which none is left.
  virtual void prune_tokens(Instant instant) = 0;
  // Remembers a jti until `expires_at` (wall); false when it is remembered already. Forgets those expired at
  // `now`.
  virtual bool remember_jti(std::string_view client_id, std::string_view jti, Instant expires_at,
                            Instant now) = 0;

  virtual void put_chaos_rule(const ChaosRuleRow& rule) = 0;  // inserts or replaces, keeping its place
  virtual bool remove_chaos_rule(std::string_view id) = 0;    // with its counts
  virtual void put_chaos_rule_lane(const ChaosRuleLane& lane) = 0;
  virtual void put_delivery_chaos(const DeliveryChaos& chaos) = 0;
  virtual void hold_delivery(const HeldDelivery& held) = 0;  // inserts, or replaces what it waits for
  virtual void remove_held(std::string_view delivery_id) = 0;

  // The upload's content stays until forget_replaced_uploads() of a later instant.
  virtual void keep_replaced_upload(const ReplacedUpload& replaced) = 0;
  // Those of a partner whose time has come at virtual `now`; answers how many there were.
  virtual std::size_t forget_replaced_uploads(std::string_view client_id, Instant now) = 0;
};

// How much is kept of what would grow for ever.
struct Limits {
  std::size_t max_attempts = 1000;    // of one delivery
  std::size_t max_replies = 100'000;  // of one partner, those to idempotency keys
};

// What others keep copies of, see Store::version().
enum class Topic {
  Credentials,  // partners, and tokens that were revoked or expired before their time
  ChaosRules,   // rules came, went or changed; their counts do not matter
  SpvRequests,  // of whichever partner
};
inline constexpr std::size_t kTopics = 3;

// A state that is built apart from the store's own, to take its place as a whole. It is gone with this
// object. Thread-safety: none; on any thread but the writer's.
class Staged {
 public:
  virtual ~Staged() = default;
  // Errors: InvalidRequest for what does not fit to what was added before, in one phrase; ServiceUnavailable.
  // After an error it is of no use any more.
  virtual Result<void> add(const StateItem& item) = 0;
  virtual Result<void> change(const std::function<Result<void>(Write&)>& body) = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Runs `body(Write&) -> Result<T>` on the writer thread; an error undoes what it did. Returns after the
  // commit. A body may run twice, of which the first time has left nothing: it must not use up what it
  // captured.
  template <class Body>
  std::invoke_result_t<Body, Write&> write(Body body) {
    using R = std::invoke_result_t<Body, Write&>;
    std::optional<R> result;
    Result<void> committed = run_write([&result, &body](Write& tx) -> Result<void> {
      result.emplace(body(tx));
      if (!result->ok()) return result->error();
      return {};
    });
    if (!committed.ok()) return std::move(committed).error();
    return std::move(*result);
  }

  // Queues `body` without waiting. `done` runs on the writer thread after the commit or the failure (after
  // close(): at once on the caller's); keep it short.
  virtual void post(std::function<Result<void>(Write&)> body,
                    std::function<void(const Result<void>&)> done) = 0;

  // Runs `body(Read&) -> T` on a reader, in one consistent snapshot.
  template <class Body>
  Result<std::invoke_result_t<Body, Read&>> read(Body body) {
    std::optional<std::invoke_result_t<Body, Read&>> result;
    Result<void> done = run_read([&result, &body](Read& tx) { result.emplace(body(tx)); });
    if (!done.ok()) return std::move(done).error();
    return std::move(*result);
  }

  // Grows with every commit that changed what the topic names, before anything of that commit is answered: a
  // copy that was read at this version or later is as good as the store. Any thread, no lock.
  virtual std::uint64_t version(Topic topic) const = 0;
  // The lane as of the newest commit, without a transaction; nothing for an unknown partner. Any thread.
  virtual std::optional<Lane> committed_lane(std::string_view client_id) const = 0;

  // Called for every event that a write() adds, on the writer, after the commit. Set before the first.
  using OnEvent = std::function<void(std::string_view client_id, std::string_view event_type)>;
  virtual void on_event(OnEvent observer) = 0;

  // The same for what takes long: on a reader of its own, so that nobody waits for one.
  template <class Body>
  Result<std::invoke_result_t<Body, Read&>> read_at_length(Body body) {
    std::optional<std::invoke_result_t<Body, Read&>> result;
    Result<void> done = run_read_apart([&result, &body](Read& tx) { result.emplace(body(tx)); });
    if (!done.ok()) return std::move(done).error();
    return std::move(*result);
  }

  // Nothing staged yet. Errors: ServiceUnavailable.
  virtual Result<std::unique_ptr<Staged>> stage() = 0;
  // Puts what was staged in the place of the state, as one change: all of it or nothing, and nobody ever sees
  // a mixture. `finish` runs on the writer, right before: it may take over from the state that goes to the
  // one that comes. Changes wait meanwhile, for as long as the pages of the new state take to be copied.
  // Deliveries that were in flight in it are due again. Errors: those of `finish`; ServiceUnavailable.
  virtual Result<void> replace(Staged& staged,
                               const std::function<Result<void>(Read& present, Write& next)>& finish) = 0;

  virtual Uploads& uploads() = 0;

  // Whether what is written now would be found again; after a change that the medium failed, by a change that
  // nobody sees. Errors: ServiceUnavailable while the database is not where it was opened, or its medium
  // is full, read-only or broken; changes then fail, and reading goes on.
  virtual Result<void> ready() = 0;

  // Stops the writer after what is queued; later calls answer ServiceUnavailable.
  virtual void close() = 0;

 protected:
  virtual Result<void> run_write(const std::function<Result<void>(Write&)>& body) = 0;
  virtual Result<void> run_read(const std::function<void(Read&)>& body) = 0;
  virtual Result<void> run_read_apart(const std::function<void(Read&)>& body) = 0;
};

}  // namespace zest::store
