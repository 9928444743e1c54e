#include "support/development_partner.h"

#include <stdexcept>
#include <utility>

#include "app/seeding.h"
#include "base/crypto.h"

namespace zest::test {

client::PartnerApi development_partner(const std::string& url) {
  Result<app::DevelopmentPartner> partner = app::read_development_partner(std::nullopt);
  if (!partner.ok()) throw std::runtime_error(partner.error().detail);
  Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(partner->private_key_pem);
  if (!key.ok()) throw std::runtime_error(key.error().detail);
  return client::PartnerApi(url, client::Credentials{partner->client_id, std::move(*key)});
}

}  // namespace zest::test
