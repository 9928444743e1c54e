#include "app/seeding.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <vector>

#include "base/crypto.h"
#include "base/json.h"
#include "base/nearest.h"
#include "rules/fixture_files.h"

namespace zest::app {
namespace {

// "local.": they belong to the database, not to the state that snapshots carry.
constexpr std::string_view kSeed = "local.seed";
constexpr std::string_view kTokenSecret = "local.token_secret";
constexpr std::string_view kFileUrlKey = "local.file_url_key";
constexpr std::string_view kManualStart = "2026-01-01T00:00:00.000Z";

Error broken(std::string_view member_name, const std::string& reason) {
  return make_error(ErrorKind::InvalidRequest, "\"" + std::string(member_name) + "\" " + reason);
}

constexpr std::string_view kPartnerMembers[] = {"clientId",  "name",           "tenantSlug",
                                                "publicKey", "privateKeyFile", "webhookSecret"};

Result<std::string> text_member(const Json& document, std::string_view name) {
  if (!member(document, name)) return broken(name, "is missing");
  const std::string* text = string_member(document, name);
  if (!text || text->empty()) return broken(name, "must be a text that is not empty");
  return *text;
}

// A member that does nothing would be taken for one that does.
Result<void> check_members(const Json& document) {
  if (!document.is_object()) return make_error(ErrorKind::InvalidRequest, "must be a JSON object");
  const std::vector<std::string> known(std::begin(kPartnerMembers), std::end(kPartnerMembers));
  for (const auto& entry : document.items()) {
    if (std::find(known.begin(), known.end(), entry.key()) != known.end()) continue;
    std::string allowed;
    for (const std::string& name : known) allowed += (allowed.empty() ? "" : ", ") + name;
    const std::optional<std::string> meant = nearest(entry.key(), known);
    return broken(entry.key(), "is no member of a partner" +
                                   (meant ? "; did you mean \"" + *meant + "\"?" : std::string(".")) +
                                   " Allowed: " + allowed);
  }
  return {};
}

// "privateKeyFile" lies beside the partner's file. A partner of the user's own may have a "publicKey" alone:
// then its private key stays where it is.
Result<void> read_keys(const Json& document, const std::optional<std::filesystem::path>& fixtures,
                       DevelopmentPartner& partner) {
  if (member(document, "privateKeyFile")) {
    ASSIGN_OR_RETURN(const std::string file, text_member(document, "privateKeyFile"));
    Result<std::string> pem = rules::read_fixture(fixtures, "partners/" + file);
    if (!pem.ok()) return broken("privateKeyFile", "names a file that cannot be used: " + pem.error().detail);
    partner.private_key_pem = std::move(pem).value();
    Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(partner.private_key_pem);
    if (!key.ok()) return broken("privateKeyFile", "names a file that is no key: " + key.error().detail);
    partner.public_key = key->public_key();
    if (!member(document, "publicKey")) return {};
  }
  ASSIGN_OR_RETURN(const std::string text, text_member(document, "publicKey"));
  Result<std::string> public_key = parse_ed25519_public_key(text);
  if (!public_key.ok()) return broken("publicKey", "is no key: " + public_key.error().detail);
  if (!partner.public_key.empty() && partner.public_key != *public_key) {
    return broken("publicKey", "does not belong to the private key of \"privateKeyFile\"");
  }
  partner.public_key = *public_key;
  return {};
}

Result<DevelopmentPartner> parse_partner(const std::string& text,
                                         const std::optional<std::filesystem::path>& fixtures) {
  ASSIGN_OR_RETURN(const Json document, parse_json(text));
  RETURN_IF_ERROR(check_members(document));
  DevelopmentPartner partner;
  ASSIGN_OR_RETURN(partner.client_id, text_member(document, "clientId"));
  ASSIGN_OR_RETURN(partner.name, text_member(document, "name"));
  ASSIGN_OR_RETURN(partner.tenant_slug, text_member(document, "tenantSlug"));
  ASSIGN_OR_RETURN(partner.webhook_secret, text_member(document, "webhookSecret"));
  RETURN_IF_ERROR(read_keys(document, fixtures, partner));
  return partner;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  for (const char byte : random_bytes(4)) seed = seed << 8 | static_cast<unsigned char>(byte);
  return seed;
}

std::uint64_t chosen_seed(const ServeOptions& options, const std::optional<std::string>& kept) {
  if (options.seed) return *options.seed;
  if (kept) {
    std::uint64_t seed = 0;
    std::from_chars(kept->data(), kept->data() + kept->size(), seed);
    return seed;
  }
  return random_seed();
}

// The value of that name; made and kept when there is none.
std::string kept_or(store::Write& tx, std::string_view name, const std::string& fresh) {
  if (std::optional<std::string> kept = tx.meta(name)) {
    if (Result<std::string> bytes = from_hex(*kept); bytes.ok() && !bytes->empty()) return *bytes;
  }
  tx.set_meta(name, to_hex(fresh));
  return fresh;
}

rules::PartnerChange change_by(const ServeOptions& options) {
  rules::PartnerChange change;
  if (options.webhook_url) change.webhook_url = options.webhook_url;
  if (options.webhook_secret) change.webhook_secret = options.webhook_secret;
  if (options.auto_approve) change.auto_approve = options.auto_approve;
  if (options.auto_complete) change.auto_complete = options.auto_complete;
  if (options.delivery_timeout) change.delivery_timeout = options.delivery_timeout;
  return change;
}

rules::NewPartner new_partner(const DevelopmentPartner& partner, const ServeOptions& options) {
  rules::NewPartner input;
  input.client_id = partner.client_id;
  input.name = partner.name;
  input.tenant_slug = partner.tenant_slug;
  input.public_key = partner.public_key;
  input.webhook_url = options.webhook_url;
  input.webhook_secret = options.webhook_secret.value_or(partner.webhook_secret);
  input.auto_approve = options.auto_approve;
  input.auto_complete = options.auto_complete;
  if (options.delivery_timeout) input.delivery_timeout = *options.delivery_timeout;
  input.seeded = true;
  return input;
}

}  // namespace

Result<DevelopmentPartner> read_development_partner(const std::optional<std::filesystem::path>& fixtures) {
  ASSIGN_OR_RETURN(const std::string text, rules::read_fixture(fixtures, rules::kSeededPartnerFixture));
  Result<DevelopmentPartner> partner = parse_partner(text, fixtures);
  if (partner.ok()) return partner;
  return make_error(ErrorKind::InvalidRequest, rules::fixture_origin(fixtures, rules::kSeededPartnerFixture) +
                                                   ": " + partner.error().detail);
}

Result<DatabaseSecrets> prepare_secrets(store::Store& store, const ServeOptions& options) {
  return store.write([&options](store::Write& tx) -> Result<DatabaseSecrets> {
    DatabaseSecrets secrets;
    secrets.seed = chosen_seed(options, tx.meta(kSeed));
    tx.set_meta(kSeed, std::to_string(secrets.seed));
    secrets.token_secret = kept_or(tx, kTokenSecret, random_bytes(32));
    secrets.file_url_key = kept_or(tx, kFileUrlKey, hmac_sha256("file-urls", std::to_string(secrets.seed)));
    return secrets;
  });
}

rules::LaneDefaults lane_defaults(const ServeOptions& options, std::uint64_t seed, const WallClock& clock) {
  rules::LaneDefaults defaults;
  defaults.seed = seed;
  defaults.clock.mode = options.clock_mode();
  const Instant machine = machine_time(defaults.clock.mode, clock);
  defaults.clock.scale = options.time_scale.value_or(1);
  defaults.clock.anchor_wall = machine;
  if (options.start_time) {
    defaults.clock.anchor_virtual = *options.start_time;
  } else if (defaults.clock.mode == ClockMode::Manual) {
    defaults.clock.anchor_virtual = parse_instant(kManualStart).value();
  } else {
    defaults.clock.anchor_virtual = machine;
  }
  return defaults;
}

Result<Partner> seed_partner(store::Store& store, const DevelopmentPartner& partner,
                             const ServeOptions& options, const rules::LaneDefaults& defaults, Instant wall) {
  return store.write([&](store::Write& tx) -> Result<Partner> {
    if (tx.partner(partner.client_id))
      return rules::change_partner(tx, partner.client_id, change_by(options));
    return rules::register_partner(tx, new_partner(partner, options), defaults, wall);
  });
}

}  // namespace zest::app
