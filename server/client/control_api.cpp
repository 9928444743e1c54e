#include "client/control_api.h"

namespace zest::client {
namespace {

// Advancing may run a long ladder against slow receivers; snapshots move every upload.
constexpr Duration kLongCall{3'600'000};
// A health check wants to know soon.
constexpr Duration kReadinessCall{5'000};

Request load_request(bool rewind) {
  Query query;
  if (rewind) query.emplace_back("rewind", "true");
  Request request = request_of(Operation::LoadSnapshot, {}, query);
  request.timeout = kLongCall;
  return request;
}

}  // namespace

ControlApi::ControlApi(std::string base_url, std::string admin_token)
    : connection_(std::move(base_url), std::move(admin_token)) {}

Result<Json> ControlApi::send(Request request, const Json& body) const {
  request = with_body(std::move(request), body);
  request.timeout = kLongCall;
  return connection_.call(request);
}

Result<Json> ControlApi::ready() const {
  Request request = request_of(Operation::GetReadiness);
  request.timeout = kReadinessCall;
  return connection_.call(request);
}
Result<Json> ControlApi::status() const { return connection_.call(request_of(Operation::GetStatus)); }

Result<Json> ControlApi::partners() const { return connection_.call(request_of(Operation::ListPartners)); }
Result<Json> ControlApi::partner(std::string_view client_id) const {
  return connection_.call(request_of(Operation::GetPartner, {client_id}));
}
Result<Json> ControlApi::register_partner(const Json& partner) const {
  return send(request_of(Operation::CreatePartner), partner);
}
Result<Json> ControlApi::change_partner(std::string_view client_id, const Json& change) const {
  return send(request_of(Operation::ChangePartner, {client_id}), change);
}
Result<Json> ControlApi::remove_partner(std::string_view client_id) const {
  return connection_.call(request_of(Operation::RemovePartner, {client_id}));
}

Result<Json> ControlApi::issue_token(std::string_view client_id) const {
  return send(request_of(Operation::IssueToken, {client_id}), Json::object());
}

Result<Json> ControlApi::spv_requests(const Query& query) const {
  return connection_.call(request_of(Operation::ListAllSpvRequests, {}, query));
}
Result<Json> ControlApi::approve_spv_request(std::string_view slug) const {
  return send(request_of(Operation::ApproveSpvRequest, {slug}), Json::object());
}
Result<Json> ControlApi::reject_spv_request(std::string_view slug, std::string_view reason) const {
  return send(request_of(Operation::RejectSpvRequest, {slug}), Json{{"reason", reason}});
}
Result<Json> ControlApi::subscriptions(const Query& query) const {
  return connection_.call(request_of(Operation::ListAllSubscriptions, {}, query));
}
Result<Json> ControlApi::complete_subscription(std::string_view slug, const Json& options) const {
  return send(request_of(Operation::CompleteSubscription, {slug}), options);
}

Result<Json> ControlApi::deliveries(const Query& query) const {
  return connection_.call(request_of(Operation::ListDeliveries, {}, query));
}
Result<Json> ControlApi::delivery(std::string_view id) const {
  return connection_.call(request_of(Operation::GetDelivery, {id}));
}
Result<Json> ControlApi::retry_delivery(std::string_view id) const {
  return send(request_of(Operation::RetryDelivery, {id}), Json::object());
}
Result<Json> ControlApi::retry_deliveries(const Json& filter) const {
  return send(request_of(Operation::RetryDeliveries), filter);
}
Result<Json> ControlApi::pause(const Json& scope) const {
  return send(request_of(Operation::PauseWebhooks), scope);
}
Result<Json> ControlApi::resume(const Json& scope) const {
  return send(request_of(Operation::ResumeWebhooks), scope);
}

Result<Json> ControlApi::clock(const Query& query) const {
  return connection_.call(request_of(Operation::GetClock, {}, query));
}
Result<Json> ControlApi::set_clock(const Json& change) const {
  return send(request_of(Operation::SetClock), change);
}
Result<Json> ControlApi::advance(const Json& target) const {
  return send(request_of(Operation::AdvanceClock), target);
}
Result<Json> ControlApi::wait(const Json& condition) const {
  return send(request_of(Operation::Wait), condition);
}

Result<Json> ControlApi::chaos_rules(const Query& query) const {
  return connection_.call(request_of(Operation::ListChaosRules, {}, query));
}
Result<Json> ControlApi::remove_chaos_rules(const Query& query) const {
  return connection_.call(request_of(Operation::RemoveChaosRules, {}, query));
}
Result<Json> ControlApi::add_chaos_rule(const Json& rule) const {
  return send(request_of(Operation::CreateChaosRule), rule);
}
Result<Json> ControlApi::remove_chaos_rule(std::string_view id) const {
  return connection_.call(request_of(Operation::RemoveChaosRule, {id}));
}
Result<Json> ControlApi::held(const Query& query) const {
  return connection_.call(request_of(Operation::ListHeldDeliveries, {}, query));
}
Result<Json> ControlApi::release(std::string_view delivery_id) const {
  return send(request_of(Operation::ReleaseHeldDelivery, {delivery_id}), Json::object());
}

Result<Json> ControlApi::requests(const Query& query) const {
  return connection_.call(request_of(Operation::ListRequests, {}, query));
}
Result<Json> ControlApi::verify_requests(const Json& assertion) const {
  return send(request_of(Operation::VerifyRequests), assertion);
}

Result<void> ControlApi::follow(const Query& query, const OnEvent& on_event) const {
  return connection_.follow(request_of(Operation::StreamEvents, {}, query), on_event);
}

Result<Json> ControlApi::verify_signature(const Json& question) const {
  return send(request_of(Operation::VerifySignature), question);
}

Result<Json> ControlApi::explain(std::string_view id) const {
  return connection_.call(request_of(Operation::Explain, {id}));
}

Result<Json> ControlApi::explanations() const {
  return connection_.call(request_of(Operation::ListExplanations));
}

Result<Json> ControlApi::warnings(const Query& query) const {
  return connection_.call(request_of(Operation::ListWarnings, {}, query));
}

Result<Json> ControlApi::coverage(const Query& query) const {
  return connection_.call(request_of(Operation::GetCoverage, {}, query));
}

Result<Json> ControlApi::explain_token(const Json& question) const {
  return send(request_of(Operation::ExplainToken), question);
}

Result<Json> ControlApi::reset(const Json& scope) const { return send(request_of(Operation::Reset), scope); }

Result<std::string> ControlApi::save_snapshot() const {
  Request request = request_of(Operation::SaveSnapshot);
  request.timeout = kLongCall;
  ASSIGN_OR_RETURN(Reply reply, success_of(connection_.exchange(request)));
  return std::move(reply.text);
}

Result<void> ControlApi::save_snapshot(std::function<bool(std::string_view)> sink) const {
  Request request = request_of(Operation::SaveSnapshot);
  request.timeout = kLongCall;
  request.body_sink = std::move(sink);
  const Result<Reply> reply = success_of(connection_.exchange(request));
  return reply.ok() ? Result<void>() : reply.error();
}

Result<Json> ControlApi::load_snapshot(const std::string& snapshot, bool rewind) const {
  Request request = load_request(rewind);
  request.body = snapshot;
  return connection_.call(request);
}

Result<Json> ControlApi::load_snapshot(BodySource snapshot, bool rewind) const {
  Request request = load_request(rewind);
  request.body_source = std::make_shared<BodySource>(std::move(snapshot));
  return connection_.call(request);
}

}  // namespace zest::client
