// What the routes of the control plane share. Thread-safety: free functions.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>

#include "api/pipeline/readers.h"
#include "api/pipeline/router.h"
#include "api/pipeline/schemas.h"
#include "api/pipeline/services.h"
#include "engine/engine.h"

namespace zest::api {

using ControlHandler = std::function<Result<Answer>(const Services&, Exchange&)>;

// What a route takes and answers: names of schemas (pipeline/schemas.h), "" for none.
struct Bodies {
  const char* request = "";
  const char* response = "";
};
inline Bodies answers(const char* response) { return {"", response}; }

// A route behind the guard. `errors` are its own error statuses besides 400, 401 and 403.
Route control_route(Operation operation, std::string summary, Bodies bodies,
                    std::initializer_list<int> errors = {});
void add_control(RouteTable& table, const Services& services, Route route, ControlHandler handler);

// Query parameters, for the documents.
QueryParameter client_parameter();
QueryParameter status_parameter(const Names& words);
Route with_paging(Route route);

// {"clientId", "mode", "scale", "now", "nextDueAt"?, "paused", "inFlight"}
Json to_json(const engine::LaneView& lane);

void add_explain_routes(RouteTable& table, const Services& services);   // part of add_journal_routes
void add_warning_routes(RouteTable& table, const Services& services);   // part of add_journal_routes
void add_coverage_routes(RouteTable& table, const Services& services);  // part of add_journal_routes
void add_doctor_routes(RouteTable& table, const Services& services);    // part of add_credential_routes

// Parts of add_state_routes, one file each.
void add_settings_routes(RouteTable& table, const Services& services);
void add_reset_routes(RouteTable& table, const Services& services);
void add_snapshot_routes(RouteTable& table, const Services& services);
void add_insight_routes(RouteTable& table, const Services& services);  // metrics, stream

}  // namespace zest::api
