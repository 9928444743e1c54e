// What is tried again, and what is not.
#include "certify/client_checks.h"

#include <algorithm>
#include <string>

namespace zest::certify::client_checks {
namespace {

constexpr std::size_t kMostTries = 12;  // of one write against a Zest that is down. [sandbox]
constexpr std::string_view kSpvRequestPrefix = "svr_";
constexpr Duration kNoPause{20};        // shorter than this is none
constexpr Duration kStillTime{5'000};   // a fault so shortly before the end may yet be answered
constexpr Duration kClockSlack{100};    // of timers, and of the way there
constexpr std::size_t kTriesAt401 = 2;  // with the token that it has, and with a new one

// Who takes no more from an answer than its status loses nothing where it is empty; who tells what was made
// does.
bool needs_answers(const ClientFacts& facts, const Episode& episode) {
  if (episode.answer_status >= 300) return true;
  const auto tells = [](const Episode& each) { return contains(each.answer_text, kSpvRequestPrefix); };
  return !tells(episode) &&
         std::any_of(facts.episodes.begin(), facts.episodes.end(), [&](const Episode& each) {
           return each.provocation == Provocation::None && each.action == episode.action && tells(each);
         });
}

}  // namespace

void check_retries(const ClientFacts& facts, DutyResult& result) {
  std::size_t judged = 0;
  bool too_many = false;  // a 429 was final: Zest documents none, but a gateway may answer one
  const Instant end = facts.calls.empty() ? Instant{} : facts.calls.back().ended;
  for (const Series& series : series_of(facts)) {
    const ClientCall& last = *series.tries.back();
    const bool met = std::any_of(series.tries.begin(), series.tries.end(),
                                 [](const ClientCall* each) { return each->is_transient(); });
    if (!met || (series.episode != nullptr && series.episode->provocation == Provocation::Down)) continue;
    if (last.is_transient() && series.episode == nullptr && end - last.ended < kStillTime) continue;
    const bool empty = series.episode != nullptr && series.episode->provocation == Provocation::EmptyBody;
    if (empty && last.is_transient() && !needs_answers(facts, *series.episode)) continue;
    if (last.status == 429) {
      too_many = true;
      continue;
    }
    ++judged;
    if (!last.is_transient() || result.verdict == Verdict::Fail) continue;
    // Several tries against one 503 after another are patience enough.
    if (series.tries.size() >= 3) continue;
    show_all(result, series.tries);
    fail(result, series.tries.size() == 1
                     ? "A write whose answer was " + outcome_of(last) + " was not tried again."
                     : "A write was given up after one more try (" + outcome_of(last) + ").");
  }
  if (result.verdict == Verdict::Fail) return;
  const std::string but =
      too_many ? " One that a gateway answered 429 was not: with Retry-After it may be tried again." : "";
  if (judged == 0) return decide(result, Verdict::NotShown, "No write met a lost answer or 5xx." + but);
  decide(result, Verdict::Pass,
         std::string("Writes that met a lost answer") + (too_many ? "" : ", 429") +
             " or 5xx were tried again (" + times(judged) + ")." + but);
}

void check_timeout(const ClientFacts& facts, DutyResult& result) {
  std::string why = "No call was left without an answer for long enough.";
  for (const Episode* episode : episodes_of(facts, Provocation::NoAnswer)) {
    const std::vector<const ClientCall*> tries = tries_of(facts, *episode);
    if (tries.empty()) continue;
    result.evidence.clear();
    show_all(result, tries);
    result.evidence.push_back(answer_of(*episode));
    const std::string waited = format_duration(episode->took);
    if (tries.size() > 1) {
      return decide(result, Verdict::Pass,
                    "A call that was not answered was made again after " +
                        format_duration(tries[1]->started - tries[0]->started) + ".");
    }
    if (episode->answer_status >= 400 && episode->took < kNoAnswerFor) {
      return fail(result, "A call that was not answered was given up after " + waited +
                              ", after one try; it had been carried out.");
    }
    why = episode->took >= kNoAnswerFor
              ? "Your client waits for an answer for longer than " + format_duration(kNoAnswerFor) +
                    ": without a timeout one that never comes holds it for ever."
              : "Your application answers before its calls have ended, and none was made again within " +
                    format_duration(kNoAnswerFor) + ".";
  }
  decide(result, Verdict::NotShown, why);
}

void check_backs_off(const ClientFacts& facts, DutyResult& result) {
  Duration first_sum{0};
  Duration last_sum{0};
  std::vector<Duration> all_gaps;
  Duration shortest{Duration::max()};
  Duration longest{0};
  std::size_t most_gaps = 0;
  std::size_t judged = 0;
  for (const Series& series : series_of(facts)) {
    // Without Retry-After, which would set the pauses: only what was provoked for this, and Zest being down.
    const bool ours = series.episode == nullptr || series.episode->provocation == Provocation::Busy ||
                      series.episode->provocation == Provocation::Down;
    std::vector<Duration> gaps;
    for (std::size_t i = 1; i < series.tries.size(); ++i) {
      if (!series.tries[i - 1]->is_transient()) break;
      gaps.push_back(std::max(Duration(0), series.tries[i]->started - series.tries[i - 1]->ended));
    }
    if (!ours || gaps.size() < 2) continue;
    ++judged;
    most_gaps = std::max(most_gaps, gaps.size());
    first_sum += gaps.front();
    last_sum += gaps.back();
    all_gaps.insert(all_gaps.end(), gaps.begin(), gaps.end());
    shortest = std::min(shortest, *std::min_element(gaps.begin(), gaps.end()));
    longest = std::max(longest, *std::max_element(gaps.begin(), gaps.end()));
    if (judged == 1) show_all(result, series.tries);
  }
  if (judged == 0)
    return decide(result, Verdict::NotShown, "No write was tried three times, so no pauses show.");
  const std::string pauses = "pauses from " + format_duration(shortest) + " to " + format_duration(longest);
  // A busy machine makes a pause of any one of them, not of most.
  const auto middle = all_gaps.begin() + static_cast<std::ptrdiff_t>(all_gaps.size() / 2);
  std::nth_element(all_gaps.begin(), middle, all_gaps.end());
  if (*middle < kNoPause) return fail(result, "Tries follow one another without a pause.");
  // With jitter a pause may be shorter than the one before; on the whole they grow.
  const bool grew = last_sum.count() * 4 >= first_sum.count() * 5;
  if (!grew && last_sum * 2 <= first_sum)
    return fail(result, "The pauses between tries become shorter (" + pauses + ").");
  const bool alike = longest.count() * 10 <= shortest.count() * (most_gaps >= 3 ? 20 : 13);
  if (!grew && alike) return fail(result, "The pauses between tries do not grow (" + pauses + ").");
  decide(result, Verdict::Pass, "Tries are further and further apart (" + pauses + ").");
}

void check_retry_after(const ClientFacts& facts, DutyResult& result) {
  std::size_t judged = 0;
  for (const Series& series : series_of(facts)) {
    for (std::size_t i = 1; i < series.tries.size(); ++i) {
      const ClientCall& asked = *series.tries[i - 1];
      if (!asked.retry_after) continue;
      ++judged;
      const Duration waited = std::max(Duration(0), series.tries[i]->started - asked.ended);
      if (waited + kClockSlack >= *asked.retry_after || result.verdict == Verdict::Fail) continue;
      show_all(result, {&asked, series.tries[i]});
      fail(result, "A call that was answered " + std::to_string(asked.status) +
                       " with Retry-After: " + std::to_string(asked.retry_after->count() / 1000) +
                       " was made again after " + format_duration(waited) + ".");
    }
  }
  if (result.verdict == Verdict::Fail) return;
  if (judged == 0)
    return decide(result, Verdict::NotShown, "No call that was answered with Retry-After was tried again.");
  decide(result, Verdict::Pass, "Where an answer said Retry-After, the next try waited for it.");
}

void check_gives_up(const ClientFacts& facts, DutyResult& result) {
  std::size_t most = 0;
  bool asked = false;
  for (const Series& series : series_of(facts)) {
    if (series.episode != nullptr && series.episode->provocation == Provocation::Down) asked = true;
    if (!series.tries.back()->is_transient()) continue;
    if (series.tries.size() > most) {
      most = series.tries.size();
      result.evidence.clear();
      show_all(result, series.tries);
    }
  }
  if (most > kMostTries) return fail(result, "One write was tried " + times(most) + " while Zest was down.");
  if (!asked && most < 2) return decide(result, Verdict::NotShown, "Zest was not down for long enough.");
  decide(result, Verdict::Pass, "While Zest was down a write was tried " + times(most) + ".");
}

void check_no_blind_retry(const ClientFacts& facts, DutyResult& result) {
  std::size_t judged = 0;
  if (facts.driven()) {
    for (const Episode* episode : episodes_of(facts, Provocation::Refused)) {
      const std::vector<const ClientCall*> tries = tries_of(facts, *episode);
      if (tries.empty()) continue;
      ++judged;
      const std::size_t most = episode->status == 401 ? kTriesAt401 : 1;
      if (tries.size() <= most || result.verdict == Verdict::Fail) continue;
      show_all(result, tries);
      fail(result, "A call that was answered " + std::to_string(episode->status) + " was made " +
                       times(tries.size()) + " as it was; the answer cannot change.");
    }
  } else {
    // What a person or a test asks for twice is not the client's: three in a row are.
    const ClientCall* last = nullptr;
    std::vector<const ClientCall*> same;
    for (const ClientCall& call : facts.calls) {
      if (!call.is_write()) continue;
      const bool again = last != nullptr && last->operation == call.operation && last->path == call.path &&
                         last->digest == call.digest && last->key == call.key && last->status == call.status;
      if (!again) same.clear();
      same.push_back(&call);
      last = &call;
      if (!call.is_refusal() || call.status == 401) {
        same.clear();
        continue;
      }
      ++judged;
      if (same.size() < 3 || result.verdict == Verdict::Fail) continue;
      show_all(result, same);
      fail(result, "A call that was answered " + std::to_string(call.status) +
                       " was made again and again as it was; the answer cannot change.");
    }
  }
  if (result.verdict == Verdict::Fail) return;
  if (judged == 0) return decide(result, Verdict::NotShown, "No call was refused.");
  decide(result, Verdict::Pass, "What was refused for good was not tried again as it was.");
}

}  // namespace zest::certify::client_checks
