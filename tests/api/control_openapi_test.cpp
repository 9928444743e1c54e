// The control plane keeps to /_sandbox/openapi.json: every body that it takes, every answer that it gives,
// every event of its stream.
#include "api/control_fixture.h"
#include "api/document_walker.h"
#include "api/pipeline/schemas.h"
#include "api/stream_viewer.h"
#include "protocol/chaos_actions.h"

namespace zest::api {
namespace {

struct ControlOpenApi : ControlTest {
  DocumentWalker walker() {
    return DocumentWalker(get("/_sandbox/openapi.json").body, [this](const std::string& request) {
      return to_answer(http::testing::RawClient(sandbox().port()).exchange(request));
    });
  }
  std::string first_delivery() {
    return get("/_sandbox/webhook-deliveries").body["documents"][0].value("deliveryId", "");
  }
};

HttpAnswer put(DocumentWalker& walker, const std::string& target, const Json& body,
               const char* verb = "PUT") {
  return walker.call(verb, target, kJsonType, dump_json(body));
}

void expect_all(DocumentWalker& walker, const std::vector<std::string>& targets) {
  for (const std::string& target : targets) EXPECT_EQ(walker.call("GET", target).status, 200) << target;
}

void walk_partners(DocumentWalker& walker) {
  const Json portal{
      {"clientId", "client_portal"}, {"name", "Portal"}, {"webhookUrl", "http://8.8.8.8/hooks"}};
  EXPECT_EQ(walker.post("/_sandbox/partners", {}, portal).status, 201);
  EXPECT_EQ(walker.post("/_sandbox/partners", {}, portal).status, 409);
  EXPECT_EQ(walker.post("/_sandbox/partners", {}, Json{{"nam", "x"}}).status, 400);
  const Json whole{
      {"name", "Whole"},      {"tenantSlug", "whole"},  {"webhookSecret", "whsec_0123456789abcdef"},
      {"provisioned", false}, {"autoApprove", "5m"},    {"autoComplete", "1h"},
      {"generateKey", true},  {"deliveryTimeout", "2s"}};
  const HttpAnswer made = walker.post("/admin/services/register-partner", {}, whole);
  EXPECT_EQ(made.status, 201) << made.text;
  const std::string path = "/_sandbox/partners/" + made.member("clientId");
  EXPECT_EQ(put(walker, path, Json{{"webhookUrl", nullptr}, {"autoApprove", nullptr}}, "PATCH").status, 200);
  EXPECT_EQ(put(walker, path, Json{{"name", nullptr}}, "PATCH").status, 400);
  EXPECT_EQ(walker.post(path + "/token", {}, Json::object()).status, 201);
  EXPECT_EQ(walker.call("DELETE", path).status, 200);
  EXPECT_EQ(walker.call("DELETE", path).status, 404);
  expect_all(walker, {"/_sandbox/partners", "/_sandbox/partners?page=2&perPage=1",
                      "/_sandbox/partners/client_portal"});
}

void walk_chaos(DocumentWalker& walker) {
  for (const ChaosActionRow& action : kChaosActionTable) {
    Json rule{{"on", to_string(action.target)}, {"action", Json{{"type", action.name}}}, {"enabled", false}};
    for (const ChaosMember& member : action.members) {
      if (!member.required && !(action.exactly_one && &member == action.members.begin())) continue;
      Json value = member.least;
      if (member.kind == ChaosMember::Kind::Timespan) value = "30s";
      if (member.kind == ChaosMember::Kind::Choice) value = member.words[0];
      if (member.kind == ChaosMember::Kind::FaultStatus) value = kFaultStatuses[0];
      if (member.kind == ChaosMember::Kind::EventPattern) value = "investor.*";
      rule["action"][std::string(member.name)] = std::move(value);
    }
    const HttpAnswer made = walker.post("/_sandbox/chaos/rules", {}, rule);
    EXPECT_EQ(made.status, 201) << made.text;
  }
  const Json hold{{"on", "webhook"},
                  {"clientId", "client_acme"},
                  {"match", {{"eventType", "spv_request.completed"}, {"probability", 1}}},
                  {"action", {{"type", "hold"}, {"untilReleased", true}}},
                  {"ttl", "12h"}};
  EXPECT_EQ(put(walker, "/_sandbox/chaos/rules/holds", hold).status, 200);
  EXPECT_EQ(put(walker, "/_sandbox/chaos/rules/x", Json{{"on", "api"}}).status, 400);
  expect_all(walker, {"/_sandbox/chaos/rules?perPage=1000", "/_sandbox/chaos/rules/holds"});
}

void walk_review(DocumentWalker& walker, const std::string& approved, const std::string& rejected) {
  EXPECT_EQ(walker.post("/_sandbox/spv-requests/" + approved + "/approve", {}, Json::object()).status, 200);
  EXPECT_EQ(walker.post("/_sandbox/spv-requests/" + approved + "/approve", {}, Json::object()).status, 409);
  EXPECT_EQ(walker.post("/_sandbox/spv-requests/" + rejected + "/reject", {}, Json{{"reason", "no"}}).status,
            200);
  EXPECT_EQ(walker.post("/_sandbox/spv-requests/none/approve", {}, Json::object()).status, 404);
  expect_all(walker, {"/_sandbox/spv-requests", "/_sandbox/spv-requests/" + rejected});
}

void walk_completion(DocumentWalker& walker, const std::string& funded, const std::string& unfunded) {
  const std::string path = "/_sandbox/subscriptions/";
  EXPECT_EQ(walker.post(path + unfunded + "/complete", {}, Json::object()).status, 409);
  EXPECT_EQ(walker.post(path + unfunded + "/complete", {}, Json{{"force", true}}).status, 200);
  const HttpAnswer completed = walker.post(path + funded + "/complete", {}, Json::object());
  EXPECT_EQ(completed.status, 200);
  expect_all(walker, {"/_sandbox/subscriptions", path + funded, "/_sandbox/uploads", "/_sandbox/investors",
                      "/_sandbox/investors/" + completed.member("personId")});
}

void walk_deliveries(DocumentWalker& walker, const std::string& id) {
  const std::string path = "/_sandbox/webhook-deliveries";
  expect_all(walker, {path, path + "?include=attempts&perPage=100", path + "/" + id});
  EXPECT_EQ(walker.post(path + "/" + id + "/retry", {}, Json::object()).status, 200);
  EXPECT_EQ(walker.post(path + "/retry", {}, Json{{"status", "delivered"}, {"dryRun", true}}).status, 200);
  const Json verified{{"headers", {{"Zest-Signature", "t=1767225600,v1=00"}}},
                      {"body", "{}"},
                      {"secret", "whsec_00"},
                      {"computed", "00"}};
  EXPECT_EQ(walker.post("/_sandbox/verify", {}, verified).status, 200);
  expect_all(walker, {"/_sandbox/explain", "/_sandbox/explain/" + id, "/_sandbox/warnings",
                      "/_sandbox/coverage", "/_sandbox/coverage?clientId=client_acme"});
  EXPECT_EQ(walker.post("/_sandbox/explain", {}, Json{{"token", "x.y.z"}}).status, 200);
  for (const char* way : {"pause", "resume"}) {
    EXPECT_EQ(
        walker.post(std::string("/_sandbox/webhooks/") + way, {}, Json{{"clientId", "client_acme"}}).status,
        200);
  }
}

void walk_time(DocumentWalker& walker, const std::string& delivery) {
  expect_all(walker, {"/_sandbox/clock", "/_sandbox/clock?clientId=client_acme"});
  const std::string advance = "/_sandbox/clock/advance";
  const HttpAnswer moved = walker.post(advance, {}, Json{{"by", "1h"}, {"clientId", "client_acme"}});
  EXPECT_EQ(moved.status, 200) << moved.text;
  EXPECT_FALSE(moved.json["attempts"].empty());
  EXPECT_EQ(walker.post(advance, {}, Json{{"to", "next"}}).status, 200);
  EXPECT_EQ(walker.post(advance, {}, Json{{"until", "idle"}}).status, 200);
  EXPECT_EQ(walker.post(advance, {}, Json{{"by", "1h"}, {"until", "idle"}}).status, 400);
  EXPECT_EQ(put(walker, "/_sandbox/clock", Json{{"mode", "manual"}}).status, 200);
  EXPECT_EQ(walker.post("/_sandbox/wait", {}, Json{{"until", "event"}, {"count", 1}, {"outcome", "emitted"}})
                .status,
            200);
  const Json never{
      {"until", "delivery"}, {"deliveryId", delivery}, {"status", "delivered"}, {"timeout", "1ms"}};
  EXPECT_EQ(walker.post("/_sandbox/wait", {}, never).status, 408);
}

void walk_journal(DocumentWalker& walker) {
  expect_all(walker, {"/_sandbox/requests?perPage=1000", "/_sandbox/requests?failed=true&status=401"});
  const auto verify = [&walker](const Json& assertion) {
    return walker.post("/_sandbox/requests/verify", {}, assertion);
  };
  const Json match{{"operation", "createSpvRequest"}, {"status", 201}, {"method", "PUT"}};
  EXPECT_EQ(verify(Json{{"match", match}, {"count", {{"min", 1}, {"max", 2}}}}).json["verified"], false);
  EXPECT_EQ(verify(Json{{"clientId", "client_acme"}, {"atLeast", 1}}).json["verified"], true);
  EXPECT_EQ(verify(Json{{"match", {{"status", 201}}}, {"count", 0}}).json["matching"].empty(), false);
}

void walk_state(DocumentWalker& walker) {
  expect_all(walker,
             {"/_sandbox", "/_sandbox/openapi.json", "/_sandbox/console", "/_sandbox/docs", "/_sandbox/livez",
              "/_sandbox/readyz", "/_sandbox/status", "/_sandbox/metrics", "/_sandbox/settings"});
  EXPECT_EQ(put(walker, "/_sandbox/settings", Json{{"publicUrl", "http://sandbox:8080"}}).status, 200);
  EXPECT_EQ(put(walker, "/_sandbox/settings", Json{{"publicUrl", nullptr}}).status, 200);
  EXPECT_EQ(put(walker, "/_sandbox/settings", Json::object()).status, 400);
  const Json ping{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "ping"}};
  EXPECT_EQ(walker.post("/_sandbox/mcp", {}, ping).status, 200);
  const HttpAnswer snapshot = walker.call("GET", "/_sandbox/snapshot");
  EXPECT_EQ(put(walker, "/_sandbox/snapshot?rewind=false", snapshot.json).status, 200);
  EXPECT_EQ(walker.post("/_sandbox/reset", {}, Json{{"clientId", "client_acme"}, {"tokens", true}}).status,
            200);
  EXPECT_EQ(walker.post("/_sandbox/reset", {}, Json{{"partners", true}}).status, 200);
}

// Every event that came so far, held against the schema of its data; the names of those that came.
std::set<std::string> walk_stream(DocumentWalker& walker, const Json& document, const std::string& text) {
  const Json& known = document["components"]["schemas"]["StreamEvents"]["properties"];
  const std::string mark = "\nevent: ";
  std::set<std::string> names;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    const std::string name = text.substr(begin, text.find('\n', begin) - begin);
    const std::size_t data = text.find("data: ", begin) + 6;
    EXPECT_TRUE(known.contains(name)) << name;
    Result<Json> json = parse_json(text.substr(data, text.find('\n', data) - data));
    EXPECT_TRUE(json.ok()) << name;
    if (known.contains(name) && json.ok()) walker.fits(known[name], *json, "the event " + name);
    names.insert(name);
  }
  return names;
}

