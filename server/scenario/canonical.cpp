#include "scenario/canonical.h"

#include <algorithm>
#include <array>
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

// Of a journal's row: what a request looked like beside what it asked for, which is its library's (agents,
// boundaries), or the token's.
constexpr std::array<const char*, 6> kLibrarysOwn = {"jti",   "requestIds", "headers",
                                                     "grant", "bodySize",   "bodySha256"};

std::string without_hosts(const std::string& text) {
  // A file's URL is signed by a key that follows from the seed; only where it points to is the run's own.
  constexpr std::string_view kMark = "://";
  std::string shown;
  std::size_t at = 0;
  for (;;) {
    const std::size_t mark = text.find(kMark, at);
    if (mark == std::string::npos) return shown + text.substr(at);
    const std::size_t host = mark + kMark.size();
    const std::size_t end = std::min(text.find_first_of("/\" \t\r\n\f\v", host), text.size());
    const std::string before = text.substr(at, mark - at);
    const bool secure = before.ends_with("https");
    const bool web = (secure || before.ends_with("http")) && end > host;
    shown += web ? before.substr(0, before.size() - (secure ? 1 : 0)) + "://HOST" : text.substr(at, end - at);
    at = end;
  }
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
  for (Json entry : journal) {
    for (const char* name : kLibrarysOwn) entry.erase(name);
    text += canonical_json(canonical_document(entry)) + "\n";
  }
  return text;
}

}  // namespace zest::scenario
