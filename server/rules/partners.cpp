#include "rules/partners.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "base/crypto.h"
#include "base/nearest.h"
#include "base/url.h"
#include "rules/formats.h"

namespace zest::rules {
namespace {

constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxSlug = 64;
constexpr std::size_t kMaxUrl = 2048;

bool is_slug(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSlug &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
         });
}

// "Acme Portal" -> "acme_portal"
std::string slug_of(std::string_view name) {
  std::string slug;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) != 0) {
      slug += static_cast<char>(std::tolower(byte));
    } else if (!slug.empty() && slug.back() != '_') {
      slug += '_';
    }
  }
  while (!slug.empty() && slug.back() == '_') slug.pop_back();
  return slug.substr(0, 40);
}

Error invalid(std::string detail) { return make_error(ErrorKind::InvalidRequest, std::move(detail)); }

Result<void> check_values(const Partner& partner) {
  if (partner.name.empty() || partner.name.size() > kMaxName) {
    return invalid("name must have 1 to " + std::to_string(kMaxName) + " characters");
  }
  if (!is_name(partner.name)) return invalid("name must not be blank, nor hold control characters");
  if (!is_slug(partner.client_id)) {
    return invalid("clientId must be 1 to 64 letters, digits, '_', '-' or '.'");
  }
  if (!is_slug(partner.tenant_slug)) {
    return invalid("tenantSlug must be 1 to 64 letters, digits, '_', '-' or '.'");
  }
  if (partner.webhook_secret.empty() || partner.webhook_secret.size() > 512) {
    return invalid("webhookSecret must have 1 to 512 characters");
  }
  if (partner.delivery_timeout <= Duration(0)) return invalid("deliveryTimeout must be longer than 0");
  return {};
}

Result<void> check_key_is_free(store::Read& tx, const Partner& partner) {
  const std::optional<Partner> holder = tx.partner_by_key(partner.public_key);
  if (holder && holder->client_id != partner.client_id) {
    return make_error(ErrorKind::Conflict,
                      "this public key is registered already, for partner '" + holder->client_id + "'");
  }
  return {};
}

std::string default_client_id(store::Read& tx, const std::string& name) {
  const std::string slug = slug_of(name);
  const std::string base = "client_" + (slug.empty() ? "partner" : slug);
  std::string candidate = base;
  for (int n = 2; tx.partner(candidate); ++n) candidate = base + "_" + std::to_string(n);
  return candidate;
}

std::optional<std::array<int, 4>> ipv4(std::string_view host) {
  std::array<int, 4> octets{};
  std::size_t index = 0;
  int value = -1;
  for (const char c : std::string(host) + ".") {
    if (c >= '0' && c <= '9') {
      value = std::max(value, 0) * 10 + (c - '0');
      if (value > 255) return std::nullopt;
    } else if (c == '.' && value >= 0 && index < 4) {
      octets[index++] = value;
      value = -1;
    } else {
      return std::nullopt;
    }
  }
  if (index != 4) return std::nullopt;
  return octets;
}

}  // namespace

Result<void> check_webhook_url(const std::string& url, bool require_https) {
  const Result<HttpUrl> parsed = parse_http_url(url);
  if (parsed.ok() && require_https && !parsed->secure)
    return invalid("webhookUrl must be https:// (this sandbox runs with --require-https)");
  if (url.size() > kMaxUrl)
    return invalid("webhookUrl is longer than " + std::to_string(kMaxUrl) + " characters");
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!printable) return invalid("webhookUrl must hold visible ASCII characters only");
  if (!parsed.ok()) return invalid("webhookUrl " + parsed.error().detail);
  if (url.find('#') != std::string::npos) return invalid("webhookUrl must not have a fragment (#…)");
  return {};
}

