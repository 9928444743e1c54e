// /v1/spv-requests. Zest docs: spv-requests.
#include <memory>

#include "api/api.h"
#include "api/partner/spv_answers.h"
#include "api/pipeline/list_answer.h"
#include "api/pipeline/readers.h"
#include "api/pipeline/request_scope.h"
#include "api/pipeline/schemas.h"
#include "model/codec.h"
#include "rules/spv_requests.h"

namespace zest::api {
namespace {

Result<Answer> create_spv_request(const Services& services, Exchange& exchange) {
  const Json& body = exchange.body;
  const auto prepare = [&services, &body] {
    return rules::prepare_spv_submission(services.contracts, body["templateId"].get<std::string>(),
                                         body["templateVersion"].get<std::string>(), body["attributes"]);
  };
  // Validating against the template is work that the writer need not do, unless it runs the body again.
  std::optional<rules::SpvSubmission> prepared = prepare();
  return run_idempotent(services, exchange, 201, [&](rules::Context& context) -> Result<Json> {
    rules::SpvSubmission submission = prepared ? std::move(*prepared) : prepare();
    prepared.reset();
    ASSIGN_OR_RETURN(SpvRequest request, rules::submit_spv_request(context, std::move(submission)));
    return to_json(std::move(request));
  });
}

Result<Answer> list_spv_requests(const Services& services, const Exchange& exchange) {
  store::SpvFilter filter;
  filter.client_id = client_of(exchange);
  if (const std::optional<std::string> status = exchange.query_value("status")) {
    filter.status = parse_spv_status(*status);
  }
  const store::Page page = requested_page(exchange);
  return list_answer(
      services, page, [&](store::Read& tx, store::Page part) { return tx.spv_requests(filter, part); },
      [](store::Read&, SpvRequest request) { return to_json(std::move(request)); });
}

Result<Answer> get_spv_request(const Services& services, const Exchange& exchange, SpvAnswers& answers) {
  const std::string& slug = exchange.parameter("slug");
  const std::uint64_t version = answers.version();
  if (std::optional<std::string> known = answers.find(client_of(exchange), slug, version)) {
    Answer answer;
    answer.body = std::move(*known);
    return answer;
  }
  ASSIGN_OR_RETURN(SpvRequest request, run_read(services, [&](store::Read& tx) {
                     return rules::find_spv_request(tx, client_of(exchange), slug);
                   }));
  Answer answer = json_answer(200, to_json(std::move(request)));
  answers.keep(client_of(exchange), slug, version, answer.body);
  return answer;
}

Result<Answer> cancel(const Services& services, Exchange& exchange) {
  ASSIGN_OR_RETURN(SpvRequest request, run_write(services, exchange, [&](rules::Context& context) {
                     return rules::cancel_spv_request(context, exchange.parameter("slug"));
                   }));
  return json_answer(200, to_json(std::move(request)));
}

Route spv_route(Operation operation, std::string summary) {
  Route route = route_of(operation, std::move(summary));
  route.tag = "SPV Requests";
  route.response_schema = "SpvRequestResponse";
  return route;
}

}  // namespace

void add_spv_routes(RouteTable& table, const Services& services) {
  Route listing = spv_route(Operation::ListSpvRequests, "List SPV requests");
  listing.description = "The caller's SPV requests, newest first.";
  listing.query = paging_parameters();
  listing.query.push_back({"status", "Only requests in this state.", schema::ref("SpvRequestStatus")});
  listing.response_schema = "AggregationResponse";
  listing.errors = {400, 401};
  listing.handle = [&services](Exchange& exchange) { return list_spv_requests(services, exchange); };
  table.add(std::move(listing));

  Route creation = spv_route(Operation::CreateSpvRequest, "Create an SPV request");
  creation.description =
      "Submits attributes that fit a contract template. The request waits in pending-review until it is "
      "decided.";
  creation.request_schema = "SpvRequestCreate";
  creation.success = 201;
  creation.errors = {400, 401, 403, 404, 409, 413};
  creation.handle = [&services](Exchange& exchange) { return create_spv_request(services, exchange); };
  table.add(std::move(creation));

  Route single = spv_route(Operation::GetSpvRequest, "Get an SPV request");
  single.description = "One of the caller's SPV requests with its present state.";
  single.errors = {401, 404};
  single.handle = [&services, answers = std::make_shared<SpvAnswers>(services.store)](Exchange& exchange) {
    return get_spv_request(services, exchange, *answers);
  };
  table.add(std::move(single));

  Route cancellation = spv_route(Operation::CancelSpvRequest, "Cancel an SPV request");
  cancellation.description =
      "Takes a request back while it is in pending-review; the other states are final.";
  cancellation.errors = {401, 404, 409};
  cancellation.handle = [&services](Exchange& exchange) { return cancel(services, exchange); };
  table.add(std::move(cancellation));
}

}  // namespace zest::api
