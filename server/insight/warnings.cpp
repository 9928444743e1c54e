#include "insight/warnings.h"

#include <algorithm>
#include <utility>

#include "insight/explanation.h"
#include "model/rule_catalogue.h"

namespace zest::insight {
namespace {

Json evidence_json(const WarningEvidence& evidence) {
  Json json{{"at", format_instant(evidence.at)}, {"clientId", evidence.client_id}, {"what", evidence.what}};
  if (evidence.sequence > 0) {
    json["request"] = evidence.sequence;
    json["call"] = call_id(evidence.sequence);
    json["operation"] = evidence.operation;
  }
  if (!evidence.delivery_id.empty()) json["deliveryId"] = evidence.delivery_id;
  return json;
}

std::string evidence_text(const Json& evidence) {
  std::string text = text_member(evidence, "what") + " (" + text_member(evidence, "clientId");
  for (const char* name : {"operation", "call", "deliveryId"}) {
    if (const std::string word = text_member(evidence, name); !word.empty()) text += ", " + word;
  }
  return text + ", " + text_member(evidence, "at") + ")";
}

void merge(std::vector<Warning>& all, const Warning& one) {
  const auto same =
      std::find_if(all.begin(), all.end(), [&one](const Warning& each) { return each.rule == one.rule; });
  if (same == all.end()) {
    all.push_back(one);
    return;
  }
  same->count += one.count;
  if (one.first.at < same->first.at) same->first = one.first;
  if (one.last.at >= same->last.at) same->last = one.last;
}

}  // namespace

Json to_json(const Warning& warning) {
  const RuleRow& row = row_of(warning.rule);
  return Json{{"id", row.id},
              {"sentence", row.sentence},
              {"documentation", row.documentation},
              {"fix", row.fix},
              {"count", warning.count},
              {"first", evidence_json(warning.first)},
              {"last", evidence_json(warning.last)}};
}

std::string warnings_text(const Json& page) {
  const Json* documents = member(page, "documents");
  if (documents == nullptr || documents->empty()) return "Nothing to warn of.\n";
  std::string text;
  for (const Json& warning : *documents) {
    const Json* count = member(warning, "count");
    const bool once = count == nullptr || *count == Json(1);
    text += text_member(warning, "id") + (once ? "" : " (" + dump_json(*count) + " times)") + ": " +
            text_member(warning, "sentence") + "\n";
    text +=
        std::string(once ? "  seen:  " : "  first: ") + evidence_text(warning.value("first", Json())) + "\n";
    if (!once) text += "  last:  " + evidence_text(warning.value("last", Json())) + "\n";
    text += "  do:    " + text_member(warning, "fix") + "\n";
  }
  return text;
}

Warnings::Watched& Warnings::watched(std::string_view client_id) {
  auto entry = partners_.find(client_id);
  if (entry == partners_.end()) {
    if (partners_.size() >= kMostPartners) {
      partners_.erase(std::min_element(partners_.begin(), partners_.end(), [](const auto& a, const auto& b) {
        return a.second.touched < b.second.touched;
      }));
    }
    entry = partners_.emplace(std::string(client_id), Watched()).first;
  }
  entry->second.touched = ++touches_;
  return entry->second;
}

void Warnings::add(std::vector<Warning>& warnings, Rule rule, WarningEvidence evidence) {
  Warning one;
  one.rule = rule;
  one.count = 1;
  one.first = evidence;
  one.last = std::move(evidence);
  merge(warnings, one);
}

std::vector<Rule> Warnings::see(std::uint64_t sequence, const ObservedCall& call) {
  const MutexLock lock(mutex_);
  Watched& partner = watched(call.client_id);
  std::vector<Rule> rules;
  for (WarningFound& found : partner.watch.see(call)) {
    rules.push_back(found.rule);
    add(partner.warnings, found.rule,
        {std::string(call.client_id), call.at, sequence, std::string(call.operation), "",
         std::move(found.what)});
  }
  return rules;
}

void Warnings::see(const ObservedAttempt& attempt) {
  const MutexLock lock(mutex_);
  Watched& partner = watched(attempt.client_id);
  for (WarningFound& found : partner.watch.see(attempt)) {
    add(partner.warnings, found.rule,
        {std::string(attempt.client_id), attempt.sent_at, 0, "", std::string(attempt.event_id),
         std::move(found.what)});
  }
}

std::vector<Warning> Warnings::list(const std::optional<std::string>& client_id) const {
  std::vector<Warning> all;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, partner] : partners_) {
      if (client_id && id != *client_id) continue;
      for (const Warning& warning : partner.warnings) merge(all, warning);
    }
  }
  std::sort(all.begin(), all.end(), [](const Warning& a, const Warning& b) { return a.rule < b.rule; });
  return all;
}

void Warnings::clear(const std::optional<std::string>& client_id) {
  const MutexLock lock(mutex_);
  if (!client_id) {
    partners_.clear();
  } else {
    partners_.erase(*client_id);
  }
}

}  // namespace zest::insight
