#include "certify/client_facts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "protocol/operations.h"

namespace zest::certify {
namespace {

std::string told(const Json& row, std::string_view name) { return text_member(row, name); }

Json json_of(const Json& row, std::string_view name) {
  const Json* found = member(row, name);
  return found == nullptr ? Json() : *found;
}

// The action behind the journal's `fault`: a rule's id, several with commas between them, or what a Prefer
// header asked for.
Json action_of(const std::string& fault, const FaultActions& actions) {
  if (fault.find("drop-after-commit") != std::string::npos) return Json{{"type", "dropAfterCommit"}};
  if (fault.find("drop-before-execute") != std::string::npos) return Json{{"type", "dropBeforeExecute"}};
  Json found;
  std::string_view rest = fault;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const auto rule = actions.find(std::string(rest.substr(0, comma)));
    // Of several the one that decided the answer; a delay does not.
    const std::string type = text_member(found, "type");
    if (rule != actions.end() && (type.empty() || type == "latency" || type == "delayAfterCommit"))
      found = rule->second;
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return found;
}

ClientCall call_of(const Json& row, const FaultActions& actions) {
  ClientCall call;
  const auto number = [&row](std::string_view name) {
    const Json* found = member(row, name);
    return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
  };
  call.sequence = static_cast<std::uint64_t>(number("sequence"));
  call.operation = told(row, "operation");
  call.method = told(row, "method");
  call.path = told(row, "path");
  call.path = call.path.substr(0, call.path.find('?'));
  call.status = static_cast<int>(number("status"));
  call.error_id = told(row, "errorId");
  call.error_code = told(row, "errorCode");
  call.error_detail = told(row, "errorDetail");
  call.fault = told(row, "fault");
  const Json action = action_of(call.fault, actions);
  call.fault_action = text_member(action, "type");
  if (const Result<Duration> asked = parse_duration(text_member(action, "retryAfter")); asked.ok())
    call.retry_after = *asked;
  call.key = told(row, "idempotencyKey");
  call.key_outcome = told(row, "idempotencyOutcome");
  call.token_id = told(row, "jti");
  call.grant = json_of(row, "grant");
  call.file = json_of(row, "file");
  call.digest = call.file.is_object() ? text_member(call.file, "sha256") : told(row, "bodySha256");
  if (const Json* violations = member(row, "validationErrors");
      violations != nullptr && violations->is_array()) {
    call.violations.assign(violations->begin(), violations->end());
  }
  const Result<Instant> ended = parse_instant(told(row, "wallTime"));
  if (ended.ok()) call.ended = *ended;
  call.started = call.ended - Duration(number("durationMs"));
  return call;
}

}  // namespace

bool ClientCall::takes_key() const {
  const auto row = std::find_if(std::begin(kOperationTable), std::end(kOperationTable),
                                [this](const OperationRow& each) { return each.id == operation; });
  return row != std::end(kOperationTable) && row->key != KeyUse::None;
}

bool ClientCall::answer_lost() const {
  static constexpr std::array<std::string_view, 4> kHidden = {"dropBeforeExecute", "dropAfterCommit",
                                                              "truncateBody", "emptyBody"};
  return status == 0 || std::find(kHidden.begin(), kHidden.end(), fault_action) != kHidden.end();
}

std::vector<ClientCall> client_calls(const std::vector<Json>& rows, const FaultActions& actions) {
  std::vector<ClientCall> calls;
  calls.reserve(rows.size());
  for (const Json& row : rows) calls.push_back(call_of(row, actions));
  std::sort(calls.begin(), calls.end(),
            [](const ClientCall& a, const ClientCall& b) { return a.sequence < b.sequence; });
  return calls;
}

std::vector<const ClientCall*> ClientFacts::calls_of(const Episode& episode) const {
  std::vector<const ClientCall*> found;
  for (std::size_t i = episode.first; i < std::min(episode.end, calls.size()); ++i)
    found.push_back(&calls[i]);
  return found;
}

const Episode* ClientFacts::episode_at(std::size_t index) const {
  const auto found = std::find_if(episodes.begin(), episodes.end(), [index](const Episode& each) {
    return index >= each.first && index < each.end;
  });
  return found == episodes.end() ? nullptr : &*found;
}

std::vector<Series> series_of(const ClientFacts& facts) {
  std::vector<Series> all;
  std::size_t index = 0;
  for (const ClientCall& call : facts.calls) {
    const std::size_t at = index++;
    if (!call.is_write()) continue;
    const Episode* episode = facts.episode_at(at);
    const auto belongs = [&](const Series& series) {
      const ClientCall& last = *series.tries.back();
      if (last.operation != call.operation || last.path != call.path) return false;
      if (!call.key.empty() && call.key == last.key && series.episode == episode) return true;
      const bool again = (!call.digest.empty() && call.digest == last.digest) ||
                         (episode != nullptr && episode == series.episode);
      return again && last.is_transient() && series.episode == episode;
    };
    const auto found = std::find_if(all.rbegin(), all.rend(), belongs);
    if (found == all.rend()) {
      all.push_back({{&call}, episode});
    } else {
      found->tries.push_back(&call);
    }
  }
  return all;
}

}  // namespace zest::certify
