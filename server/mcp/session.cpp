#include "mcp/session.h"

#include <string_view>

#include "base/nearest.h"
#include "base/version.h"

namespace zest::mcp {
namespace {

// JSON-RPC 2.0, section 5.1.
constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;

// Newest first; a client that asks for another one is offered the newest.
constexpr std::string_view kProtocolVersions[] = {"2025-06-18", "2025-03-26", "2024-11-05"};

// A result is for a reader with limited attention.
constexpr std::size_t kMaxText = 24'000;

constexpr std::string_view kInstructions =
    "A local sandbox of the Zest Partner API. Time is virtual: with a manual clock, advance_clock makes "
    "retries happen at once. "
    "To test an application's webhooks: start_sandbox, register_partner with its webhookUrl, trigger_event, "
    "list_deliveries, "
    "explain_delivery. To find out why a call failed: list_api_calls with failed. The whole API is described "
    "at /llms.txt and "
    "/openapi.json of the sandbox.";

Json failure(const Json& id, int code, const std::string& message) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"error", Json{{"code", code}, {"message", message}}}};
}

Json success(const Json& id, Json result) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

Json initialized(const Json& parameters) {
  const std::string asked = text_member(parameters, "protocolVersion");
  std::string_view agreed = kProtocolVersions[0];
  for (const std::string_view known : kProtocolVersions) {
    if (known == asked) agreed = known;
  }
  return Json{{"protocolVersion", agreed},
              {"capabilities", Json{{"tools", Json::object()}}},
              {"serverInfo", Json{{"name", "zest-sandbox"}, {"version", version()}}},
              {"instructions", kInstructions}};
}

Json listed(const Host& host) {
  Json list = Json::array();
  for (const Tool& tool : tools()) {
    if (host.offers(tool)) list.push_back(describe(tool));
  }
  return Json{{"tools", std::move(list)}};
}

Json content(std::string text, bool is_error) {
  if (text.size() > kMaxText) {
    std::size_t end = kMaxText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // between characters
    text = text.substr(0, end) + "\n[the rest is left out; ask for less, with perPage or a filter]";
  }
  Json result{{"content", Json::array({Json{{"type", "text"}, {"text", std::move(text)}}})}};
  if (is_error) result["isError"] = true;
  return result;
}

std::string sentence_of(const Error& error) {
  std::string text = error.detail;
  for (const Violation& violation : error.violations)
    text += "\n" + violation.field + " " + violation.message;
  return text;
}

std::vector<std::string_view> tool_names(const Host& host) {
  std::vector<std::string_view> names;
  for (const Tool& tool : tools()) {
    if (host.offers(tool)) names.push_back(tool.name);
  }
  return names;
}

Json called(Host& host, const Tool& tool, const Json& arguments) {
  const Result<void> fit = check_arguments(tool, arguments);
  if (!fit.ok()) return content(sentence_of(fit.error()), true);
  const Result<Json> done = host.call(tool, arguments);
  if (!done.ok()) return content(sentence_of(done.error()), true);
  const Json told = brief(tool, arguments, *done);
  return content(told.is_string() ? told.get<std::string>() : dump_json_pretty(told), false);
}

Json called(Host& host, const Json& id, const Json& parameters) {
  const std::string name = text_member(parameters, "name");
  const Tool* tool = find_tool(name);
  if (!tool || !host.offers(*tool))
    return failure(id, kInvalidParams,
                   "there is no tool \"" + name + "\"" + did_you_mean(name, tool_names(host)));
  const Json* arguments = member(parameters, "arguments");
  return success(id, called(host, *tool, arguments ? *arguments : Json::object()));
}

}  // namespace

Json parse_failure() { return failure(nullptr, kParseError, "the message is no JSON"); }

std::optional<Json> answer(Host& host, const Json& message) {
  const Json* id = member(message, "id");
  const std::string* method = string_member(message, "method");
  if (!message.is_object() || text_member(message, "jsonrpc") != "2.0")
    return failure(nullptr, kInvalidRequest, "the message is no JSON-RPC 2.0 object");
  if (!id) return std::nullopt;
  if (!method) {
    const bool reply = message.contains("result") || message.contains("error");
    if (reply) return std::nullopt;
    return failure(*id, kInvalidRequest, "the message has no \"method\"");
  }
  const Json* given = member(message, "params");
  const Json parameters = given ? *given : Json::object();
  if (*method == "initialize") return success(*id, initialized(parameters));
  if (*method == "ping") return success(*id, Json::object());
  if (*method == "tools/list") return success(*id, listed(host));
  if (*method == "tools/call") return called(host, *id, parameters);
  return failure(*id, kMethodNotFound, "there is no method \"" + *method + "\"");
}

}  // namespace zest::mcp
