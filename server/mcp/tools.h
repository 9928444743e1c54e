// The tools for coding agents as one table: what the Model Context Protocol lists, what the control plane
// serves at
// /_sandbox/mcp, and what `zest-sandbox mcp` offers over standard input. Thread-safety: immutable.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_table.h"
#include "base/json.h"
#include "base/result.h"
#include "protocol/operations.h"

namespace zest::mcp {

struct ToolArgument {
  enum class Kind { Text, Integer, Boolean, Object };
  enum class Place { Path, Query, Body, Answer };  // of the operation's call; Answer: what is told of it
  std::string_view name;
  Kind kind = Kind::Text;
  Place place = Place::Body;
  std::string_view help;
  bool required = false;
  std::vector<std::string> (*words)() = nullptr;  // what a text may be
  std::string (*more)() = nullptr;                // what is said beside `help`
};

struct Tool {
  std::string_view name;
  std::string_view help;
  // The call of the control plane that it is; nothing: its host does it by itself, and the control plane has
  // no such tool.
  std::optional<Operation> operation;
  ConstantList<ToolArgument, 8> arguments = {};
  // Of a list, the members of each row that are told; none: all.
  ConstantList<std::string_view, 8> shown = {};
  bool reads_only = false;
};

std::span<const Tool> tools();
const Tool* find_tool(std::string_view name);

// {"name", "description", "inputSchema", "annotations"}
Json describe(const Tool& tool);

// Errors: InvalidRequest that names the first argument that is unknown, missing or not as the schema says.
Result<void> check_arguments(const Tool& tool, const Json& arguments);

// The call of a tool that is one.
struct ControlCall {
  Operation operation{};
  std::vector<std::pair<std::string, std::string>> path;  // in the order of the placeholders
  std::vector<std::pair<std::string, std::string>> query;
  Json body = Json::object();
};
ControlCall control_call(const Tool& tool, const Json& checked_arguments);

// What of an answer is worth an agent's attention, who called with those arguments.
Json brief(const Tool& tool, const Json& checked_arguments, const Json& answer);

}  // namespace zest::mcp
