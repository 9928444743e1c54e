#include "api/pipeline/fault_rules.h"

#include <algorithm>

#include "base/crypto.h"
#include "engine/lane_rules.h"
#include "rules/jwt.h"

namespace zest::api {
namespace {

bool is_for(const chaos::Match& match, const http::RequestHead& head, const Route& route) {
  if (match.method && !http::equal_ignoring_case(*match.method, head.method)) return false;
  if (match.path && !chaos::matches_pattern(*match.path, head.path)) return false;
  return !match.operation || *match.operation == route.operation_id;
}

// Whether the action can do something to such a call.
bool is_about(const chaos::Action& action, const Route& route) {
  return !std::holds_alternative<chaos::ShortTokens>(action) ||
         route.operation_id == row_of(kOperationTable, Operation::ExchangeTokens).id;
}

// Whether the action may still be added: not when another one has decided already.
bool is_open(const Fault& fault, const chaos::Action& action) {
  return std::holds_alternative<chaos::Latency>(action) ||
         std::holds_alternative<chaos::DelayAfterCommit>(action) ||
         std::holds_alternative<chaos::ExtraMembers>(action) ||
         std::holds_alternative<chaos::ShortTokens>(action) ||
         std::holds_alternative<chaos::ExpireTokens>(action) || !fault.decides();
}

// What a rule that acts does to the call; an action that is forgotten here does not compile.
class Effect {
 public:
  explicit Effect(Fault& fault) : fault_(fault) {}

  void operator()(const chaos::Latency& latency) const {
    fault_.delay = std::min(fault_.delay + latency.by, chaos::kMaxLatency);
  }
  void operator()(const chaos::Status& status) const {
    fault_.instead_of = status.code;
    fault_.retry_after = status.retry_after;
    fault_.gateway_body = status.body;
  }
  void operator()(const chaos::StatusAfterCommit& late) const { fault_.after_commit = late.code; }
  void operator()(const chaos::DropBeforeExecute&) const { fault_.drop = Fault::Drop::BeforeExecute; }
  void operator()(const chaos::DropAfterCommit&) const { fault_.drop = Fault::Drop::AfterCommit; }
  void operator()(const chaos::ExpireTokens&) const { fault_.expire_tokens = true; }
  void operator()(const chaos::TruncateBody& cut) const {
    fault_.truncate = true;
    if (cut.after) fault_.truncate_after = static_cast<std::uint64_t>(*cut.after);
  }
  void operator()(const chaos::EmptyBody&) const { fault_.empty_body = true; }
  void operator()(const chaos::SlowAnswer& slow) const {
    fault_.bytes_per_second = static_cast<std::uint64_t>(slow.bytes_per_second);
  }
  void operator()(const chaos::DelayAfterCommit& later) const {
    fault_.delay_after_commit = std::min(fault_.delay_after_commit + later.by, chaos::kMaxLatency);
  }
  void operator()(const chaos::ExtraMembers&) const { fault_.extra_members = true; }
  void operator()(const chaos::ShortTokens& given) const {
    fault_.token_lifetime = std::min(fault_.token_lifetime.value_or(given.lifetime), given.lifetime);
  }
  // Those of webhooks, which no rule of calls has.
  template <class Chosen>
  requires(row_of(kChaosActionTable, Chosen::kAction).target == ChaosTarget::Webhook) void operator()(
      const Chosen&) const {}

 private:
  Fault& fault_;
};

void add(Fault& fault, const chaos::Rule& rule) {
  std::visit(Effect(fault), rule.action);
  fault.name += (fault.name.empty() ? "" : ",") + rule.id;
}

}  // namespace

Result<std::shared_ptr<const FaultRules::Matches>> FaultRules::current() {
  // Before the look: what is committed during it makes the copy old.
  const std::uint64_t version = services_.store.version(store::Topic::ChaosRules);
  {
    const MutexLock lock(mutex_);
    if (matches_ && matches_->version == version) return matches_;
  }
  auto found = std::make_shared<Matches>();
  found->version = version;
  ASSIGN_OR_RETURN(const std::vector<store::ChaosRuleRow> rows,
                   services_.store.read([](store::Read& tx) { return tx.chaos_rules(); }));
  for (const store::ChaosRuleRow& row : rows) {
    std::optional<chaos::Rule> rule = engine::stored_rule(row);
    if (rule && rule->enabled && rule->on == chaos::Target::Api) {
      found->matches.push_back(std::move(rule->match));
    }
  }
  const MutexLock lock(mutex_);
  matches_ = found;
  return matches_;
}

Result<std::optional<Fault>> FaultRules::find(const http::RequestHead& head, const Route& route,
                                              const std::function<std::optional<std::string>()>& caller_of) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Matches> known, current());
  const bool any = std::any_of(known->matches.begin(), known->matches.end(),
                               [&](const chaos::Match& match) { return is_for(match, head, route); });
  if (!any) return std::optional<Fault>();
  const std::optional<std::string> caller = caller_of();
  return services_.store.write([&](store::Write& tx) -> Result<std::optional<Fault>> {
    const std::optional<Lane> lane = caller ? tx.lane(*caller) : std::nullopt;
    const std::optional<Instant> now =
        lane ? std::optional<Instant>(lane_now(*lane, services_.clock)) : std::nullopt;
    engine::LaneRules rules(tx, lane ? *caller : "", now, chaos::Target::Api, services_.settings.seed);
    const chaos::Draw draw = rules.draw();
    Fault fault;
    for (chaos::RuleState& state : rules.states()) {
      if (!is_for(state.rule.match, head, route) || !is_about(state.rule.action, route) ||
          !is_open(fault, state.rule.action)) {
        continue;
      }
      if (chaos::count_match(state, draw)) add(fault, state.rule);
    }
    rules.save();
    if (fault.expire_tokens && lane) tx.expire_access_tokens(*caller);
    if (fault.name.empty()) return std::optional<Fault>();
    return std::optional<Fault>(std::move(fault));
  });
}

std::optional<std::string> claimed_client(const Services& services, const Route& route,
                                          std::string_view body) {
  if (route.body != BodyKind::Form) return std::nullopt;
  const std::optional<http::FormFields> form = http::parse_form(body);
  if (!form) return std::nullopt;
  for (const auto& [name, value] : *form) {
    if (name == "assertion") {
      const Result<rules::Jwt> jwt = rules::parse_jwt(value);
      const std::string* client = jwt.ok() ? string_member(jwt->payload, "client_id") : nullptr;
      if (client != nullptr) return *client;
    } else if (name == "refresh_token") {
      const std::string hash = to_hex(sha256(value));
      const auto token = services.store.read([&hash](store::Read& tx) { return tx.refresh_token(hash); });
      if (token.ok() && *token) return (*token)->client_id;
    }
  }
  return std::nullopt;
}

}  // namespace zest::api
