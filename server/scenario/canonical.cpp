#include "scenario/canonical.h"

#include <regex>
#include <set>

namespace zest::scenario {
namespace {

bool differs_by_run(const std::string& name) {
  // `sequence` counts the calls of all partners; a signature and a length follow from the rest.
  static const std::set<std::string> names = {"errorId",        "wallTime",      "durationMs",
                                              "latencyMs",      "sequence",      "Zest-Signature",
                                              "Content-Length", "failureDetail", "Host"};
  return names.contains(name);
}

std::string without_hosts(const std::string& text) {
  // A file's URL is signed by a key that follows from the seed; only where it points to is the run's own.
  static const std::regex host("https?://[^/\"\\s]+");
  if (text.find("://") == std::string::npos) return text;
  return std::regex_replace(text, host, "http://HOST");
}

}  // namespace

Json canonical_document(const Json& document) {
  if (document.is_string()) return without_hosts(document.get<std::string>());
  if (document.is_array()) {
    Json list = Json::array();
    for (const Json& element : document) list.push_back(canonical_document(element));
    return list;
  }
  if (!document.is_object()) return document;
  Json object = Json::object();
  for (const auto& [name, value] : document.get_ref<const Json::object_t&>()) {
    if (!differs_by_run(name)) object[name] = canonical_document(value);
  }
  return object;
}

Result<std::string> canonical_form(const Stage& stage) {
  ASSIGN_OR_RETURN(const std::vector<Json> deliveries, stage.deliveries());
  ASSIGN_OR_RETURN(const std::vector<Json> journal, stage.journal());
  std::string text;
  for (const Json& delivery : deliveries) text += canonical_json(canonical_document(delivery)) + "\n";
  for (const Json& entry : journal) text += canonical_json(canonical_document(entry)) + "\n";
  return text;
}

}  // namespace zest::scenario
