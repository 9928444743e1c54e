#include "api/control/control.h"

#include <utility>

namespace zest::api {

Route control_route(Operation operation, std::string summary, Bodies bodies,
                    std::initializer_list<int> errors) {
  Route route = route_of(operation, std::move(summary));
  route.request_schema = bodies.request;
  route.response_schema = bodies.response;
  route.tag = "Control plane";
  route.errors = {400, 401, 403};
  route.errors.insert(route.errors.end(), errors.begin(), errors.end());
  return route;
}

void add_control(RouteTable& table, const Services& services, Route route, ControlHandler handler) {
  route.handle = [services, handler = std::move(handler)](Exchange& exchange) {
    return handler(services, exchange);
  };
  table.add(std::move(route));
}

QueryParameter client_parameter() { return {"clientId", "Those of this partner only.", schema::text("")}; }

QueryParameter status_parameter(const Names& words) {
  return {"status", "Those in this state only.",
          schema::one_of("", std::vector<std::string>(words.begin(), words.end()))};
}

Route with_paging(Route route) {
  Json size = schema::integer("");
  size["minimum"] = 1;
  size["maximum"] = QueryReader::kMaxPerPage;
  size["default"] = QueryReader::kDefaultPerPage;
  Json number = schema::integer("");
  number["minimum"] = 1;
  number["default"] = 1;
  route.query.push_back({"page", "Number of the page, from 1.", std::move(number)});
  route.query.push_back({"perPage", "Documents of one page.", std::move(size)});
  return route;
}

Json to_json(const engine::LaneView& lane) {
  Json json{{"clientId", lane.client_id},
            {"mode", to_string(lane.clock.mode)},
            {"scale", lane.clock.scale},
            {"now", format_instant(lane.now)}};
  if (lane.next_due) json["nextDueAt"] = format_instant(*lane.next_due);
  json["paused"] = lane.paused;
  json["inFlight"] = lane.in_flight;
  return json;
}

}  // namespace zest::api