bool is_public_address(const std::string& url) {
  const Result<HttpUrl> parsed = parse_http_url(url);
  if (!parsed.ok()) return false;
  const std::string& host = parsed->host;
  if (const auto octets = ipv4(host)) {
    const auto& [a, b, c, d] = *octets;
    static_cast<void>(c);
    static_cast<void>(d);
    return !(a == 127 || a == 10 || a == 0 || (a == 172 && b >= 16 && b <= 31) || (a == 192 && b == 168) ||
             (a == 169 && b == 254));
  }
  if (host.front() != '[') return false;  // a name
  return !(host == "[::1]" || host.rfind("[fc", 0) == 0 || host.rfind("[fd", 0) == 0 ||
           host.rfind("[fe80", 0) == 0 || host.rfind("[::ffff:127.", 0) == 0);
}

Result<Partner> register_partner(store::Write& tx, const NewPartner& input, const LaneDefaults& defaults,
                                 Instant wall) {
  Partner partner;
  partner.name = input.name;
  partner.client_id = input.client_id.value_or("");
  if (!input.client_id) partner.client_id = default_client_id(tx, input.name);
  const std::string bare =
      partner.client_id.rfind("client_", 0) == 0 ? partner.client_id.substr(7) : partner.client_id;
  partner.tenant_slug = input.tenant_slug.value_or(bare);
  partner.public_key = input.public_key;
  partner.webhook_url = input.webhook_url;
  partner.webhook_secret = input.webhook_secret.value_or("whsec_" + to_hex(random_bytes(32)));
  partner.provisioned = input.provisioned;
  partner.auto_approve = input.auto_approve;
  partner.auto_complete = input.auto_complete;
  partner.delivery_timeout = input.delivery_timeout;
  partner.seeded = input.seeded;
  partner.created_at = wall;
  RETURN_IF_ERROR(check_values(partner));
  if (tx.partner(partner.client_id)) {
    return make_error(ErrorKind::Conflict, "partner '" + partner.client_id + "' is registered already");
  }
  RETURN_IF_ERROR(check_key_is_free(tx, partner));
  partner.generation = tx.former_generation(partner.client_id) + 1;
  partner.tag = make_tag(defaults.seed, partner, tx.partners());
  tx.put_partner(partner);

  Lane lane;
  lane.client_id = partner.client_id;
  lane.clock = defaults.clock;
  lane.initial = defaults.clock;
  lane.high_water = defaults.clock.anchor_virtual;
  tx.put_lane(lane);
  return partner;
}

Error unknown_partner(store::Read& tx, std::string_view client_id) {
  return unknown_partner(tx.partners(), client_id);
}

Error unknown_partner(const std::vector<Partner>& partners, std::string_view client_id) {
  std::vector<std::string> ids;
  ids.reserve(partners.size());
  for (const Partner& partner : partners) ids.push_back(partner.client_id);
  return make_error(ErrorKind::NotFound,
                    "there is no partner " + std::string(client_id) + did_you_mean(client_id, ids));
}

Result<Partner> change_partner(store::Write& tx, const std::string& client_id, const PartnerChange& change) {
  std::optional<Partner> found = tx.partner(client_id);
  if (!found) return unknown_partner(tx, client_id);
  Partner& partner = *found;
  if (change.name) partner.name = *change.name;
  if (change.tenant_slug) partner.tenant_slug = *change.tenant_slug;
  if (change.public_key) partner.public_key = *change.public_key;
  if (change.webhook_url) partner.webhook_url = *change.webhook_url;
  if (change.webhook_secret) partner.webhook_secret = *change.webhook_secret;
  if (change.provisioned) partner.provisioned = *change.provisioned;
  if (change.auto_approve) partner.auto_approve = *change.auto_approve;
  if (change.auto_complete) partner.auto_complete = *change.auto_complete;
  if (change.delivery_timeout) partner.delivery_timeout = *change.delivery_timeout;
  RETURN_IF_ERROR(check_values(partner));
  RETURN_IF_ERROR(check_key_is_free(tx, partner));
  tx.put_partner(partner);
  return std::move(partner);
}

void remove_partner(store::Write& tx, const Partner& partner, bool rewind) {
  // A snapshot may have brought back an earlier generation than the last.
  const std::uint32_t last = std::max(partner.generation, tx.former_generation(partner.client_id));
  tx.remove_partner(partner.client_id);
  tx.put_former_partner({partner.client_id, rewind ? 0 : last});
}

}  // namespace zest::rules
