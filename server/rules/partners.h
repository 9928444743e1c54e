// Registering and changing partner applications. Zest docs: getting-started/onboarding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lane.h"
#include "model/partner.h"
#include "store/store.h"

namespace zest::rules {

// NotFound that names the partner, and the nearest one that there is.
Error unknown_partner(store::Read& tx, std::string_view client_id);
Error unknown_partner(const std::vector<Partner>& partners, std::string_view client_id);

// What a new partner's lane starts with.
struct LaneDefaults {
  LaneClock clock;  // anchored where a lane that is made now starts
  std::uint64_t seed = 0;
};

struct NewPartner {
  std::optional<std::string>
      client_id;  // absent: derived from the name ("Acme Portal" -> client_acme_portal)
  std::string name;
  std::optional<std::string> tenant_slug;  // absent: the client id without client_
  std::string public_key;                  // 32 raw bytes
  std::optional<std::string> webhook_url;
  std::optional<std::string> webhook_secret;  // absent: generated
  bool provisioned = true;
  std::optional<Duration> auto_approve;
  std::optional<Duration> auto_complete;
  Duration delivery_timeout{10'000};
  bool seeded = false;
};

// Fields that are absent stay as they are; the inner optional empties a field.
struct PartnerChange {
  std::optional<std::string> name;
  std::optional<std::string> tenant_slug;
  std::optional<std::string> public_key;  // 32 raw bytes
  std::optional<std::optional<std::string>> webhook_url;
  std::optional<std::string> webhook_secret;
  std::optional<bool> provisioned;
  std::optional<std::optional<Duration>> auto_approve;
  std::optional<std::optional<Duration>> auto_complete;
  std::optional<Duration> delivery_timeout;
};

// Whether webhooks may be sent there. http and https only; with `require_https`, https only. Errors:
// InvalidRequest.
Result<void> check_webhook_url(const std::string& url, bool require_https);
// True for a literal address that is not loopback or private: worth a warning in a sandbox.
bool is_public_address(const std::string& url);

// Errors: Conflict when the client id or the public key is registered already (naming the holder),
// InvalidRequest for a malformed client id, tenant or secret.
Result<Partner> register_partner(store::Write& tx, const NewPartner& input, const LaneDefaults& defaults,
                                 Instant wall);
Result<Partner> change_partner(store::Write& tx, const std::string& client_id, const PartnerChange& change);
// Removes the partner with all of its data. Unless `rewind` is asked for, its identifiers never come back:
// registered again under the same client id, it is another generation with another tag.
void remove_partner(store::Write& tx, const Partner& partner, bool rewind);

}  // namespace zest::rules
