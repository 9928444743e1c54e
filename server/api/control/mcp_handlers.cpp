// The tools for coding agents that need nothing but the control plane, over HTTP: the "streamable HTTP" of
// the Model Context Protocol without streams and sessions. A tool is a call of another route of this table,
// checked as any other.
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/checks.h"
#include "http/message.h"
#include "mcp/session.h"

namespace zest::api {
namespace {

constexpr int kAccepted = 202;  // what notifications are answered with

std::string encoded_query(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    text += (text.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  return text;
}

// The call as if it had come over HTTP, from the same caller.
http::Request request_for(const mcp::ControlCall& call, const http::RequestHead& outer) {
  const OperationRow& row = row_of(kOperationTable, call.operation);
  http::Request request;
  request.head.method = row.method;
  request.head.headers = outer.headers;
  request.head.peer = outer.peer;
  request.head.local_port = outer.local_port;
  request.head.path = row.path;
  std::size_t next = 0;
  each_placeholder(row.path, [&](std::string_view name) {
    const std::string placeholder = "{" + std::string(name) + "}";
    request.head.path.replace(request.head.path.find(placeholder), placeholder.size(),
                              http::percent_encode(call.path.at(next++).second));
  });
  request.head.query = encoded_query(call.query);
  request.head.target = request.head.path + (request.head.query.empty() ? "" : "?" + request.head.query);
  if (row.body != BodyKind::None) request.body = dump_json(call.body);
  return request;
}

class ControlHost final : public mcp::Host {
 public:
  ControlHost(const RouteTable& table, const Exchange& outer) : table_(table), outer_(outer) {}

  bool offers(const mcp::Tool& tool) const override { return tool.operation.has_value(); }

  Result<Json> call(const mcp::Tool& tool, const Json& arguments) override {
    const http::Request request = request_for(mcp::control_call(tool, arguments), outer_.request.head);
    RouteTable::Match match = table_.find(request.head.method, request.head.path);
    if (!match.route) return make_error(ErrorKind::NotFound, "there is no " + request.head.path);
    Exchange exchange(request, outer_.error_id);
    exchange.route = match.route;
    exchange.path = std::move(match.path);
    exchange.client_gone = outer_.client_gone;
    RETURN_IF_ERROR(read_query(*match.route, exchange));
    RETURN_IF_ERROR(read_body(*match.route, exchange));
    RETURN_IF_ERROR(check_schema(*match.route, exchange));
    ASSIGN_OR_RETURN(const Answer answer, match.route->handle(exchange));
    if (answer.body.empty()) return Json::object();
    return parse_json(answer.body);
  }

 private:
  const RouteTable& table_;
  const Exchange& outer_;
};

Result<Answer> take_message(const RouteTable& table, const Exchange& exchange) {
  ControlHost host(table, exchange);
  const std::optional<Json> reply = mcp::answer(host, exchange.body);
  if (reply) return json_answer(200, *reply);
  Answer nothing;
  nothing.status = kAccepted;
  return nothing;
}

}  // namespace

void add_mcp_routes(RouteTable& table, const Services& services) {
  Route route = control_route(Operation::CallTool, "Tools for coding agents: the Model Context Protocol",
                              {"ToolMessage", "ToolAnswer"});
  route.description =
      "A message of JSON-RPC 2.0: initialize, ping, tools/list, tools/call. The tools are calls of this "
      "control plane; "
      "`zest-sandbox mcp` has more of them.";
  route.waits = true;
  route.advances = true;  // some tools do
  add_control(table, services, std::move(route), [&table](const Services& /*services*/, Exchange& exchange) {
    return take_message(table, exchange);
  });
}

}  // namespace zest::api
