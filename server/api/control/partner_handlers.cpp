// Partner applications: /_sandbox/partners, and Zest's documented POST /admin/services/register-partner.
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/readers.h"
#include "api/pipeline/uploads.h"
#include "base/crypto.h"
#include "model/codec.h"
#include "rules/reset.h"

namespace zest::api {
namespace {

// A public key as text (base64, PEM, JWK) or as a JWK object. Answers its 32 raw bytes.
std::optional<std::string> read_public_key(ObjectReader& reader) {
  const Json* given = reader.any("publicKey");
  if (given == nullptr) return std::nullopt;
  if (!given->is_string() && !given->is_object()) {
    reader.fail_member("publicKey", "must be base64 of the raw 32 bytes, PEM, or a JWK");
    return std::nullopt;
  }
  const Result<std::string> key =
      parse_ed25519_public_key(given->is_string() ? given->get<std::string>() : dump_json(*given));
  if (key.ok()) return *key;
  reader.fail_member("publicKey", key.error().detail);
  return std::nullopt;
}

std::optional<std::string> read_webhook_url(ObjectReader& reader, const Settings& settings) {
  std::optional<std::string> url = reader.text("webhookUrl");
  if (!url) return std::nullopt;
  if (const Result<void> checked = rules::check_webhook_url(*url, settings.require_https); !checked.ok()) {
    reader.fail(checked.error().detail);
  }
  return url;
}

// An endpoint on the open internet is worth a word: a sandbox's events are test data.
void add_warnings(const Services& services, const Partner& partner, Json& json) {
  if (!partner.webhook_url || !rules::is_public_address(*partner.webhook_url)) return;
  const std::string warning = "webhookUrl is a public address: the sandbox will send its events there";
  services.log.warning(partner.client_id + ": " + warning);
  json["warnings"] = Json::array({warning});
}

Result<Answer> create_partner(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  const Settings& settings = services.settings;
  rules::NewPartner input;
  input.client_id = reader.text("clientId");
  const std::optional<std::string> name = reader.text("name");
  if (!name && !input.client_id) reader.require("name");
  input.name = name ? *name : input.client_id.value_or("");
  input.tenant_slug = reader.text("tenantSlug");
  input.webhook_url = read_webhook_url(reader, settings);
  input.webhook_secret = reader.text("webhookSecret");
  input.provisioned = reader.flag("provisioned").value_or(true);
  // null switches the server's default off for this partner.
  input.auto_approve = reader.duration("autoApprove");
  if (!input.auto_approve && !reader.is_null("autoApprove")) input.auto_approve = settings.auto_approve;
  input.auto_complete = reader.duration("autoComplete");
  if (!input.auto_complete && !reader.is_null("autoComplete")) input.auto_complete = settings.auto_complete;
  input.delivery_timeout = reader.duration("deliveryTimeout").value_or(settings.delivery_timeout);
  const std::optional<std::string> public_key = read_public_key(reader);
  const bool generate = reader.flag("generateKey").value_or(!reader.has("publicKey"));
  if (generate && reader.has("publicKey"))
    reader.fail("the body must have only one of publicKey or generateKey: true");
  if (!generate && !reader.has("publicKey"))
    reader.fail("the body must have publicKey, or generateKey: true");
  if (reader.error()) return *reader.error();

  std::optional<Ed25519PrivateKey> private_key;
  if (generate) private_key = Ed25519PrivateKey::generate();
  input.public_key = private_key ? private_key->public_key() : public_key.value_or("");
  const rules::LaneDefaults defaults = services.lane_defaults();
  ASSIGN_OR_RETURN(const Partner partner, services.store.write([&](store::Write& tx) {
    return rules::register_partner(tx, input, defaults, services.clock.wall());
  }));
  services.engine.refresh(partner.client_id);
  // It may have the name of one that was removed, whose calls stay to be looked at until then.
  services.journal.clear(partner.client_id);
  services.warnings.clear(partner.client_id);
  services.coverage.begin_anew(partner.client_id);

  Json json = to_json(partner);
  services.events.note("partner", partner.client_id,
                       Json{{"clientId", partner.client_id}, {"change", "registered"}});
  if (private_key) {
    ASSIGN_OR_RETURN(Json jwk, parse_json(private_key->jwk()));
    json["privateKeyPem"] = private_key->pem();
    json["privateKeyJwk"] = std::move(jwk);
  }
  add_warnings(services, partner, json);
  Answer answer = json_answer(201, json);
  answer.headers.emplace_back("Location", "/_sandbox/partners/" + http::percent_encode(partner.client_id));
  return answer;
}

Result<Answer> list_partners(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  ASSIGN_OR_RETURN(const std::vector<Partner> partners,
                   services.store.read([](store::Read& tx) { return tx.partners(); }));
  Json documents = Json::array();
  for (std::size_t i = page.skip; i < partners.size() && i - page.skip < page.limit; ++i) {
    documents.push_back(to_json(partners[i]));
  }
  return json_answer(200, list_json(std::move(documents), partners.size(), page));
}

Result<Answer> show_partner(const Services& services, Exchange& exchange) {
  const std::string& client_id = exchange.parameter("clientId");
  ASSIGN_OR_RETURN(const Result<Partner> partner,
                   services.store.read([&client_id](store::Read& tx) -> Result<Partner> {
                     std::optional<Partner> found = tx.partner(client_id);
                     if (!found) return rules::unknown_partner(tx, client_id);
                     return std::move(*found);
                   }));
  if (!partner.ok()) return partner.error();
  return json_answer(200, to_json(*partner));
}

Result<Answer> change_partner(const Services& services, Exchange& exchange) {
  const std::string& client_id = exchange.parameter("clientId");
  BodyReader reader(exchange);
  rules::PartnerChange change;
  change.name = reader.text("name");
  change.tenant_slug = reader.text("tenantSlug");
  change.public_key = read_public_key(reader);
  change.webhook_secret = reader.text("webhookSecret");
  change.provisioned = reader.flag("provisioned");
  change.delivery_timeout = reader.duration("deliveryTimeout");
  if (auto url = read_webhook_url(reader, services.settings)) change.webhook_url.emplace(std::move(url));
  if (const auto after = reader.duration("autoApprove")) change.auto_approve.emplace(after);
  if (const auto after = reader.duration("autoComplete")) change.auto_complete.emplace(after);
  // null empties what may be empty.
  if (reader.is_null("webhookUrl")) change.webhook_url.emplace(std::nullopt);
  if (reader.is_null("autoApprove")) change.auto_approve.emplace(std::nullopt);
  if (reader.is_null("autoComplete")) change.auto_complete.emplace(std::nullopt);
  for (const char* name :
       {"name", "tenantSlug", "publicKey", "webhookSecret", "provisioned", "deliveryTimeout"}) {
    if (reader.is_null(name)) reader.fail_member(name, "cannot be emptied");
  }
  if (reader.error()) return *reader.error();

  ASSIGN_OR_RETURN(const Partner partner, services.store.write([&](store::Write& tx) {
    return rules::change_partner(tx, client_id, change);
  }));
  services.engine.refresh(client_id);
  services.events.note("partner", client_id, Json{{"clientId", client_id}, {"change", "changed"}});
  Json json = to_json(partner);
  if (change.webhook_url) add_warnings(services, partner, json);
  return json_answer(200, json);
}

Result<Answer> remove_partner(const Services& services, Exchange& exchange) {
  const std::string& client_id = exchange.parameter("clientId");
  // The lane is quiet first: no late webhook of a partner that is gone.
  const auto remove = [&]() -> Result<void> {
    rules::Reset wanted;
    wanted.client_id = client_id;
    wanted.removal = true;
    RETURN_IF_ERROR(rules::reset(services.store, wanted, [&] { return machine_time(services.clock); }));
    return {};
  };
  RETURN_IF_ERROR(services.engine.quiesce(client_id, remove, engine::Quiescence::Removal));
  sweep_uploads(services);
  services.events.note("partner", client_id, Json{{"clientId", client_id}, {"change", "removed"}});
  return json_answer(200, Json{{"clientId", client_id}, {"removed", true}});
}

}  // namespace

void add_partner_routes(RouteTable& table, const Services& services) {
  add_control(table, services,
              with_paging(control_route(Operation::ListPartners, "List the partner applications",
                                        answers("PartnerPage"))),
              list_partners);
  // The second one is Zest's documented path.
  for (const Operation operation : {Operation::CreatePartner, Operation::RegisterPartner}) {
    Route create = control_route(operation, "Register a partner application",
                                 {"PartnerCreate", "PartnerCreated"}, {409});
    create.success = 201;
    add_control(table, services, std::move(create), create_partner);
  }
  add_control(table, services,
              control_route(Operation::GetPartner, "Show a partner application", answers("Partner"), {404}),
              show_partner);
  add_control(table, services,
              control_route(Operation::ChangePartner, "Change a partner application",
                            {"PartnerChange", "Partner"}, {404, 409}),
              change_partner);
  Route remove = control_route(Operation::RemovePartner, "Remove a partner application and all of its data",
                               answers("PartnerRemoved"), {404});
  remove.waits = true;  // for exchanges that are being cancelled, and for all that it has
  add_control(table, services, std::move(remove), remove_partner);
}

}  // namespace zest::api
