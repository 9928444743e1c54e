// What the partners' tests have met.
#include <algorithm>

#include "api/control/control.h"
#include "api/pipeline/request_scope.h"
#include "insight/coverage_report.h"
#include "rules/partners.h"

namespace zest::api {
namespace {

Result<Answer> coverage(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  if (query.error()) return *query.error();
  const std::optional<std::string> client_id = query.text("clientId");
  ASSIGN_OR_RETURN(const std::vector<Partner> partners,
                   services.store.read([](store::Read& tx) { return tx.partners(); }));
  // For whom the commands act: who was asked for, else the seeded partner.
  const auto acting = std::find_if(partners.begin(), partners.end(), [&client_id](const Partner& partner) {
    return client_id ? partner.client_id == *client_id : partner.seeded;
  });
  std::optional<insight::CoverageCounts> counts = services.coverage.sum();
  if (client_id) {
    counts = services.coverage.of(*client_id);
    if (!counts && acting == partners.end()) return rules::unknown_partner(partners, *client_id);
    if (!counts) counts = services.coverage.of_nobody();
  }
  insight::CommandPlace place;
  place.url = base_url_of_call(services, exchange);
  if (acting != partners.end()) place.client_id = acting->client_id;
  const bool has_endpoint = acting != partners.end() && acting->webhook_url;
  Json json = insight::coverage_json(*counts, place, has_endpoint);
  if (client_id) {
    json["clientId"] = *client_id;
    return json_answer(200, json);
  }
  json["partners"] = Json::array();
  for (const auto& [name, of] : services.coverage.partners()) {
    const insight::CoverageTotals totals = insight::totals_of(of);
    json["partners"].push_back(
        Json{{"clientId", name}, {"covered", totals.covered}, {"percent", totals.percent()}});
  }
  return json_answer(200, json);
}

}  // namespace

void add_coverage_routes(RouteTable& table, const Services& services) {
  Route route =
      control_route(Operation::GetCoverage,
                    "What the partners' tests have met of operations, events, codes and situations, "
                    "and a command for each that is missing",
                    answers("Coverage"), {404});
  route.query = {client_parameter()};
  add_control(table, services, std::move(route), coverage);
}

}  // namespace zest::api