TEST_F(ControlOpenApi, EveryAnswerAndEveryEventFitsTheDocument) {
  const Json document = get("/_sandbox/openapi.json").body;
  DocumentWalker walk = walker();
  sender().answer(500);
  walk_partners(walk);
  walk_chaos(walk);
  walk_review(walk, submit_spv(), submit_spv());
  const std::string held = get("/_sandbox/chaos/held").body["documents"][0].value("deliveryId", "");
  expect_all(walk, {"/_sandbox/chaos/held"});
  EXPECT_EQ(walk.post("/_sandbox/chaos/held/" + held + "/release", {}, Json::object()).status, 200);
  EXPECT_EQ(walk.call("DELETE", "/_sandbox/chaos/rules/holds").status, 200);
  EXPECT_EQ(walk.call("DELETE", "/_sandbox/chaos/rules").status, 200);
  walk_completion(walk, subscribe(true), subscribe(false));
  walk_time(walk, first_delivery());
  sender().answer(200);
  walk_deliveries(walk, first_delivery());
  settle();
  call("GET", "/v1/spv-requests");
  walk_journal(walk);
  walk_state(walk);

  StreamViewer viewer(sandbox().port(), "Last-Event-ID: 0\r\n");
  std::set<std::string> seen = walk_stream(
      walk, document,
      viewer.events_until("\"partnersRemoved\":true,\"tokensRevoked\":false,\"rewound\":false}\n"));
  StreamViewer late(sandbox().port(), "Last-Event-ID: 1\r\n");
  seen.merge(walk_stream(walk, document, late.events_until("\"}\n\nid: ")));
  std::set<std::string> told;
  for (const auto& [name, ignored] : document["components"]["schemas"]["StreamEvents"]["properties"].items())
    told.insert(name);
  EXPECT_EQ(seen, told);
  // A login needs an admin token, and the stream does not end.
  EXPECT_EQ(walk.never_succeeded(), (std::set<std::string>{"get /_sandbox/stream", "post /_sandbox/login"}));
}

