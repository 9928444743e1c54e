// What of an answer is told; declared in tools.h.
#include <string>

#include "mcp/tools.h"

namespace zest::mcp {
namespace {

constexpr std::size_t kMostSuggested = 3;

// What is missing by its ids, what was met as numbers, and lines for a shell: of each dimension the first
// until there are enough, or all of the one that was asked about.
Json brief_coverage(const Json& arguments, const Json& coverage) {
  Json brief = Json::object();
  for (const char* name : {"clientId", "percent", "covered", "total", "endpoint"}) {
    if (const Json* value = member(coverage, name)) brief[name] = *value;
  }
  const std::string wanted = text_member(arguments, "dimension");
  Json met = Json::object();
  Json missing = Json::array();
  Json next = Json::object();
  for (const Json& dimension : coverage.value("dimensions", Json::array())) {
    const std::string id = dimension.value("id", "");
    if (!wanted.empty() && id != wanted) continue;
    met[id] =
        std::to_string(dimension.value("covered", 0)) + "/" + std::to_string(dimension.value("total", 0));
    bool suggested = false;
    for (const Json& item : dimension.value("items", Json::array())) {
      const Json* command = member(item, "command");
      if (command == nullptr) continue;
      missing.push_back(item.value("id", ""));
      const bool first = !suggested && next.size() < kMostSuggested;
      if (!wanted.empty() || first) next[item.value("id", "")] = *command;
      suggested = true;
    }
  }
  brief["dimensions"] = std::move(met);
  brief["missing"] = std::move(missing);
  brief["provokedBy"] = std::move(next);
  return brief;
}

}  // namespace

Json brief(const Tool& tool, const Json& checked_arguments, const Json& answer) {
  if (tool.operation == Operation::GetCoverage) return brief_coverage(checked_arguments, answer);
  const Json* documents = member(answer, "documents");
  if (!documents || !documents->is_array() || tool.shown.empty()) return answer;
  Json rows = Json::array();
  for (const Json& document : *documents) {
    Json row = Json::object();
    for (const std::string_view name : tool.shown) {
      if (const Json* value = member(document, name)) row[std::string(name)] = *value;
    }
    rows.push_back(std::move(row));
  }
  return Json{{"count", answer.value("count", Json())}, {"documents", std::move(rows)}};
}

}  // namespace zest::mcp
