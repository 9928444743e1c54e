// Metrics for Prometheus, and the stream of what happens.
#include <charconv>
#include <utility>

#include "api/control/control.h"
#include "api/pipeline/errors.h"
#include "api/pipeline/readers.h"
#include "base/version.h"

namespace zest::api {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Writes the text format: each family with HELP and TYPE, then its samples.
class MetricsText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    text_.append("# HELP ").append(name).append(" ").append(help);
    text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view name, Labels labels, const std::string& value) {
    text_.append(name);
    char separator = '{';
    for (const auto& [label, content] : labels) {
      text_.push_back(std::exchange(separator, ','));
      text_.append(label).append("=\"");
      append_escaped(content);
      text_.push_back('"');
    }
    if (labels.size() > 0) text_.push_back('}');
    text_.append(" ").append(value).append("\n");
  }
  std::string take() { return std::move(text_); }

 private:
  void append_escaped(std::string_view content) {
    for (const char c : content) {
      if (c == '\n') {
        text_.append("\\n");
        continue;
      }
      if (c == '"' || c == '\\') text_.push_back('\\');
      text_.push_back(c);
    }
  }
  std::string text_;
};

std::string number(std::size_t value) { return std::to_string(value); }

std::string decimal_seconds(std::int64_t ms) {
  const std::string fraction = std::to_string(1000 + (ms < 0 ? -ms : ms) % 1000).substr(1);
  return (ms < 0 ? "-" : "") + std::to_string((ms < 0 ? -ms : ms) / 1000) + "." + fraction;
}

void write_requests(MetricsText& text, const EventHub::Counters& counters) {
  const auto each = [&](std::string_view name, const auto& value) {
    for (const auto& [key, timing] : counters.requests) {
      const auto& [method, operation, status] = key;
      text.sample(name, {{"method", method}, {"operation", operation}, {"status", std::to_string(status)}},
                  value(timing));
    }
  };
  using Timing = EventHub::Timing;
  text.family("zest_sandbox_requests_total", "counter", "Partner API calls.");
  each("zest_sandbox_requests_total", [](const Timing& timing) { return number(timing.count); });
  text.family("zest_sandbox_request_seconds_total", "counter", "Wall time spent in partner API calls.");
  each("zest_sandbox_request_seconds_total",
       [](const Timing& timing) { return decimal_seconds(timing.total.count()); });
}

void write_attempts(MetricsText& text, const EventHub::Counters& counters) {
  const auto each = [&](std::string_view name, const auto& value) {
    for (const auto& [key, timing] : counters.attempts) {
      const auto& [event_type, kind, outcome] = key;
      text.sample(name, {{"event_type", event_type}, {"kind", kind}, {"outcome", outcome}}, value(timing));
    }
  };
  using Timing = EventHub::Timing;
  text.family("zest_sandbox_webhook_attempts_total", "counter", "Finished webhook attempts.");
  each("zest_sandbox_webhook_attempts_total", [](const Timing& timing) { return number(timing.count); });
  text.family("zest_sandbox_webhook_attempt_seconds_total", "counter",
              "Wall time spent in webhook attempts.");
  each("zest_sandbox_webhook_attempt_seconds_total",
       [](const Timing& timing) { return decimal_seconds(timing.total.count()); });
}

void write_lanes(MetricsText& text, const std::vector<engine::LaneView>& lanes) {
  text.family("zest_sandbox_virtual_time_seconds", "gauge", "Virtual time of a partner, since 1970.");
  for (const auto& lane : lanes) {
    text.sample("zest_sandbox_virtual_time_seconds", {{"client_id", lane.client_id}},
                decimal_seconds(to_ms(lane.now)));
  }
  text.family("zest_sandbox_webhooks_in_flight", "gauge", "Webhook attempts under way.");
  for (const auto& lane : lanes) {
    text.sample("zest_sandbox_webhooks_in_flight", {{"client_id", lane.client_id}}, number(lane.in_flight));
  }
  text.family("zest_sandbox_webhooks_paused", "gauge", "1 while the dispatcher is down for a partner.");
  for (const auto& lane : lanes) {
    text.sample("zest_sandbox_webhooks_paused", {{"client_id", lane.client_id}}, lane.paused ? "1" : "0");
  }
}