TEST_F(ControlOpenApi, TheLoginFitsTheDocument) {
  app::ServeOptions options = plain_options();
  options.admin_token = "let-me-in";
  start(options);
  const Fields token{{"Authorization", "Bearer let-me-in"}};
  const Json document = call("GET", "/_sandbox/openapi.json", std::nullopt, token).body;
  DocumentWalker walk(document, [this](const std::string& request) {
    return to_answer(http::testing::RawClient(sandbox().port()).exchange(request));
  });
  EXPECT_EQ(walk.post("/_sandbox/login", token, Json{{"token", "let-me-in"}}).status, 200);
  EXPECT_EQ(walk.call("GET", "/_sandbox/status").status, 401);
}

void expect_described(const Json& operation, const std::string& subject) {
  Json contents = Json::array();
  if (operation.contains("requestBody")) contents.push_back(operation["requestBody"]["content"]);
  for (const Json& response : operation["responses"]) contents.push_back(response["content"]);
  for (const Json& content : contents) {
    for (const auto& [type, body] : content.items())
      EXPECT_FALSE(body["schema"].empty()) << subject << " has " << type << " that nothing describes";
  }
  for (const Json& parameter : operation.value("parameters", Json::array()))
    EXPECT_FALSE(parameter.value("description", "").empty()) << subject << " " << parameter.value("name", "");
}

TEST_F(ControlOpenApi, EveryBodyParameterAndAnswerIsDescribed) {
  for (const char* address : {"/openapi.json", "/_sandbox/openapi.json"}) {
    const Json document = get(address).body;
    for (const auto& [path, item] : document["paths"].items()) {
      for (const auto& [method, operation] : item.items()) expect_described(operation, method + " " + path);
    }
  }
}

TEST_F(ControlOpenApi, ExamplesFitTheirSchemas) { walker().check_examples(); }

TEST_F(ControlOpenApi, TheIndexListsEveryCall) {
  const Json document = get("/_sandbox/openapi.json").body;
  std::set<std::string> described;
  for (const auto& [path, item] : document["paths"].items()) {
    for (const auto& [method, operation] : item.items()) described.insert(operation.value("operationId", ""));
  }
  std::set<std::string> listed;
  const Json index = get("/_sandbox").body;
  for (const Json& operation : index["operations"]) listed.insert(operation.value("operationId", ""));
  EXPECT_EQ(listed, described);
}

}  // namespace
}  // namespace zest::api
