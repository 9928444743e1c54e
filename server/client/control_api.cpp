#include "client/control_api.h"

namespace zest::client {
namespace {

// Advancing may run a long ladder against slow receivers; snapshots move every upload.
constexpr Duration kLongCall{3'600'000};
// A health check wants to know soon.
constexpr Duration kReadinessCall{5'000};

std::string item(std::string_view collection, std::string_view id, std::string_view verb = "") {
  std::string target = "/_sandbox/" + std::string(collection) + "/" + http::percent_encode(id);
  if (!verb.empty()) target += "/" + std::string(verb);
  return target;
}

}  // namespace

ControlApi::ControlApi(std::string base_url, std::string admin_token)
    : connection_(std::move(base_url), std::move(admin_token)) {}

Result<Json> ControlApi::get(std::string target) const {
  return connection_.call({.target = std::move(target)});
}

Result<Json> ControlApi::send(std::string method, std::string target, const Json& body) const {
  Request request = json_request(std::move(method), std::move(target), body);
  request.timeout = kLongCall;
  return connection_.call(request);
}

Result<Json> ControlApi::ready() const {
  return connection_.call({.target = "/_sandbox/readyz", .timeout = kReadinessCall});
}
Result<Json> ControlApi::status() const { return get("/_sandbox/status"); }

Result<Json> ControlApi::partners() const { return get("/_sandbox/partners"); }
Result<Json> ControlApi::partner(std::string_view client_id) const {
  return get(item("partners", client_id));
}
Result<Json> ControlApi::register_partner(const Json& partner) const {
  return send("POST", "/_sandbox/partners", partner);
}
Result<Json> ControlApi::change_partner(std::string_view client_id, const Json& change) const {
  return send("PATCH", item("partners", client_id), change);
}
Result<Json> ControlApi::remove_partner(std::string_view client_id) const {
  return connection_.call({.method = "DELETE", .target = item("partners", client_id)});
}

Result<Json> ControlApi::spv_requests(const Query& query) const {
  return get("/_sandbox/spv-requests" + query_string(query));
}
Result<Json> ControlApi::approve_spv_request(std::string_view slug) const {
  return send("POST", item("spv-requests", slug, "approve"), Json::object());
}
Result<Json> ControlApi::reject_spv_request(std::string_view slug, std::string_view reason) const {
  return send("POST", item("spv-requests", slug, "reject"), Json{{"reason", reason}});
}
Result<Json> ControlApi::subscriptions(const Query& query) const {
  return get("/_sandbox/subscriptions" + query_string(query));
}
Result<Json> ControlApi::complete_subscription(std::string_view slug, const Json& options) const {
  return send("POST", item("subscriptions", slug, "complete"), options);
}

Result<Json> ControlApi::deliveries(const Query& query) const {
  return get("/_sandbox/webhook-deliveries" + query_string(query));
}
Result<Json> ControlApi::delivery(std::string_view id) const { return get(item("webhook-deliveries", id)); }
Result<Json> ControlApi::retry_delivery(std::string_view id) const {
  return send("POST", item("webhook-deliveries", id, "retry"), Json::object());
}
Result<Json> ControlApi::retry_deliveries(const Json& filter) const {
  return send("POST", "/_sandbox/webhook-deliveries/retry", filter);
}
Result<Json> ControlApi::pause(const Json& scope) const {
  return send("POST", "/_sandbox/webhooks/pause", scope);
}
Result<Json> ControlApi::resume(const Json& scope) const {
  return send("POST", "/_sandbox/webhooks/resume", scope);
}

Result<Json> ControlApi::clock(const Query& query) const {
  return get("/_sandbox/clock" + query_string(query));
}
Result<Json> ControlApi::set_clock(const Json& change) const {
  return send("PUT", "/_sandbox/clock", change);
}
Result<Json> ControlApi::advance(const Json& target) const {
  return send("POST", "/_sandbox/clock/advance", target);
}
Result<Json> ControlApi::wait(const Json& condition) const {
  return send("POST", "/_sandbox/wait", condition);
}

Result<Json> ControlApi::add_chaos_rule(const Json& rule) const {
  return send("POST", "/_sandbox/chaos/rules", rule);
}
Result<Json> ControlApi::remove_chaos_rule(std::string_view id) const {
  return connection_.call({.method = "DELETE", .target = item("chaos/rules", id)});
}
Result<Json> ControlApi::held(const Query& query) const {
  return get("/_sandbox/chaos/held" + query_string(query));
}
Result<Json> ControlApi::release(std::string_view delivery_id) const {
  return send("POST", item("chaos/held", delivery_id, "release"), Json::object());
}

Result<Json> ControlApi::requests(const Query& query) const {
  return get("/_sandbox/requests" + query_string(query));
}
Result<Json> ControlApi::verify_requests(const Json& assertion) const {
  return send("POST", "/_sandbox/requests/verify", assertion);
}

Result<Json> ControlApi::reset(const Json& scope) const { return send("POST", "/_sandbox/reset", scope); }

Result<std::string> ControlApi::save_snapshot() const {
  Request request;
  request.target = "/_sandbox/snapshot";
  request.timeout = kLongCall;
  ASSIGN_OR_RETURN(Reply reply, success_of(connection_.exchange(request)));
  return std::move(reply.text);
}

Result<Json> ControlApi::load_snapshot(const std::string& snapshot, bool rewind) const {
  Request request;
  request.method = "PUT";
  request.target = std::string("/_sandbox/snapshot") + (rewind ? "?rewind=true" : "");
  request.body = snapshot;
  request.timeout = kLongCall;
  return connection_.call(request);
}

}  // namespace zest::client
