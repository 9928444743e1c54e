// Health, status and the login of the console.
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/control/warnings.h"
#include "api/pipeline/readers.h"
#include "api/pipeline/request_scope.h"
#include "base/version.h"

namespace zest::api {
namespace {

Json json_seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000.0; }

Result<Answer> live(const Services&, Exchange&) {
  return json_answer(200, Json{{"status", "live"}, {"version", version()}});
}

Result<Answer> ready(const Services& services, Exchange&) {
  RETURN_IF_ERROR(services.store.ready());
  ASSIGN_OR_RETURN(const std::size_t partners,
                   services.store.read([](store::Read& tx) { return tx.partners().size(); }));
  return json_answer(200, Json{{"status", "ready"}, {"version", version()}, {"partners", partners}});
}

struct Counts {
  std::size_t partners = 0;
  Json spv_requests = Json::object();
  Json subscriptions = Json::object();
  Json deliveries = Json::object();
  std::size_t held = 0;
};

Counts count_all(store::Read& tx, const std::optional<std::string>& client_id) {
  const store::Page none{0, 1};
  Counts counts;
  counts.partners = tx.partners().size();
  for (const SpvStatus status : kSpvStatuses) {
    counts.spv_requests[std::string(to_string(status))] =
        tx.spv_requests(store::SpvFilter{client_id, status}, none).count;
  }
  for (const SubscriptionStatus status : kSubscriptionStatuses) {
    counts.subscriptions[std::string(to_string(status))] =
        tx.subscriptions(store::SubscriptionFilter{client_id, status, std::nullopt}, none).count;
  }
  for (const DeliveryStatus status : kDeliveryStatuses) counts.deliveries[std::string(to_string(status))] = 0;
  for (const store::DeliveryCount& row : tx.delivery_counts()) {
    if (client_id && row.client_id != *client_id) continue;
    Json& total = counts.deliveries[std::string(to_string(row.status))];
    total = total.get<std::size_t>() + row.count;
  }
  store::HeldFilter held;
  held.client_id = client_id;
  counts.held = tx.held_deliveries(held).size();
  return counts;
}

std::size_t count_requests(const Services& services, const std::optional<std::string>& client_id,
                           std::optional<bool> failed) {
  JournalFilter filter;
  filter.client_id = client_id;
  filter.failed = failed;
  std::size_t count = 0;
  static_cast<void>(services.journal.find(filter, 0, 0, &count));
  return count;
}

Result<Answer> status(const Services& services, Instant started, const Exchange& exchange) {
  QueryReader query(exchange);
  if (query.error()) return *query.error();
  const std::optional<std::string> client_id = query.text("clientId");
  ASSIGN_OR_RETURN(const auto lanes, services.engine.lanes(client_id));
  ASSIGN_OR_RETURN(const Counts counts,
                   services.store.read([&](store::Read& tx) { return count_all(tx, client_id); }));

  ASSIGN_OR_RETURN(const auto warnings, current_warnings(services, client_id));
  Json clocks = Json::array();
  const engine::LaneView* next = nullptr;
  for (const engine::LaneView& lane : lanes) {
    clocks.push_back(to_json(lane));
    if (lane.next_due && (next == nullptr || *lane.next_due < *next->next_due)) next = &lane;
  }
  const Instant wall = services.clock.wall();
  Json json{{"status", services.store.ready().ok() ? "ready" : "failing"},
            {"version", version()},
            {"url", base_url_of_call(services, exchange)},
            {"publicUrl", services.public_url.get()},
            {"seed", services.settings.seed},
            {"wallTime", format_instant(wall)},
            {"startedAt", format_instant(started)},
            {"uptimeSeconds", json_seconds(services.clock.steady() - started)},
            {"partners", counts.partners},
            {"clocks", std::move(clocks)},
            {"spvRequests", counts.spv_requests},
            {"subscriptions", counts.subscriptions},
            {"deliveries", counts.deliveries},
            {"held", counts.held},
            {"requests", count_requests(services, client_id, std::nullopt)},
            {"requestErrors", count_requests(services, client_id, true)},
            {"warnings", warnings.size()}};
  if (next != nullptr) {
    json["nextTimer"] = Json{{"clientId", next->client_id}, {"dueAt", format_instant(*next->next_due)}};
  }
  return json_answer(200, json);
}

Result<Answer> login(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  const std::string token = reader.text("token").value_or("");
  if (reader.error()) return *reader.error();
  if (services.settings.admin_token.empty()) {
    return make_error(ErrorKind::InvalidRequest,
                      "this sandbox has no admin token: its control plane needs no login");
  }
  if (std::optional<Guard::Refused> refused = services.guard.check_token(token, exchange.request.head.peer)) {
    exchange.hold = refused->hold;
    return std::move(refused->error);
  }
  Answer answer = json_answer(200, Json{{"authenticated", true}});
  answer.headers.emplace_back("Set-Cookie", login_cookie(services.settings));
  answer.headers.emplace_back("Cache-Control", "no-store");
  return answer;
}

}  // namespace

void add_state_routes(RouteTable& table, const Services& services) {
  // Health is told to anyone: orchestrators ask by address and without a token, and it says nothing worth
  // guarding.
  Route live_route =
      control_route(Operation::GetLiveness, "Whether the process answers", answers("Liveness"));
  live_route.errors.clear();
  live_route.quiet = true;
  add_control(table, services, std::move(live_route), live);
  Route ready_route =
      control_route(Operation::GetReadiness, "Whether the sandbox can serve", answers("Readiness"));
  ready_route.errors = {503};
  ready_route.quiet = true;
  add_control(table, services, std::move(ready_route), ready);

  Route status_route = control_route(Operation::GetStatus, "Version, clocks and counts by state",
                                     answers("SandboxStatus"), {404});
  status_route.query = {client_parameter()};
  const Instant started = services.clock.steady();
  status_route.handle = [services, started](Exchange& exchange) {
    return status(services, started, exchange);
  };
  table.add(std::move(status_route));

  add_control(table, services,
              control_route(Operation::Login, "Turn the admin token into a cookie", {"Login", "LoggedIn"}),
              login);
  add_settings_routes(table, services);
  add_reset_routes(table, services);
  add_snapshot_routes(table, services);
  add_insight_routes(table, services);
}

}  // namespace zest::api
