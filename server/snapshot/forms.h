// How each kind of value is written and read; state_json.cpp has the table of the sections. Thread-safety:
// free functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "store/state.h"

namespace zest::snapshot {

struct SectionForm {
  std::string_view name;
  Result<store::StateItem> (*read)(const Json& json, const std::string& path, Instant taken_at);
};

// form_partners.cpp
Json form_of(const store::FormerPartner& former, Instant taken_at);
Json form_of(const store::PartnerState& state, Instant taken_at);
Json form_of(const store::Counter& counter, Instant taken_at);
Json form_of(const store::IdempotencyKey& key, Instant taken_at);
Json form_of(const store::TokenChain& chain, Instant taken_at);
Json form_of(const store::StoredRefreshToken& token, Instant taken_at);
Json form_of(const store::AssertionId& assertion, Instant taken_at);
Result<store::StateItem> read_former_partner(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_partner(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_counter(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_idempotency_key(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_token_chain(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_refresh_token(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_assertion_id(const Json& json, const std::string& path, Instant taken_at);

// form_resources.cpp
Json form_of(const SpvRequest& request, Instant taken_at);
Json form_of(const Investor& investor, Instant taken_at);
Json form_of(const Subscription& subscription, Instant taken_at);
Json form_of(const store::ReplacedUpload& replaced, Instant taken_at);
Result<store::StateItem> read_spv_request(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_investor(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_subscription(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_replaced_upload(const Json& json, const std::string& path, Instant taken_at);

// form_deliveries.cpp
Json form_of(const store::DeliveryState& state, Instant taken_at);
Json form_of(const Attempt& attempt, Instant taken_at);
Json form_of(const Timer& timer, Instant taken_at);
Json form_of(const store::ChaosRuleRow& rule, Instant taken_at);
Json form_of(const ChaosRuleLane& lane, Instant taken_at);
Json form_of(const DeliveryChaos& chaos, Instant taken_at);
Json form_of(const HeldDelivery& held, Instant taken_at);
Result<store::StateItem> read_delivery(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_attempt(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_timer(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_chaos_rule(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_chaos_counts(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_delivery_chaos(const Json& json, const std::string& path, Instant taken_at);
Result<store::StateItem> read_held_delivery(const Json& json, const std::string& path, Instant taken_at);

}  // namespace zest::snapshot
