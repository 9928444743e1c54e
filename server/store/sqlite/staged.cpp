#include "store/sqlite/staged.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "store/sqlite/readers.h"
#include "store/sqlite/schema.h"

namespace zest::store {
namespace {

namespace fs = std::filesystem;

constexpr int kScratchCacheKib = 16 * 1024;

std::string quoted(const std::string& name) { return "'" + name + "'"; }

}  // namespace

ScratchDatabase::ScratchDatabase(const fs::path& folder, int version) {
  std::string path = (folder / "snapshot-state-XXXXXX").string();
  const int descriptor = ::mkstemp(path.data());
  if (descriptor < 0)
    throw Unavailable("a scratch database cannot be made: " + std::generic_category().message(errno));
  ::close(descriptor);
  path_ = path;
  connection_ = std::make_unique<Connection>(path_);
  connection_->execute(
      "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA "
      "foreign_keys=ON; "
      "PRAGMA cache_size=-" +
      std::to_string(kScratchCacheKib));
  migrate(*connection_, version);
}

ScratchDatabase::~ScratchDatabase() {
  connection_.reset();
  std::error_code ignored;
  fs::remove(path_, ignored);
}

SqliteStaged::SqliteStaged(const fs::path& folder, Limits limits, Log& log)
    : database_(folder, newest_schema()),
      db_(database_.connection()),
      write_(db_, limits, unseen_, [](const std::string&) {}),
      log_(log) {
  db_.query("BEGIN").run();
}

void SqliteStaged::take_over_meta(Connection& present) {
  Query query = present.query("SELECT name, value FROM meta WHERE substr(name, 1, ?) <> ?");
  query.bind(kGenerationMeta.size(), kGenerationMeta);
  while (query.step()) {
    const std::string name = query.text();
    write_.set_meta(name, query.text());
  }
}

Connection& SqliteStaged::complete() {
  return_in_flight(db_);
  db_.query("COMMIT").run();
  return db_;
}

Result<void> SqliteStaged::guarded(const std::function<Result<void>()>& body) {
  try {
    Result<void> done = body();
    write_.flush();
    write_.hooks().clear();
    return done;
  } catch (const ConstraintViolation& violation) {
    return invalid_request(std::string("does not fit: ") + violation.what());
  } catch (const Unavailable& failure) {
    return unavailable_error(log_, failure.what());
  }
}

Result<void> SqliteStaged::change(const std::function<Result<void>(Write&)>& body) {
  return guarded([this, &body] { return body(write_); });
}

Result<void> SqliteStaged::add(const StateItem& item) {
  return guarded([this, &item]() -> Result<void> {
    const Problem problem = std::visit([this](const auto& value) { return put(value); }, item);
    if (problem) return invalid_request(*problem);
    return {};
  });
}

SqliteStaged::Problem SqliteStaged::unknown_partner(const std::string& client_id) const {
  if (partners_.contains(client_id)) return std::nullopt;
  return "belongs to a partner that is not in it, " + quoted(client_id);
}

bool SqliteStaged::exists(std::string_view sql, std::string_view key) {
  return db_.query(sql).bind(key).step();
}

SqliteStaged::Problem SqliteStaged::put(const FormerPartner& former) {
  write_.put_former_partner(former);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const PartnerState& state) {
  if (!partners_.insert(state.partner.client_id).second) return "is there twice";
  write_.put_partner(state.partner);
  write_.put_lane(state.lane);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const Counter& counter) {
  write_.raise_counter(counter);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const SpvRequest& request) {
  if (auto problem = unknown_partner(request.client_id)) return problem;
  if (exists("SELECT 1 FROM spv_requests WHERE slug = ?", request.slug)) return "is there twice";
  write_.put_spv_request(request);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const Investor& investor) {
  if (auto problem = unknown_partner(investor.client_id)) return problem;
  write_.put_investor(investor);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const Subscription& subscription) {
  if (auto problem = unknown_partner(subscription.client_id)) return problem;
  if (exists("SELECT 1 FROM subscriptions WHERE slug = ?", subscription.slug)) return "is there twice";
  if (!exists("SELECT 1 FROM spv_requests WHERE vehicle_slug = ?", subscription.spv_slug))
    return "is to an SPV that is not in it, " + quoted(subscription.spv_slug);
  if (!exists("SELECT 1 FROM investors WHERE person_id = ?", subscription.person_id))
    return "is of an investor who is not in it, " + quoted(subscription.person_id);
  write_.put_subscription(subscription);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const ReplacedUpload& replaced) {
  if (auto problem = unknown_partner(replaced.client_id)) return problem;
  write_.keep_replaced_upload(replaced);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const DeliveryState& state) {
  if (auto problem = unknown_partner(state.delivery.client_id)) return problem;
  write_.add_event(state.event, state.delivery);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const Attempt& attempt) {
  if (!exists("SELECT 1 FROM deliveries WHERE delivery_id = ?", attempt.delivery_id))
    return "is of a delivery that is not in it, " + quoted(attempt.delivery_id);
  write_.add_attempt(attempt);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const Timer& timer) {
  if (auto problem = unknown_partner(timer.client_id)) return problem;
  write_.add_timer(timer);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const IdempotencyKey& key) {
  if (auto problem = unknown_partner(key.client_id)) return problem;
  write_.put_reply(key.client_id, key.key, key.reply);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const TokenChain& chain) {
  if (auto problem = unknown_partner(chain.client_id)) return problem;
  db_.query("INSERT INTO token_chains (chain_id, client_id, revoked, issued, expired) VALUES (?, ?, ?, ?, ?)")
      .bind(chain.chain_id, chain.client_id, chain.revoked, chain.issued, chain.expired)
      .run();
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const StoredRefreshToken& token) {
  if (auto problem = unknown_partner(token.client_id)) return problem;
  RefreshToken refresh;
  refresh.chain_id = token.chain_id;
  refresh.client_id = token.client_id;
  refresh.expires_at = token.expires_at;
  refresh.spent = token.spent;
  write_.add_refresh_token(token.token_hash, refresh);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const AssertionId& assertion) {
  if (auto problem = unknown_partner(assertion.client_id)) return problem;
  db_.query("INSERT INTO assertion_ids (client_id, jti, expires_at) VALUES (?, ?, ?)")
      .bind(assertion.client_id, assertion.jti, assertion.expires_at)
      .run();
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const ChaosRuleRow& rule) {
  if (rule.client_id) {
    if (auto problem = unknown_partner(*rule.client_id)) return problem;
  }
  if (exists("SELECT 1 FROM chaos_rules WHERE rule_id = ?", rule.id)) return "is there twice";
  write_.put_chaos_rule(rule);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const ChaosRuleLane& lane) {
  if (auto problem = unknown_partner(lane.client_id)) return problem;
  write_.put_chaos_rule_lane(lane);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const DeliveryChaos& chaos) {
  if (auto problem = unknown_partner(chaos.client_id)) return problem;
  write_.put_delivery_chaos(chaos);
  return std::nullopt;
}

SqliteStaged::Problem SqliteStaged::put(const HeldDelivery& held) {
  if (auto problem = unknown_partner(held.client_id)) return problem;
  write_.hold_delivery(held);
  return std::nullopt;
}

}  // namespace zest::store
