#include "mcp/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "protocol/chaos_actions.h"

namespace zest::mcp {
namespace {

using ::testing::HasSubstr;

// Answers every tool with its arguments, or fails.
class EchoHost : public Host {
 public:
  bool offers(const Tool& tool) const override { return tool.name != "start_sandbox"; }
  Result<Json> call(const Tool& tool, const Json& arguments) override {
    called = tool.name;
    if (fails) return make_error(ErrorKind::Conflict, "that is over already");
    return answer.is_null() ? arguments : answer;
  }
  std::string called;
  bool fails = false;
  Json answer;
};

Json message(const std::string& method, Json params = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"id", 7}, {"method", method}, {"params", std::move(params)}};
}

class Session : public ::testing::Test {
 protected:
  Json ask(const std::string& method, Json params = Json::object()) {
    const std::optional<Json> reply = mcp::answer(host, message(method, std::move(params)));
    EXPECT_TRUE(reply.has_value());
    return reply.value_or(Json());
  }
  // The text of a tool's result; "ERROR " before one that is an error.
  std::string call(const std::string& name, Json arguments = Json::object()) {
    const Json reply = ask("tools/call", Json{{"name", name}, {"arguments", std::move(arguments)}});
    if (reply.contains("error")) return reply["error"].dump();
    const Json& result = reply["result"];
    return (result.value("isError", false) ? "ERROR " : "") + result["content"][0]["text"].get<std::string>();
  }
  EchoHost host;
};

TEST_F(Session, AgreesOnAProtocolVersion) {
  EXPECT_EQ(ask("initialize", {{"protocolVersion", "2024-11-05"}})["result"]["protocolVersion"],
            "2024-11-05");
  const Json reply = ask("initialize", {{"protocolVersion", "2099-01-01"}});
  EXPECT_EQ(reply["id"], 7);
  EXPECT_EQ(reply["result"]["protocolVersion"], "2025-06-18");
  EXPECT_EQ(reply["result"]["serverInfo"]["name"], "zest-sandbox");
  EXPECT_TRUE(reply["result"]["capabilities"].contains("tools"));
}

TEST_F(Session, ListsWhatItsHostOffersWithSchemas) {
  std::set<std::string> names;
  const Json list = ask("tools/list");
  for (const Json& tool : list["result"]["tools"]) {
    names.insert(tool["name"].get<std::string>());
    EXPECT_EQ(tool["inputSchema"]["type"], "object");
    EXPECT_EQ(tool["inputSchema"]["additionalProperties"], false);
    EXPECT_GT(tool["description"].get<std::string>().size(), 20u);
  }
  EXPECT_EQ(names.size(), tools().size() - 1);
  EXPECT_EQ(names.count("start_sandbox"), 0u);
}

TEST_F(Session, ChecksArgumentsByTheirSchema) {
  EXPECT_EQ(call("reject_spv_request", {{"slug", "svr_1"}}),
            "ERROR reject_spv_request needs the argument \"reason\": Why");
  EXPECT_THAT(call("advance_clock", {{"untill", "idle"}}),
              HasSubstr("has no argument \"untill\"; did you mean until?"));
  EXPECT_THAT(call("advance_clock", {{"by", 3}}),
              HasSubstr("\"by\" of advance_clock must be of type string"));
  EXPECT_THAT(call("explain", {{"id", ""}}), HasSubstr("\"id\" of explain must not be empty: An errorId"));
  EXPECT_THAT(call("list_deliveries", {{"status", "lost"}}), HasSubstr("must be one of pending, in_flight"));
  EXPECT_THAT(call("list_deliveries", Json::array()), HasSubstr("must be an object"));
  EXPECT_EQ(host.called, "") << "nothing of this reaches the host";
}

TEST_F(Session, AFailureIsAResultThatSaysWhy) {
  host.fails = true;
  EXPECT_EQ(call("approve_spv_request", {{"slug", "svr_1"}}), "ERROR that is over already");
}

TEST_F(Session, ListsAreShortAndLongTextsAreCut) {
  host.answer = Json{{"documents", Json::array({Json{{"deliveryId", "wde_1"}, {"secret", "no"}}})},
                     {"count", 1},
                     {"skip", 0}};
  const std::string list = call("list_deliveries");
  EXPECT_THAT(list, HasSubstr("wde_1"));
  EXPECT_EQ(list.find("secret"), std::string::npos);
  std::string accents;
  while (accents.size() < 100'000) accents += "é";
  host.answer = Json{{"text", accents}};
  const std::string text = call("explain_delivery", {{"id", "wde_1"}});
  EXPECT_LT(text.size(), 25'000u);
  EXPECT_THAT(text, HasSubstr("the rest is left out"));
  EXPECT_TRUE(Json::accept(Json(text).dump())) << "cut between characters";
}

TEST_F(Session, NotificationsAndAnswersGetNoAnswer) {
  EXPECT_FALSE(mcp::answer(host, {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}}));
  EXPECT_FALSE(mcp::answer(host, {{"jsonrpc", "2.0"}, {"id", 1}, {"result", Json::object()}}));
}

TEST_F(Session, WhatIsNoMessageIsRefused) {
  for (const Json& wrong : {Json(), Json::array(), Json("text"), Json{{"id", 1}, {"method", "ping"}}}) {
    EXPECT_EQ(mcp::answer(host, wrong).value_or(Json())["error"]["code"], -32600) << wrong;
  }
  EXPECT_EQ(ask("resources/list")["error"]["code"], -32601);
  EXPECT_EQ(ask("tools/call", {{"name", "start_sandbox"}})["error"]["code"], -32602) << "not offered here";
  EXPECT_EQ(ask("tools/call", Json::array())["error"]["code"], -32602);
  EXPECT_EQ(parse_failure()["error"]["code"], -32700);
  EXPECT_EQ(ask("ping")["result"], Json::object());
}

TEST(Tools, AddChaosNamesEveryActionAndMember) {
  const Json action = describe(*find_tool("add_chaos"))["inputSchema"]["properties"]["action"];
  const std::string told = action["description"].get<std::string>();
  for (const ChaosActionRow& row : kChaosActionTable) {
    EXPECT_THAT(told, HasSubstr(std::string(row.name)));
    for (const ChaosMember& member : row.members) EXPECT_THAT(told, HasSubstr(std::string(member.name)));
  }
}

TEST(Tools, EachIsACallOfTheControlPlaneWithAPlaceForEveryArgument) {
  for (const Tool& tool : tools()) {
    if (!tool.operation) continue;
    const OperationRow& row = row_of(kOperationTable, *tool.operation);
    EXPECT_EQ(surface_of(row.path), Surface::Control) << tool.name;
    EXPECT_EQ(tool.reads_only, row.method == "GET" || tool.name == "verify_signature") << tool.name;
    std::vector<std::string> placeholders;
    each_placeholder(row.path, [&](std::string_view name) { placeholders.emplace_back(name); });
    std::vector<std::string> in_path;
    for (const ToolArgument& argument : tool.arguments) {
      if (argument.place == ToolArgument::Place::Path) in_path.emplace_back(argument.name);
      const bool in_body = argument.place == ToolArgument::Place::Body;
      EXPECT_FALSE(in_body && row.body == BodyKind::None) << tool.name;
    }
    EXPECT_EQ(in_path, placeholders) << tool.name;
  }
}

}  // namespace
}  // namespace zest::mcp
