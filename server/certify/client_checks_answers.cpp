// What becomes of answers, and the order of the work.
#include "certify/client_checks.h"

#include <algorithm>
#include <map>

namespace zest::certify::client_checks {
namespace {

constexpr std::size_t kPollingReads = 4;  // of one resource in kPollingSpan. [sandbox]
constexpr Duration kPollingSpan{60'000};

}  // namespace

void check_calls_accepted(const ClientFacts& facts, DutyResult& result) {
  if (!facts.driven()) {
    return decide(result, Verdict::NotAsked,
                  "Its own tests may mean to be refused; actions in --app show it.");
  }
  std::size_t judged = 0;
  for (const Episode& episode : facts.episodes) {
    if (episode.provocation != Provocation::None) continue;
    const std::vector<const ClientCall*> calls = facts.calls_of(episode);
    const auto is_done = [&episode](const ClientCall* call) {
      return call->operation == episode.operation && call->succeeded();
    };
    ++judged;
    if (std::any_of(calls.begin(), calls.end(), is_done)) continue;
    // What a refused assertion leads to is another duty's.
    const auto refused = std::find_if(calls.rbegin(), calls.rend(), [](const ClientCall* call) {
      return call->is_refusal() && call->fault.empty() && !(call->is_token_request() && call->status == 401);
    });
    if (refused == calls.rend()) continue;
    show_all(result, calls);
    result.evidence.push_back(answer_of(episode));
    const ClientCall& call = **refused;
    std::string rows;
    for (const Json& row : call.violations)
      rows += (rows.empty() ? ": " : ", ") + text_member(row, "field") + " " + text_member(row, "message");
    return fail(result, "The action " + episode.action + " made nothing: " + call.method + " " + call.path +
                            " was answered " + outcome_of(call) + " (" + call.error_detail + rows + ").");
  }
  if (judged == 0) return decide(result, Verdict::NotShown, "Nothing was asked of it undisturbed.");
  decide(result, Verdict::Pass, "What it was asked for undisturbed Zest accepted.");
}

void check_violations_surfaced(const ClientFacts& facts, DutyResult& result) {
  std::size_t judged = 0;
  for (const Episode* episode : episodes_of(facts, Provocation::Invalid)) {
    std::vector<std::string> missing;
    std::size_t rows = 0;
    for (const ClientCall* call : tries_of(facts, *episode)) {
      for (const Json& row : call->violations) {
        ++rows;
        const std::string field = text_member(row, "field");
        const std::string name =
            field.substr(field.find_last_of(".]") == std::string::npos ? 0 : field.find_last_of(".]") + 1);
        if (!contains(episode->answer_text, name.empty() ? field : name)) missing.push_back(field);
      }
      if (rows > 0) break;
    }
    if (rows == 0) continue;
    ++judged;
    result.evidence.push_back(answer_of(*episode));
    if (missing.empty()) continue;
    std::string list;
    for (const std::string& field : missing) list += (list.empty() ? "" : ", ") + field;
    return fail(result, "Of " + std::to_string(rows) +
                            " validationErrors your application's answer does not tell of " + list + ".");
  }
  if (judged == 0) return decide(result, Verdict::NotShown, "No action led to validationErrors.");
  decide(result, Verdict::Pass, "Every row of validationErrors is told to the caller.");
}

void check_error_id_kept(const ClientFacts& facts, DutyResult& result) {
  for (const Episode* episode : episodes_of(facts, Provocation::Down)) {
    const std::vector<const ClientCall*> tries = tries_of(facts, *episode);
    if (tries.empty()) continue;
    result.evidence.push_back(answer_of(*episode));
    if (episode->kept) result.evidence.push_back({episode->kept_asked, episode->kept_got, std::nullopt});
    const bool told = std::any_of(tries.begin(), tries.end(), [episode](const ClientCall* call) {
      return contains(episode->answer_text, call->error_id);
    });
    if (episode->kept.value_or(false))
      return decide(result, Verdict::Pass, "The errorId of a 5xx is kept with the failure.");
    if (told) return decide(result, Verdict::Pass, "The errorId of a 5xx is told with the failure.");
    if (episode->logged.value_or(false))
      return decide(result, Verdict::Pass, "The errorId of a 5xx is in the log of your application.");
    if (episode->kept || (episode->logged && episode->answer_status >= 300)) {
      return fail(result,
                  std::string("The errorId of a 5xx is nowhere: neither in the answer nor in the log") +
                      (episode->kept ? ", nor does the probe \"failure\" show it." : ".") +
                      " Zest's support asks for it.");
    }
    return decide(result, Verdict::NotAsked,
                  "The answer does not tell the errorId; whether it is kept a probe \"failure\" would show.");
  }
  decide(result, Verdict::NotShown, "No action met a lasting 5xx.");
}

void check_secrets_kept(const ClientFacts& facts, DutyResult& result) {
  if (!facts.driven()) return decide(result, Verdict::NotAsked, "Neither its answers nor its log are seen.");
  for (const Episode& episode : facts.episodes) {
    if (episode.leaked.empty()) continue;
    // Without the answer, which may have it.
    result.evidence.push_back({episode.action + " of your application", episode.leaked, std::nullopt});
    return fail(result, "Your application shows " + episode.leaked +
                            ": whoever reads it can act in your name as long as it is good.");
  }
  decide(result, Verdict::Pass, "No token, key or secret was seen in its answers or its log.");
}

void check_rows_read(const ClientFacts& facts, DutyResult& result) {
  for (const Episode* episode : episodes_of(facts, Provocation::FailedRow)) {
    if (tries_of(facts, *episode).empty()) continue;
    result.evidence.push_back(answer_of(*episode));
    const std::string answer = lower(episode->answer_text);
    const bool told = episode->answer_status >= 400 || contains(answer, "failed") ||
                      contains(answer, "error") || contains(answer, "dateofbirth") ||
                      contains(answer, "invalid");
    if (told) return decide(result, Verdict::Pass, "An investor that was not created is told as such.");
    return fail(result, "A batch was answered 200 with a failed row, and your application reports success.");
  }
  decide(result, Verdict::NotShown, "No batch of investors with a failed row was made.");
}

void check_unknown_members(const ClientFacts& facts, DutyResult& result) {
  std::size_t judged = 0;
  for (const Episode* episode : episodes_of(facts, Provocation::MoreMembers)) {
    const std::vector<const ClientCall*> tries = tries_of(facts, *episode);
    if (tries.empty() || !tries.front()->succeeded()) continue;
    ++judged;
    const auto plain =
        std::find_if(facts.episodes.begin(), facts.episodes.end(), [episode](const Episode& each) {
          return each.provocation == Provocation::None && each.action == episode->action;
        });
    const bool as_before =
        plain == facts.episodes.end() || plain->answer_status / 100 == episode->answer_status / 100;
    if (tries.size() == 1 && as_before) continue;
    show_all(result, tries);
    result.evidence.push_back(answer_of(*episode));
    return fail(result, "An answer with members that are not documented yet was taken for a failure.");
  }
  if (judged == 0) return decide(result, Verdict::NotShown, "No answer had unknown members.");
  decide(result, Verdict::Pass, "Members that it does not know are passed over.");
}

void check_form_first(const ClientFacts& facts, DutyResult& result) {
  for (const Episode* episode : episodes_of(facts, Provocation::ReceiptEarly)) {
    bool refused = false;
    bool form = false;
    bool done = false;
    std::size_t blind = 0;
    const std::vector<const ClientCall*> calls = facts.calls_of(*episode);
    for (const ClientCall* call : calls) {
      form = form || (call->operation == "uploadSubscriptionForm" && call->succeeded());
      if (call->operation != "uploadFundingReceipt") continue;
      done = done || call->succeeded();
      if (call->status == 409 && refused && !form) ++blind;
      refused = refused || call->status == 409;
    }
    if (!refused && !done && !form) continue;
    show_all(result, calls);
    result.evidence.push_back(answer_of(*episode));
    if (blind > 0)
      return fail(result, "A funding that was refused with 409 was tried again without the form.");
    if (refused && !form && episode->answer_status < 300) {
      return fail(
          result,
          "A funding was refused with 409 for want of the form, and your application reports success.");
    }
    return decide(result, Verdict::Pass,
                  form ? "The form goes before the funding receipt."
                       : "A funding without its form is told as refused.");
  }
  decide(result, facts.driven() ? Verdict::NotAsked : Verdict::NotShown,
         "No funding receipt was uploaded before its form.");
}

void check_no_polling(const ClientFacts& facts, DutyResult& result) {
  std::map<std::string, std::vector<const ClientCall*>> reads;
  std::size_t requests = 0;
  for (const ClientCall& call : facts.calls) {
    if (call.operation == "createSpvRequest" && call.succeeded()) ++requests;
    if (call.operation == "getSpvRequest" || call.operation == "listSpvRequests")
      reads[call.path].push_back(&call);
  }
  for (const auto& [path, calls] : reads) {
    for (std::size_t i = 0; i + kPollingReads <= calls.size(); ++i) {
      if (calls[i + kPollingReads - 1]->ended - calls[i]->ended > kPollingSpan) continue;
      // A test suite reads different things of one list; of one request it is a loop.
      if (calls[i]->operation == "listSpvRequests" && !facts.driven()) continue;
      show_all(result, calls);
      return fail(result, path + " was read " + times(calls.size()) +
                              " to wait for its review; the webhook spv_request.completed tells of it.");
    }
  }
  if (requests == 0) return decide(result, Verdict::NotShown, "No SPV request was made.");
  decide(result, Verdict::Pass, "The review is not waited for by a polling loop.");
}

void check_uploads(const ClientFacts& facts, DutyResult& result) {
  std::size_t uploads = 0;
  for (const ClientCall& call : facts.calls) {
    if (call.operation != "uploadSubscriptionForm" && call.operation != "uploadFundingReceipt") continue;
    ++uploads;
    if (!call.fault.empty() || (call.status != 413 && call.status != 415)) continue;
    show(result, call);
    fail(result, call.status == 413
                     ? "A file larger than 10 MB was uploaded."
                     : "A file was uploaded without a Content-Type of its part that Zest takes.");
  }
  if (result.verdict == Verdict::Fail) return;
  for (const Series& series : series_of(facts)) {
    if (series.tries.size() < 2 || series.tries.front()->file.is_null()) continue;
    const bool same = std::all_of(
        series.tries.begin(), series.tries.end(),
        [&series](const ClientCall* each) { return each->digest == series.tries.front()->digest; });
    if (same) continue;
    show_all(result, series.tries);
    return fail(result, "An upload was tried again with other bytes, which replaces the document.");
  }
  if (uploads == 0) {
    return decide(result, facts.driven() ? Verdict::NotAsked : Verdict::NotShown, "Nothing was uploaded.");
  }
  decide(result, Verdict::Pass,
         "Uploads had right types and sizes, and were tried again with the same bytes.");
}

}  // namespace zest::certify::client_checks
