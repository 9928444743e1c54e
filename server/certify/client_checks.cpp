// What the checks of a client say things with.
#include "certify/client_checks.h"

#include <algorithm>

namespace zest::certify::client_checks {
namespace {

constexpr std::size_t kMostEvidence = 6;

}  // namespace

std::string spoken(const ClientCall& call) {
  std::string text = call.method + " " + call.path;
  if (!call.key.empty()) text += ", key " + call.key;
  return text;
}

std::string outcome_of(const ClientCall& call) {
  std::string text = call.status == 0 ? "connection cut" : std::to_string(call.status);
  if (!call.error_code.empty()) text += " " + call.error_code;
  if (call.answer_lost() && call.status != 0) text += ", the answer did not arrive whole";
  return call.fault.empty() ? text : text + " (" + call.fault + ")";
}

void show(DutyResult& result, const ClientCall& call) {
  if (result.evidence.size() >= kMostEvidence) return;
  result.evidence.push_back({spoken(call), outcome_of(call), call.ended - call.started});
}

void show_all(DutyResult& result, const std::vector<const ClientCall*>& calls) {
  for (const ClientCall* call : calls) show(result, *call);
}

void decide(DutyResult& result, Verdict verdict, std::string sentence) {
  result.verdict = verdict;
  result.sentence = std::move(sentence);
}

void fail(DutyResult& result, std::string sentence) { decide(result, Verdict::Fail, std::move(sentence)); }

std::string times(std::size_t number) { return number == 1 ? "once" : std::to_string(number) + " times"; }

std::vector<const Episode*> episodes_of(const ClientFacts& facts, Provocation provocation) {
  std::vector<const Episode*> found;
  for (const Episode& episode : facts.episodes) {
    if (episode.provocation == provocation) found.push_back(&episode);
  }
  return found;
}

// The calls of the episode's own operation.
std::vector<const ClientCall*> tries_of(const ClientFacts& facts, const Episode& episode) {
  std::vector<const ClientCall*> tries;
  for (const ClientCall* call : facts.calls_of(episode)) {
    if (call->operation == episode.operation) tries.push_back(call);
  }
  return tries;
}

bool contains(std::string_view text, std::string_view part) {
  return !part.empty() && text.find(part) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return small;
}

Evidence answer_of(const Episode& episode) {
  return {episode.action + " of your application",
          std::to_string(episode.answer_status) + " " + episode.answer_text, std::nullopt};
}

}  // namespace zest::certify::client_checks
