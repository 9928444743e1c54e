// POST /v1/investors. Zest docs: investors.
#include "api/api.h"
#include "api/pipeline/request_facts.h"
#include "api/pipeline/request_scope.h"
#include "base/json_object.h"
#include "rules/investors.h"

namespace zest::api {
namespace {

Json result_json(const rules::InvestorResult& result) {
  Json json =
      json_object("partnerInvestorId", result.partner_investor_id, "status", to_string(result.status));
  if (result.status != RowStatus::Failed) json["zestPersonId"] = result.person_id;
  if (result.error) {
    json["error"] = Json{{"code", result.error->code},
                         {"field", result.error->field},
                         {"message", result.error->message},
                         {"retryable", false}};
  }
  return json;
}

Result<Answer> create_investors(const Services& services, Exchange& exchange) {
  const std::vector<rules::InvestorRow> rows = rules::prepare_investors(exchange.body["investors"]);
  std::vector<rules::InvestorResult> results;  // none when an earlier answer is replayed
  Result<Answer> answer =
      run_idempotent(services, exchange, 200, [&rows, &results](rules::Context& context) -> Result<Json> {
        results = rules::create_investors(context, rows);
        Json list = Json::array();
        for (const rules::InvestorResult& result : results) list.push_back(result_json(result));
        return json_object("results", std::move(list));
      });
  for (std::size_t row = 0; row < results.size() && answer.ok(); ++row) {
    const std::optional<rules::RowError>& error = results[row].error;
    services.coverage.investor_row(client_of(exchange), results[row].status, error ? error->code : "");
    if (!error) continue;
    const std::string place = "investors[" + std::to_string(row) + "]";
    const std::string field = error->field.empty() ? place : place + "." + error->field;
    exchange.failed_rows.push_back({field, field, error->code, error->message, std::nullopt});
    const std::string& id = results[row].partner_investor_id;
    exchange.failed_row_ids.push_back(id.size() <= kMaxKeptWord ? id : "");
  }
  return answer;
}

}  // namespace

void add_investor_routes(RouteTable& table, const Services& services) {
  Route route = route_of(Operation::BulkCreateInvestors, "Create investors in bulk");
  route.description =
      "Every row is judged by itself and has a result of its own, in the order of the rows: created, "
      "already_exists "
      "for an identifier that is known, or failed with the reason.";
  route.tag = "Investors";
  route.request_schema = "InvestorBulkCreate";
  route.response_schema = "InvestorBulkResponse";
  route.success = 200;
  route.errors = {400, 401, 403, 409, 413};
  route.handle = [&services](Exchange& exchange) { return create_investors(services, exchange); };
  table.add(std::move(route));
}

}  // namespace zest::api
