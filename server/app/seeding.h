// What a sandbox's database holds before the first call: its secrets, its seed, and the partner that exists
// without any configuration.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "app/options.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/partner.h"
#include "rules/partners.h"
#include "store/store.h"

namespace zest::app {

// The development partner of the fixtures. Its private key is public knowledge: it is worth nothing outside.
struct DevelopmentPartner {
  std::string client_id;
  std::string name;
  std::string tenant_slug;
  std::string webhook_secret;
  std::string private_key_pem;  // "" when the fixture has the public key only
  std::string public_key;       // 32 raw bytes
};

// From fixtures/partners/acme.json, or the file that `fixtures` has in its place. Errors: InvalidRequest that
// names the file, the member and the reason.
Result<DevelopmentPartner> read_development_partner(const std::optional<std::filesystem::path>& fixtures);

struct DatabaseSecrets {
  std::uint64_t seed = 0;
  std::string token_secret;  // signs access tokens; random, the database's own
  std::string file_url_key;  // signs file URLs; follows from the seed, so that event bodies can be repeated
};

// Reads them, or makes them in a new database. A file database keeps its seed; `options.seed` replaces it
// from then on, which changes what is random later and the identifiers of partners registered later, nothing
// that exists.
Result<DatabaseSecrets> prepare_secrets(store::Store& store, const ServeOptions& options);

// The clock and randomness of a lane made at `clock`'s present.
rules::LaneDefaults lane_defaults(const ServeOptions& options, std::uint64_t seed, const WallClock& clock);

// Registers the partner; in a database that has it, changes only what the options name.
Result<Partner> seed_partner(store::Store& store, const DevelopmentPartner& partner,
                             const ServeOptions& options, const rules::LaneDefaults& defaults, Instant wall);

}  // namespace zest::app
