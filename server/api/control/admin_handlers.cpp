// Zest's side of the story: review of SPV requests and completion of subscriptions.
#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/list_answer.h"
#include "api/pipeline/readers.h"
#include "model/codec.h"
#include "rules/spv_requests.h"
#include "rules/subscriptions.h"

namespace zest::api {
namespace {

Result<Answer> list_requests_for_review(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  store::SpvFilter filter;
  filter.client_id = query.text("clientId");
  filter.status = query.one_of("status", kSpvStatuses);
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  return list_answer(
      services, page, [&](store::Read& tx, store::Page part) { return tx.spv_requests(filter, part); },
      [](store::Read&, SpvRequest request) { return to_json(std::move(request)); });
}

Result<Answer> show_request(const Services& services, Exchange& exchange) {
  const std::string& slug = exchange.parameter("slug");
  ASSIGN_OR_RETURN(const std::optional<SpvRequest> request,
                   services.store.read([&](store::Read& tx) { return tx.spv_request(slug); }));
  if (!request) return no_such("SPV request", slug);
  return json_answer(200, to_json(*request));
}

// Runs `decide(Context&)` on behalf of the partner that the request belongs to, and wakes its lane.
template <class Decide>
Result<Answer> review(const Services& services, const std::string& slug, Decide decide) {
  ASSIGN_OR_RETURN(const SpvRequest request,
                   services.store.write([&](store::Write& tx) -> Result<SpvRequest> {
                     const std::optional<SpvRequest> found = tx.spv_request(slug);
                     if (!found) return no_such("SPV request", slug);
                     ASSIGN_OR_RETURN(rules::Context context,
                                      rules::begin(tx, found->client_id, machine_time(services.clock)));
                     return decide(context);
                   }));
  services.engine.wake(request.client_id);
  services.events.note("review", request.client_id,
                       Json{{"spvRequestSlug", slug}, {"status", to_string(request.status)}});
  return json_answer(200, to_json(request));
}

Result<Answer> approve_request(const Services& services, Exchange& exchange) {
  const BodyReader reader(exchange);
  if (reader.error()) return *reader.error();
  const std::string& slug = exchange.parameter("slug");
  return review(services, slug,
                [&](rules::Context& context) { return rules::approve_spv_request(context, slug); });
}

Result<Answer> reject_request(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  const std::optional<std::string> reason = reader.text("reason");
  if (reader.error()) return *reader.error();
  const std::string& slug = exchange.parameter("slug");
  return review(services, slug,
                [&](rules::Context& context) { return rules::reject_spv_request(context, slug, *reason); });
}

Result<Answer> list_subscriptions(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  store::SubscriptionFilter filter;
  filter.client_id = query.text("clientId");
  filter.status = query.one_of("status", kSubscriptionStatuses);
  filter.spv_slug = query.text("spvSlug");
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  ASSIGN_OR_RETURN(const auto found,
                   services.store.read([&](store::Read& tx) { return tx.subscriptions(filter, page); }));
  Json documents = Json::array();
  for (const Subscription& subscription : found.documents)
    documents.push_back(subscription_admin_json(subscription));
  return json_answer(200, list_json(std::move(documents), found.count, page));
}

Result<Answer> show_subscription(const Services& services, Exchange& exchange) {
  const std::string& slug = exchange.parameter("slug");
  ASSIGN_OR_RETURN(const std::optional<Subscription> subscription,
                   services.store.read([&](store::Read& tx) { return tx.subscription(slug); }));
  if (!subscription) return no_such("subscription", slug);
  return json_answer(200, subscription_admin_json(*subscription));
}

Result<Answer> complete_subscription(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  rules::Completion completion;
  completion.skip_synchronous_emit = reader.flag("skipSynchronousEmit").value_or(false);
  completion.force = reader.flag("force").value_or(false);
  if (reader.error()) return *reader.error();
  const std::string& slug = exchange.parameter("slug");
  ASSIGN_OR_RETURN(const Subscription subscription,
                   services.store.write([&](store::Write& tx) -> Result<Subscription> {
                     const std::optional<Subscription> found = tx.subscription(slug);
                     if (!found) return no_such("subscription", slug);
                     ASSIGN_OR_RETURN(rules::Context context,
                                      rules::begin(tx, found->client_id, machine_time(services.clock)));
                     return rules::complete_subscription(context, slug, completion);
                   }));
  services.engine.wake(subscription.client_id);
  services.events.note("completion", subscription.client_id, Json{{"subscriptionSlug", slug}});
  return json_answer(200, subscription_admin_json(subscription));
}

}  // namespace

void add_admin_routes(RouteTable& table, const Services& services) {
  const auto add = [&](Route route, const ControlHandler& handler) {
    add_control(table, services, std::move(route), handler);
  };
  Route all_requests = control_route(Operation::ListAllSpvRequests, "List the SPV requests of all partners",
                                     answers("SpvRequestPage"));
  all_requests.query = {client_parameter(), status_parameter(words_of(kSpvStatuses))};
  add(with_paging(std::move(all_requests)), list_requests_for_review);
  add(control_route(Operation::GetAnySpvRequest, "Show an SPV request", answers("SpvRequestResponse"), {404}),
      show_request);
  add(control_route(Operation::ApproveSpvRequest, "Approve an SPV request",
                    {"NoMembers", "SpvRequestResponse"}, {404, 409}),
      approve_request);
  add(control_route(Operation::RejectSpvRequest, "Reject an SPV request",
                    {"SpvRequestRejection", "SpvRequestResponse"}, {404, 409}),
      reject_request);
  Route all_subscriptions = control_route(
      Operation::ListAllSubscriptions, "List the subscriptions of all partners", answers("SubscriptionPage"));
  all_subscriptions.query = {client_parameter(),
                             status_parameter(words_of(kSubscriptionStatuses)),
                             {"spvSlug", "Those of this SPV.", schema::text("")}};
  add(with_paging(std::move(all_subscriptions)), list_subscriptions);
  add(control_route(Operation::GetAnySubscription, "Show a subscription", answers("Subscription"), {404}),
      show_subscription);
  add(control_route(Operation::CompleteSubscription, "Complete a subscription",
                    {"SubscriptionCompletion", "Subscription"}, {404, 409}),
      complete_subscription);
}

}  // namespace zest::api
