// Virtual time: the clocks, advancing them, and barriers.
#include <limits>
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/readers.h"
#include "model/codec.h"

namespace zest::api {
namespace {

constexpr Duration kLongestWait{3'600'000};  // wall

Json lanes_json(const std::vector<engine::LaneView>& lanes) {
  Json list = Json::array();
  for (const engine::LaneView& lane : lanes) list.push_back(to_json(lane));
  return list;
}

// The lanes as a list; the one lane's members at the top as well, when there is one only.
Json clocks_json(const std::vector<engine::LaneView>& lanes) {
  Json json = lanes.size() == 1 ? to_json(lanes.front()) : Json::object();
  json.update(list_json(lanes_json(lanes), lanes.size(), store::Page{0, lanes.size()}));
  return json;
}

Result<Answer> show_clock(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  if (query.error()) return *query.error();
  ASSIGN_OR_RETURN(const auto lanes, services.engine.lanes(query.text("clientId")));
  return json_answer(200, clocks_json(lanes));
}

Result<Answer> set_clock(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  const std::optional<std::string> client_id = reader.text("clientId");
  engine::ClockChange change;
  change.mode = reader.one_of("mode", kClockModes);
  if (reader.has("scale") && reader.has("timeScale")) {
    reader.fail("the body must have only one of scale or timeScale: they mean the same");
  }
  const std::string_view scale = reader.has("timeScale") ? "timeScale" : "scale";
  change.scale = reader.integer(scale);
  change.time = reader.instant("time");
  if (!reader.error() && !change.mode && !change.scale && !change.time) {
    reader.fail("the body must have at least one of mode, scale or time");
  }
  if (change.scale && !change.mode) change.mode = *change.scale == 1 ? ClockMode::Real : ClockMode::Scaled;
  if (change.mode == ClockMode::Manual && change.scale)
    reader.fail_member(scale, "a manual clock has no scale");
  if (change.mode == ClockMode::Real && change.scale.value_or(1) != 1) {
    reader.fail_member(scale, "a real clock runs at scale 1; the mode for another one is \"scaled\"");
  }
  if (change.mode == ClockMode::Scaled && !change.scale) reader.require("scale");
  if (reader.error()) return *reader.error();
  ASSIGN_OR_RETURN(const auto lanes, services.engine.set_clock(client_id, change));
  services.events.note("clock", client_id, Json{{"lanes", lanes_json(lanes)}});
  return json_answer(200, clocks_json(lanes));
}

std::variant<engine::AdvanceRequest::By, engine::AdvanceRequest::To, engine::AdvanceRequest::Next,
             engine::AdvanceRequest::Idle>
read_target(ObjectReader& reader) {
  using Request = engine::AdvanceRequest;
  const std::string_view which = reader.exactly_one({"by", "to", "until"});
  if (which == "by") return Request::By{reader.duration("by").value_or(Duration(0))};
  if (which == "until") {
    reader.word("until", {"idle"});
    return Request::Idle{};
  }
  const Json* to = reader.any("to");
  if (to != nullptr && *to == "next") return Request::Next{};
  const std::optional<Instant> instant = reader.instant("to");
  if (!instant && which == "to") reader.fail_member("to", "must be \"next\" or an instant");
  return Request::To{instant.value_or(Instant{})};
}

// `json` with the attempts as its member: tens of thousands of them, as values, would take many times the
// memory of their text.
std::string with_attempts(const Json& json, const std::deque<engine::AttemptReport>& attempts) {
  std::string text = dump_json(json);
  text.back() = ',';
  text += "\"attempts\":[";
  for (const engine::AttemptReport& attempt : attempts) {
    if (text.back() != '[') text += ',';
    text += dump_json(to_json(attempt));
  }
  return text + "]}";
}

Result<Answer> advance(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  const std::optional<std::string> client_id = reader.text("clientId");
  const engine::AdvanceRequest request{client_id, read_target(reader)};
  if (reader.error()) return *reader.error();
  ASSIGN_OR_RETURN(const engine::AdvanceReport report, services.engine.advance(request));
  Json json = Json::object();
  if (client_id) json["clientId"] = *client_id;
  // With several lanes there is no one time: their own are in `lanes`.
  if (report.lanes.size() == 1) json["now"] = format_instant(report.lanes.front().now);
  json["lanes"] = lanes_json(report.lanes);
  json["timers"] = report.timers;
  json["parked"] = report.parked;
  json["attemptCount"] = report.attempt_count;
  json["truncated"] = report.attempts.size() < report.attempt_count;
  services.events.note("clock", client_id, Json{{"lanes", json["lanes"]}});
  Answer answer;
  answer.body = with_attempts(json, report.attempts);
  return answer;
}

// The schema of what is waited for.
std::string_view wait_schema(const Json& body) {
  const std::string* until = string_member(body, "until");
  if (until != nullptr && *until == "event") return "WaitForEvent";
  return until != nullptr && *until == "delivery" ? "WaitForDelivery" : "WaitForIdle";
}

engine::WaitRequest read_wait(BodyReader& reader) {
  engine::WaitRequest request;
  request.client_id = reader.text("clientId");
  if (const auto timeout = reader.duration("timeout")) {
    request.timeout = *timeout;
    if (*timeout > kLongestWait)
      reader.fail_member("timeout", "must be at most " + format_duration(kLongestWait));
  }
  const std::string until = reader.word("until", {"idle", "event", "delivery"}).value_or("idle");
  if (until == "event") {
    engine::WaitRequest::EventSeen event;
    event.event_type = reader.word("eventType", words_of(kEventTypes));
    event.subject = reader.text("subject");
    event.count = static_cast<std::size_t>(reader.integer("count").value_or(1));
    event.outcome = reader.one_of("outcome", kWaitOutcomes).value_or(WaitOutcome::Delivered);
    request.until = event;
  } else if (until == "delivery") {
    engine::WaitRequest::DeliveryIn delivery;
    delivery.delivery_id = reader.text("deliveryId").value_or("");
    delivery.status = reader.one_of("status", kDeliveryStatuses);
    if (reader.has("outcome") && reader.has("status")) {
      reader.fail("the body must have only one of outcome or status: they say the same in two ways");
    }
    delivery.outcome = reader.one_of("outcome", kWaitOutcomes).value_or(WaitOutcome::Delivered);
    request.until = delivery;
  }
  return request;
}

// Of a wait that has become hopeless.
std::string other_outcome(const engine::WaitRequest& request) {
  const auto* delivery = std::get_if<engine::WaitRequest::DeliveryIn>(&request.until);
  const WaitOutcome wanted = delivery != nullptr
                                 ? delivery->outcome
                                 : std::get<engine::WaitRequest::EventSeen>(request.until).outcome;
  const std::string what = delivery != nullptr ? "delivery " + delivery->delivery_id : "the event";
  return wanted == WaitOutcome::Delivered ? what + " is dead after its last attempt; POST …/retry replays it"
                                          : what + " was delivered";
}

Result<Answer> wait(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange.body, "the body", wait_schema(exchange.body));
  engine::WaitRequest request = read_wait(reader);
  if (reader.error()) return *reader.error();
  if (const auto* wanted = std::get_if<engine::WaitRequest::DeliveryIn>(&request.until)) {
    ASSIGN_OR_RETURN(const bool known, services.store.read([&](store::Read& tx) {
      return tx.delivery(wanted->delivery_id).has_value();
    }));
    if (!known) return no_such("webhook delivery", wanted->delivery_id);
  }
  request.given_up = exchange.client_gone;
  ASSIGN_OR_RETURN(const engine::WaitReport report, services.engine.wait(request));
  if (report.reached) return json_answer(200, Json{{"reached", true}});
  const std::string when = report.hopeless   ? "and cannot be any more: " + other_outcome(request)
                           : report.given_up ? "when the client hung up"
                                             : "within " + format_duration(request.timeout);
  Error late = make_error(
      ErrorKind::Timeout,
      "not reached " + when + "; " +
          (report.open.empty()       ? "no delivery is open"
           : report.open.size() == 1 ? "1 delivery is still open"
                                     : std::to_string(report.open.size()) + " deliveries are still open"));
  late.extra.emplace_back("open", dump_json(Json(report.open)));
  return late;
}

}  // namespace

void add_clock_routes(RouteTable& table, const Services& services) {
  const auto add = [&](Route route, const ControlHandler& handler) {
    add_control(table, services, std::move(route), handler);
  };
  Route show = control_route(Operation::GetClock, "Show the virtual clocks", answers("Clocks"), {404});
  show.query = {client_parameter()};
  add(std::move(show), show_clock);
  add(control_route(Operation::SetClock, "Set mode, scale or time of the virtual clocks",
                    {"ClockChange", "Clocks"}, {404, 409}),
      set_clock);
  Route move =
      control_route(Operation::AdvanceClock, "Advance virtual time and do everything that becomes due",
                    {"ClockAdvance", "AdvanceReport"}, {404, 409});
  move.waits = true;
  move.advances = true;
  add(std::move(move), advance);
  Route barrier = control_route(Operation::Wait, "Wait until something has happened", {"Wait", "Waited"},
                                {404, 408, 409});
  barrier.waits = true;
  barrier.waits_for_others = true;
  add(std::move(barrier), wait);
}

}  // namespace zest::api
