// Partners with their clocks, counters, idempotency keys and tokens.
#include "base/crypto.h"
#include "snapshot/element.h"
#include "snapshot/forms.h"

namespace zest::snapshot {
namespace {

constexpr std::int64_t kMaxTag = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kPublicKeyBytes = 32;

std::optional<ClockMode> parse_clock_mode(std::string_view text) {
  for (const ClockMode mode : {ClockMode::Real, ClockMode::Scaled, ClockMode::Manual}) {
    if (to_string(mode) == text) return mode;
  }
  return std::nullopt;
}

Json clock_form(const LaneClock& clock, const char* time_name, Instant time) {
  return Json{{"mode", to_string(clock.mode)}, {"scale", clock.scale}, {time_name, format_instant(time)}};
}

// `wall`: when the clock showed, or will show, that time.
LaneClock read_clock(Element& element, std::string_view time_name, Instant wall) {
  LaneClock clock;
  clock.mode = element.word<ClockMode>("mode", parse_clock_mode);
  clock.scale = element.integer("scale", 1, kMaxTimeScale);
  clock.anchor_virtual = element.instant(time_name);
  clock.anchor_wall = wall;
  return clock;
}

Lane read_lane(Element& element, const std::string& client_id, Instant taken_at) {
  Lane lane;
  lane.client_id = client_id;
  Element clock = element.object("clock", {"mode", "scale", "now", "start", "paused"});
  lane.clock = read_clock(clock, "now", taken_at);
  lane.high_water = lane.clock.anchor_virtual;
  lane.paused = clock.flag("paused");
  Element start = clock.object("start", {"mode", "scale", "time"});
  lane.initial = read_clock(start, "time", taken_at);
  clock.take_error(start);
  element.take_error(clock);
  return lane;
}

}  // namespace

Json form_of(const store::FormerPartner& former, Instant) {
  return Json{{"clientId", former.client_id}, {"generation", former.generation}};
}

Result<store::StateItem> read_former_partner(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"clientId", "generation"});
  store::FormerPartner former;
  former.client_id = element.text("clientId");
  former.generation = static_cast<std::uint32_t>(element.integer("generation", 0, kMaxTag));
  if (element.error()) return *element.error();
  return store::StateItem(std::move(former));
}

Json form_of(const store::PartnerState& state, Instant taken_at) {
  const Partner& partner = state.partner;
  Json json{{"clientId", partner.client_id},
            {"name", partner.name},
            {"tenantSlug", partner.tenant_slug},
            {"publicKey", base64_encode(partner.public_key)}};
  put_optional(json, "webhookUrl", partner.webhook_url);
  json["webhookSecret"] = partner.webhook_secret;
  json["provisioned"] = partner.provisioned;
  put_optional(json, "autoApprove", partner.auto_approve);
  put_optional(json, "autoComplete", partner.auto_complete);
  json["deliveryTimeout"] = format_duration(partner.delivery_timeout);
  json["seeded"] = partner.seeded;
  json["tag"] = partner.tag;
  json["generation"] = partner.generation;
  json["createdAt"] = format_instant(partner.created_at);
  const Lane& lane = state.lane;
  json["clock"] = clock_form(lane.clock, "now", lane_at(lane, taken_at));
  json["clock"]["start"] = clock_form(lane.initial, "time", lane.initial.anchor_virtual);
  json["clock"]["paused"] = lane.paused;
  return json;
}