Result<Answer> metrics(const Services& services, Instant started) {
  ASSIGN_OR_RETURN(const auto deliveries,
                   services.store.read([](store::Read& tx) { return tx.delivery_counts(); }));
  ASSIGN_OR_RETURN(const auto lanes, services.engine.lanes(std::nullopt));
  const EventHub::Counters counters = services.events.counters();
  MetricsText text;
  text.family("zest_sandbox_info", "gauge", "The running version.");
  text.sample("zest_sandbox_info", {{"version", version()}}, "1");
  text.family("zest_sandbox_uptime_seconds", "gauge", "Wall time since the start.");
  text.sample("zest_sandbox_uptime_seconds", {},
              decimal_seconds((services.clock.steady() - started).count()));
  text.family("zest_sandbox_partners", "gauge", "Registered partner applications.");
  text.sample("zest_sandbox_partners", {}, number(lanes.size()));
  write_requests(text, counters);
  write_attempts(text, counters);
  text.family("zest_sandbox_deliveries", "gauge", "Webhook deliveries by state.");
  for (const store::DeliveryCount& row : deliveries) {
    text.sample("zest_sandbox_deliveries", {{"client_id", row.client_id}, {"status", to_string(row.status)}},
                number(row.count));
  }
  write_lanes(text, lanes);
  text.family("zest_sandbox_stream_viewers", "gauge", "Open event streams.");
  text.sample("zest_sandbox_stream_viewers", {}, number(services.events.viewers()));

  Answer answer;
  answer.body = text.take();
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return answer;
}

// Errors: InvalidRequest for a Last-Event-ID that is no identifier of this stream.
Result<std::optional<std::uint64_t>> last_event_id(const Exchange& exchange) {
  const std::string* field = exchange.request.head.headers.find("last-event-id");
  if (field == nullptr || field->empty()) return std::optional<std::uint64_t>();
  std::uint64_t id = 0;
  const char* end = field->data() + field->size();
  const auto [stop, problem] = std::from_chars(field->data(), end, id);
  if (problem != std::errc() || stop != end || id == UINT64_MAX) {
    return make_error(ErrorKind::InvalidRequest,
                      "Last-Event-ID must be the id of an event of this stream, or 0");
  }
  return std::optional<std::uint64_t>(id);
}

void stream(const Services& services, Exchange& exchange, http::Responder responder) {
  const auto refuse = [&](const Error& error) {
    responder.send(error_response(error, exchange.error_id.text()));
  };
  QueryReader query(exchange);
  if (query.error()) return refuse(*query.error());
  const auto last_id = last_event_id(exchange);
  if (!last_id.ok()) return refuse(last_id.error());
  const std::optional<std::string> client_id = query.text("clientId");
  const bool is_head = exchange.request.head.method == "HEAD";
  if (!is_head && !services.events.has_room(client_id)) {
    return refuse(
        make_error(ErrorKind::ServiceUnavailable, "too many event streams are open; close one of them"));
  }
  http::Response head;
  head.headers.add("Content-Type", "text/event-stream; charset=utf-8");
  head.headers.add("Cache-Control", "no-store");
  head.headers.add("X-Accel-Buffering", "no");
  add_version(head);
  const std::shared_ptr<http::Responder::StreamWriter> writer = responder.stream(std::move(head));
  if (is_head || writer == nullptr || !writer->write(": zest-sandbox events\nretry: 2000\n\n")) return;
  services.events.add_viewer(writer, *last_id, client_id);
}

}  // namespace

void add_insight_routes(RouteTable& table, const Services& services) {
  Route metrics_route =
      control_route(Operation::GetMetrics, "Metrics in Prometheus' text format", answers("MetricsText"));
  metrics_route.answer_type = "text/plain";
  metrics_route.quiet = true;
  const Instant started = services.clock.steady();
  metrics_route.handle = [services, started](Exchange&) { return metrics(services, started); };
  table.add(std::move(metrics_route));

  Route stream_route =
      control_route(Operation::StreamEvents, "Server-sent events of calls, attempts, clocks and resets",
                    answers("EventStream"));
  stream_route.answer_type = "text/event-stream";
  stream_route.query = {client_parameter()};
  stream_route.errors.push_back(503);
  stream_route.stream = [services](Exchange& exchange, http::Responder responder) {
    stream(services, exchange, std::move(responder));
  };
  table.add(std::move(stream_route));
}

}  // namespace zest::api
