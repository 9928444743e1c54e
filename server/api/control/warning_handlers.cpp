// What succeeds here and is fragile in production.
#include <algorithm>
#include <utility>

#include "api/control/control.h"
#include "api/control/warnings.h"
#include "api/pipeline/readers.h"
#include "base/url.h"
#include "insight/warning_signs.h"
#include "rules/partners.h"

namespace zest::api {
namespace {

// Of a URL what may be shown: no user, path or query.
std::string origin_of(const std::string& url) {
  const Result<HttpUrl> parsed = parse_http_url(url);
  return parsed.ok() ? parsed->origin() : std::string();
}

void add_plain_http(std::vector<insight::Warning>& warnings, const Partner& partner, Instant wall) {
  if (!partner.webhook_url || !insight::is_plain_http_elsewhere(*partner.webhook_url)) return;
  insight::WarningEvidence evidence;
  evidence.client_id = partner.client_id;
  evidence.at = wall;
  evidence.what = "the webhookUrl is " + origin_of(*partner.webhook_url);
  if (warnings.empty() || warnings.back().rule != Rule::WarnPlainHttp) {
    warnings.push_back({Rule::WarnPlainHttp, 0, evidence, {}});
  }
  ++warnings.back().count;
  warnings.back().last = std::move(evidence);
}

Result<Answer> list_warnings(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  const std::optional<std::string> client_id = query.text("clientId");
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  ASSIGN_OR_RETURN(const auto warnings, current_warnings(services, client_id));
  Json documents = Json::array();
  for (std::size_t i = page.skip; i < warnings.size() && documents.size() < page.limit; ++i)
    documents.push_back(insight::to_json(warnings[i]));
  return json_answer(200, list_json(std::move(documents), warnings.size(), page));
}

}  // namespace

Result<std::vector<insight::Warning>> current_warnings(const Services& services,
                                                       const std::optional<std::string>& client_id) {
  std::vector<insight::Warning> warnings = services.warnings.list(client_id);
  ASSIGN_OR_RETURN(const std::vector<Partner> partners,
                   services.store.read([](store::Read& tx) { return tx.partners(); }));
  const auto is_meant = [&client_id](const Partner& partner) {
    return !client_id || partner.client_id == *client_id;
  };
  // Of a partner that left, what was seen stays: tests that take one each are told at their end.
  if (client_id && warnings.empty() && std::none_of(partners.begin(), partners.end(), is_meant))
    return rules::unknown_partner(partners, *client_id);
  for (const Partner& partner : partners)
    if (is_meant(partner)) add_plain_http(warnings, partner, services.clock.wall());
  return warnings;
}

void add_warning_routes(RouteTable& table, const Services& services) {
  Route route =
      control_route(Operation::ListWarnings, "What succeeds here and is fragile in production, once per kind",
                    answers("WarningPage"), {404});
  route.query = {client_parameter()};
  add_control(table, services, with_paging(std::move(route)), list_warnings);
}

}  // namespace zest::api