Result<store::StateItem> read_partner(const Json& json, const std::string& path, Instant taken_at) {
  Element element(json, path,
                  {"clientId", "name", "tenantSlug", "publicKey", "webhookUrl", "webhookSecret",
                   "provisioned", "autoApprove", "autoComplete", "deliveryTimeout", "seeded", "tag",
                   "generation", "createdAt", "clock"});
  store::PartnerState state;
  Partner& partner = state.partner;
  partner.client_id = element.text("clientId");
  partner.name = element.text("name");
  partner.tenant_slug = element.text("tenantSlug");
  const Result<std::string> key = base64_decode(element.text("publicKey"));
  if (!element.error() && (!key.ok() || key->size() != kPublicKeyBytes))
    element.fail_member("publicKey", "must be base64 of 32 bytes");
  if (key.ok()) partner.public_key = *key;
  partner.webhook_url = element.optional_text("webhookUrl");
  partner.webhook_secret = element.text("webhookSecret");
  partner.provisioned = element.flag("provisioned");
  partner.auto_approve = element.optional_duration("autoApprove");
  partner.auto_complete = element.optional_duration("autoComplete");
  partner.delivery_timeout = element.duration("deliveryTimeout");
  partner.seeded = element.flag("seeded");
  partner.tag = static_cast<std::uint32_t>(element.integer("tag", 0, kMaxTag));
  partner.generation = static_cast<std::uint32_t>(element.integer("generation", 0, kMaxTag));
  partner.created_at = element.instant("createdAt");
  state.lane = read_lane(element, partner.client_id, taken_at);
  if (element.error()) return *element.error();
  return store::StateItem(std::move(state));
}

Json form_of(const store::Counter& counter, Instant) {
  return Json{{"clientId", counter.client_id}, {"name", counter.name}, {"value", counter.value}};
}

Result<store::StateItem> read_counter(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"clientId", "name", "value"});
  store::Counter counter;
  counter.client_id = element.text("clientId");
  counter.name = element.text("name");
  counter.value = element.counter("value");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(counter));
}

Json form_of(const store::IdempotencyKey& key, Instant) {
  return Json{{"clientId", key.client_id},
              {"key", key.key},
              {"expiresAt", format_instant(key.reply.expires_at)},
              {"status", key.reply.status},
              {"fingerprint", key.reply.fingerprint},
              {"body", key.reply.body}};
}

Result<store::StateItem> read_idempotency_key(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"clientId", "key", "expiresAt", "status", "fingerprint", "body"});
  store::IdempotencyKey key;
  key.client_id = element.text("clientId");
  key.key = element.text("key");
  key.reply.expires_at = element.instant("expiresAt");
  key.reply.status = static_cast<int>(element.integer("status", 100, 599));
  key.reply.fingerprint = element.text("fingerprint");
  key.reply.body = element.text("body");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(key));
}

Json form_of(const store::TokenChain& chain, Instant) {
  return Json{{"chainId", chain.chain_id},
              {"clientId", chain.client_id},
              {"revoked", chain.revoked},
              {"issued", chain.issued},
              {"expired", chain.expired}};
}

Result<store::StateItem> read_token_chain(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"chainId", "clientId", "revoked", "issued", "expired"});
  store::TokenChain chain;
  chain.chain_id = element.text("chainId");
  chain.client_id = element.text("clientId");
  chain.revoked = element.flag("revoked");
  chain.issued = element.counter("issued");
  chain.expired = element.counter("expired");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(chain));
}

Json form_of(const store::StoredRefreshToken& token, Instant) {
  return Json{{"tokenHash", token.token_hash},
              {"chainId", token.chain_id},
              {"clientId", token.client_id},
              {"expiresAt", format_instant(token.expires_at)},
              {"spent", token.spent}};
}

Result<store::StateItem> read_refresh_token(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"tokenHash", "chainId", "clientId", "expiresAt", "spent"});
  store::StoredRefreshToken token;
  token.token_hash = element.text("tokenHash");
  token.chain_id = element.text("chainId");
  token.client_id = element.text("clientId");
  token.expires_at = element.instant("expiresAt");
  token.spent = element.flag("spent");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(token));
}

Json form_of(const store::AssertionId& assertion, Instant) {
  return Json{{"clientId", assertion.client_id},
              {"jti", assertion.jti},
              {"expiresAt", format_instant(assertion.expires_at)}};
}

Result<store::StateItem> read_assertion_id(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"clientId", "jti", "expiresAt"});
  store::AssertionId assertion;
  assertion.client_id = element.text("clientId");
  assertion.jti = element.text("jti");
  assertion.expires_at = element.instant("expiresAt");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(assertion));
}

}  // namespace zest::snapshot
