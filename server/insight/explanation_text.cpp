// Explanations for people; declared in explanation.h.
#include <algorithm>

#include "base/json_path.h"
#include "insight/explanation.h"

namespace zest::insight {
namespace {

std::string word_of(const Json& object, const char* name) {
  const Json* value = member(object, name);
  if (value == nullptr || value->is_null()) return "";
  return value->is_string() ? value->get<std::string>() : dump_json(*value);
}

// `label`: of nine columns.
void add_rule(std::string& text, const std::string& label, const Json& rule) {
  text += "\n" + label + word_of(rule, "id") + "\n         " + word_of(rule, "sentence") + "\n";
  if (const std::string page = word_of(rule, "documentation"); !page.empty())
    text += "page     Zest docs: " + page + "\n";
  text += "fix      " + word_of(rule, "fix") + "\n";
}

void add_broken(std::string& text, const Json& rows) {
  text += "\nbroken\n";
  for (const Json& row : rows) {
    text += "  " + word_of(row, "field") + "  " + word_of(row, "code") + ": " + word_of(row, "message");
    if (const std::string value = word_of(row, "value"); !value.empty()) text += "  (was " + value + ")";
    text += "\n";
  }
}

void add_line(std::string& text, const std::string& label, const std::string& value) {
  constexpr std::size_t kColumn = 20;
  text += "  " + label + std::string(label.size() < kColumn ? kColumn - label.size() : 1, ' ') + value + "\n";
}

void add_request(std::string& text, const Json& request) {
  text += "\nrequest\n";
  for (const char* name : {"wallTime", "virtualTime", "clientId", "operation", "idempotencyKey",
                           "idempotencyOutcome", "fault", "contentType"}) {
    if (const std::string value = word_of(request, name); !value.empty()) add_line(text, name, value);
  }
  const bool has_key = !word_of(request, "idempotencyKey").empty();
  for (const char* name : {"Authorization", "Idempotency-Key", "Prefer"}) {
    if (has_key && name == std::string_view("Idempotency-Key")) continue;
    if (const std::string value = sent_header(request, name); !value.empty()) add_line(text, name, value);
  }
  if (const Json* claims = reach(request, "grant.assertion"); claims != nullptr && !claims->empty())
    text += "  claims\n" + dump_json_pretty(*claims) + "\n";
  if (const Json* body = member(request, "body")) text += "  body\n" + dump_json_pretty(*body) + "\n";
}

void add_steps(std::string& text, const char* title, const Json& steps) {
  text += std::string("\n") + title + "\n";
  for (const Json& step : steps) {
    text += "  " + word_of(step, "at") + "  " + word_of(step, "what");
    if (const std::string rule = word_of(step, "rule"); !rule.empty()) text += "  [" + rule + "]";
    text += "\n";
  }
}

void add_waiting_text(std::string& text, const Json& waits) {
  text += "\nwaits for " + word_of(waits, "what");
  if (const std::string who = word_of(waits, "who"); !who.empty()) text += " (" + who + ")";
  text += "\n";
  if (const std::string command = word_of(waits, "command"); !command.empty()) text += "  " + command + "\n";
}

std::string one(const Json& explanation) {
  std::string text = word_of(explanation, "summary") + "\n";
  if (const std::string since = word_of(explanation, "since"); !since.empty()) text += since + ".\n";
  if (const Json* rule = member(explanation, "rule")) add_rule(text, "rule     ", *rule);
  if (const Json* warnings = member(explanation, "warnings")) {
    for (const Json& warning : *warnings) add_rule(text, "warning  ", warning);
  }
  if (const Json* rows = member(explanation, "broken")) add_broken(text, *rows);
  if (const Json* request = member(explanation, "request")) add_request(text, *request);
  if (const Json* chain = member(explanation, "chain"))
    add_steps(text, "what happened (virtual time)", *chain);
  if (const Json* history = member(explanation, "history"))
    add_steps(text, "history (virtual time)", *history);
  if (const Json* waits = member(explanation, "waitsFor"); waits != nullptr && waits->is_object()) {
    add_waiting_text(text, *waits);
  }
  if (const Json* changes = member(explanation, "changes")) {
    text += "\nto make it pass\n";
    for (const Json& change : *changes) text += "  " + change.get<std::string>() + "\n";
    if (member(explanation, "enough") != nullptr && word_of(explanation, "enough") == "false") {
      text += "  (as far as can be told from here)\n";
    }
  }
  if (const std::string curl = word_of(explanation, "curl"); !curl.empty()) text += "\n" + curl + "\n";
  if (member(explanation, "example") != nullptr) {
    const std::string of = word_of(explanation, "exampleOf");
    text += of.empty() ? "(The body is an example: the one that was sent is not kept.)\n"
                       : "(The body is that of " + of + ": the one that was sent is not kept.)\n";
  }
  if (const std::string said = word_of(explanation, "production"); !said.empty()) text += "\n" + said + "\n";
  return text;
}

}  // namespace

std::string explanation_text(const Json& explanation) {
  const Json* documents = member(explanation, "documents");
  if (documents == nullptr) return one(explanation);
  if (documents->empty()) return "Nothing went wrong.\n";
  const bool list = word_of(explanation, "kind") == "list";
  std::string text;
  for (const Json& document : *documents) {
    if (!list) {
      text += (text.empty() ? "" : "\n") + one(document);
      continue;
    }
    const std::string rule = word_of(document, "rule");
    text += word_of(document, "at") + "  " + word_of(document, "id") + "  " + word_of(document, "summary") +
            (rule.empty() ? "" : "  [" + rule + "]") + "\n";
  }
  return list ? text + "`zest-sandbox explain ID` says more of one, `explain last` of the newest.\n" : text;
}

}  // namespace zest::insight
