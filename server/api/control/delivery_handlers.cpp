// Webhook deliveries: list, show, replay; and Zest's dispatcher down and up again.
#include <algorithm>
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/list_answer.h"
#include "api/pipeline/readers.h"
#include "model/codec.h"

namespace zest::api {
namespace {

// As lists and the stream show them; what was sent and answered is left to the delivery's own page.
Json attempts_json(const std::vector<Attempt>& attempts) {
  Json list = Json::array();
  for (const Attempt& attempt : attempts) {
    list.push_back(to_json(attempt));
    list.back().erase("requestHeaders");
    list.back().erase("responseBody");
  }
  return list;
}

Result<Answer> list_deliveries(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  store::DeliveryFilter filter;
  filter.client_id = query.text("clientId");
  filter.status = query.one_of("status", kDeliveryStatuses);
  filter.event_type = query.word("eventType", words_of(kEventTypes));
  filter.subject = query.text("subject");
  const bool with_attempts = query.word("include", {"attempts"}).has_value();
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  return list_answer(
      services, page, [&](store::Read& tx, store::Page part) { return tx.deliveries(filter, part); },
      [&](store::Read& tx, const Delivery& delivery) {
        Json json = to_json(delivery);
        if (with_attempts) json["attempts"] = attempts_json(tx.attempts(delivery.id));
        return json;
      });
}

struct WholeDelivery {
  std::optional<Delivery> delivery;
  std::optional<Event> event;
  std::vector<Attempt> attempts;
};

Result<Answer> show_delivery(const Services& services, Exchange& exchange) {
  const std::string& id = exchange.parameter("id");
  ASSIGN_OR_RETURN(const WholeDelivery found, services.store.read([&](store::Read& tx) {
    return WholeDelivery{tx.delivery(id), tx.event(id), tx.attempts(id)};
  }));
  if (!found.delivery) return no_such("webhook delivery", id);
  Json json = to_json(*found.delivery);
  if (found.event) {
    ASSIGN_OR_RETURN(json["envelope"], parse_json(found.event->body));
    // The very bytes that are sent and signed.
    json["body"] = found.event->body;
  }
  json["attempts"] = Json::array();
  for (const Attempt& attempt : found.attempts) json["attempts"].push_back(to_json(attempt));
  return json_answer(200, json);
}

Result<Answer> retry_delivery(const Services& services, Exchange& exchange) {
  const BodyReader reader(exchange);
  if (reader.error()) return *reader.error();
  ASSIGN_OR_RETURN(const Delivery delivery, services.engine.retry(exchange.parameter("id")));
  return json_answer(200, to_json(delivery));
}

// The ids that match, oldest first: they are offered again in the order in which they happened.
Result<std::vector<std::string>> matching_ids(const Services& services, const store::DeliveryFilter& filter) {
  return services.store.read([&](store::Read& tx) {
    constexpr std::size_t kPortion = 20'000;
    std::vector<std::string> ids;
    for (store::Page page{0, kPortion};; page.skip += kPortion) {
      const auto found = tx.deliveries(filter, page);
      for (const Delivery& delivery : found.documents) ids.push_back(delivery.id);
      if (found.documents.size() < kPortion) break;
    }
    std::reverse(ids.begin(), ids.end());
    return ids;
  });
}

Result<Answer> retry_deliveries(const Services& services, Exchange& exchange) {
  constexpr DeliveryStatus kRetriable[] = {DeliveryStatus::Dead, DeliveryStatus::Delivered,
                                           DeliveryStatus::Pending, DeliveryStatus::Retrying};
  BodyReader reader(exchange);
  store::DeliveryFilter filter;
  filter.status = reader.one_of("status", kRetriable);
  filter.client_id = reader.text("clientId");
  filter.event_type = reader.word("eventType", words_of(kEventTypes));
  filter.subject = reader.text("subject");
  const bool dry_run = reader.flag("dryRun").value_or(false);
  if (reader.error()) return *reader.error();

  ASSIGN_OR_RETURN(std::vector<std::string> ids, matching_ids(services, filter));
  if (!dry_run) {
    // Without those that went on their way, or were cleared, since they were found.
    ASSIGN_OR_RETURN(ids, services.engine.retry(ids));
  }
  Json json{{"count", ids.size()}};
  json["deliveryIds"] = std::move(ids);
  json["dryRun"] = dry_run;
  return json_answer(200, json);
}

Result<Answer> set_paused(const Services& services, Exchange& exchange, bool paused) {
  BodyReader reader(exchange);
  const std::optional<std::string> client_id = reader.text("clientId");
  if (reader.error()) return *reader.error();
  RETURN_IF_ERROR(services.engine.set_paused(client_id, paused));
  ASSIGN_OR_RETURN(const auto lanes, services.engine.lanes(client_id));
  Json json{{"paused", paused}, {"lanes", Json::array()}};
  for (const engine::LaneView& lane : lanes) json["lanes"].push_back(to_json(lane));
  services.events.note(paused ? "paused" : "resumed", client_id, json);
  return json_answer(200, json);
}

Result<Answer> pause(const Services& services, Exchange& exchange) {
  return set_paused(services, exchange, true);
}
Result<Answer> resume(const Services& services, Exchange& exchange) {
  return set_paused(services, exchange, false);
}

}  // namespace

void add_delivery_routes(RouteTable& table, const Services& services) {
  const auto add = [&](Route route, const ControlHandler& handler) {
    add_control(table, services, std::move(route), handler);
  };

  Route list = control_route(Operation::ListDeliveries, "List webhook deliveries", answers("DeliveryPage"));
  list.query = {client_parameter(),
                status_parameter(words_of(kDeliveryStatuses)),
                {"eventType", "Those of this event type.", schema::text("")},
                {"subject", "Those whose data names this slug or person.", schema::text("")},
                {"include", "attempts: each with its attempts, without headers and bodies.",
                 schema::one_of("", {"attempts"})}};
  add(with_paging(std::move(list)), list_deliveries);
  add(control_route(Operation::GetDelivery, "Show a delivery with its envelope and attempts",
                    answers("WholeDelivery"), {404}),
      show_delivery);
  add(control_route(Operation::RetryDelivery, "Offer a delivery again on a fresh schedule",
                    {"NoMembers", "Delivery"}, {404, 409}),
      retry_delivery);
  Route many = control_route(Operation::RetryDeliveries, "Offer every matching delivery again",
                             {"DeliveryRetry", "DeliveriesRetried"});
  many.waits = true;  // many commits
  add(std::move(many), retry_deliveries);
  add(control_route(Operation::PauseWebhooks, "Take the webhook dispatcher down",
                    {"PartnerChoice", "DispatcherState"}, {404}),
      pause);
  add(control_route(Operation::ResumeWebhooks, "Bring the webhook dispatcher back",
                    {"PartnerChoice", "DispatcherState"}, {404}),
      resume);
}

}  // namespace zest::api
