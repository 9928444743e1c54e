#include "application/partner.h"

#include "base/file.h"

namespace zest::application {
namespace {

constexpr std::size_t kMaxKeyBytes = 16 * 1024;  // [sandbox]
constexpr const char* kRestored[] = {"webhookSecret", "deliveryTimeout", "provisioned", "tenantSlug"};
constexpr const char* kRestoredOrEmptied[] = {"webhookUrl", "autoApprove", "autoComplete"};

}  // namespace

Result<Ed25519PrivateKey> read_private_key(const PartnerToBe& partner) {
  ASSIGN_OR_RETURN(const std::string pem, read_file(partner.private_key_file, kMaxKeyBytes));
  Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(pem);
  if (!key.ok()) return invalid_request(partner.private_key_file.string() + ": " + key.error().detail);
  return key;
}

Result<Json> take_partner(const client::ControlApi& control, const PartnerToBe& partner,
                          const Json& settings) {
  ASSIGN_OR_RETURN(const Ed25519PrivateKey key, read_private_key(partner));
  Result<Json> before = control.partner(partner.client_id);
  if (before.ok()) {
    RETURN_IF_ERROR(control.change_partner(partner.client_id, settings));
    RETURN_IF_ERROR(control.reset({{"clientId", partner.client_id}, {"keepCoverage", true}}));
    return before;
  }
  if (before.error().kind != ErrorKind::NotFound) return before.error();
  Json body{{"clientId", partner.client_id},
            {"name", partner.client_id},
            {"publicKey", base64_encode(key.public_key())}};
  body.update(settings);
  RETURN_IF_ERROR(control.register_partner(body));
  return Json();
}

void give_back_partner(const client::ControlApi& control, const PartnerToBe& partner, const Json& before) {
  Json scope{{"clientId", partner.client_id}, {"keepCoverage", true}};
  if (before.is_null()) scope["partners"] = true;
  static_cast<void>(control.reset(scope));
  if (before.is_null()) return;
  Json settings = Json::object();
  for (const char* name : kRestored) {
    if (const Json* value = member(before, name)) settings[name] = *value;
  }
  for (const char* name : kRestoredOrEmptied) {
    const Json* value = member(before, name);
    settings[name] = value ? *value : Json();
  }
  static_cast<void>(control.change_partner(partner.client_id, settings));
}

}  // namespace zest::application
