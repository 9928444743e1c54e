#include "certify/receiver_grading.h"

#include <algorithm>

#include "base/url.h"
#include "certify/checks.h"

namespace zest::certify {
namespace {

// Duties that keep forged webhooks out and let genuine ones in.
constexpr std::string_view kGates[] = {
    "accepts-genuine",         "answers-in-time",        "no-redirect",
    "rejects-bad-signature",   "rejects-missing-header", "rejects-stale-timestamp",
    "rejects-future-timestamp"};

constexpr std::string_view kBaselineDuty = "accepts-genuine";
constexpr std::string_view kStateDuty = "handles-duplicates-once";
constexpr std::string_view kBurstDuty = "survives-burst";
constexpr std::string_view kCrashDuty = "survives-crash";  // last: it may not come back
constexpr const char* kNothingShows = "No genuine webhook was accepted, so nothing else shows.";

// Duties that a receiver cannot break while it does not look at signatures.
constexpr std::string_view kOfVerification[] = {"accepts-timestamp-in-window", "accepts-unknown-version",
                                                "verifies-raw-bytes"};

std::vector<std::string> limits_of(const Options& options) {
  std::vector<std::string> limits = {
      std::string(
          "Whether every event is stored before it is answered 2xx: one that was answered and then ") +
          "lost in a crash does not come again" + (options.crash ? "; one crash was tried." : "."),
      "Whether event ids are remembered for 24 hours, across restarts and by all instances of the receiver.",
      "Whether signatures are compared in constant time.",
      "How the signing secret is stored, who can read it, and whether it appears in logs.",
      "What happens to an event after the answer: queues, retries and alerts of your own.",
      "Whether Zest reaches the endpoint: firewalls and certificates are judged from this machine only.",
      "How the receiver behaves under load that lasts longer than one burst."};
  const bool asks =
      !options.probe_template.empty() || (options.application && !options.application->probes.empty());
  if (!asks) {
    limits.insert(limits.begin(),
                  "Whether an event is handled once and late ones do not set state back: without --probe-url "
                  "only answers are seen, and 200 to a duplicate looks the same either way.");
  } else {
    limits.insert(
        limits.begin(),
        "Effects that the probe does not answer with (mails, payments, calls to others), and changes "
        "that come later than " +
            format_duration(options.settle) + " after the answer.");
  }
  if (options.endpoint.url.rfind("https://", 0) != 0) {
    limits.emplace_back(
        "TLS: the URL is not https, which an endpoint that is registered with Zest has to be.");
  }
  return limits;
}

class Examination {
 public:
  Examination(const Options& options, Events events, const WallClock& clock)
      : clock_(clock), on_check_(options.on_check), session_(options, std::move(events), clock) {
    report_.url = bare_url(options.endpoint.url);
    report_.probe_url = bare_url(options.probe_template);
    if (report_.probe_url.empty() && options.application) {
      for (const auto& each : options.application->probes)
        report_.probe_url = bare_url(each.second.question.url);
    }
    report_.started_at = clock.wall();
    report_.limits = limits_of(options);
    for (const Duty& duty : duties()) {
      if (duty.id == kCrashDuty && !options.crash) continue;
      DutyResult result;
      result.duty = &duty;
      report_.results.push_back(std::move(result));
    }
  }

  Result<Report> run() {
    const Instant start = clock_.steady();
    DutyResult& baseline = of(kBaselineDuty);
    tell_of(baseline);
    RETURN_IF_ERROR(check_baseline(session_, baseline));
    baseline.took = clock_.steady() - start;
    if (baseline.verdict == Verdict::Pass) {
      check_all();
    } else {
      for (DutyResult& result : report_.results) {
        if (&result == &baseline) continue;
        set_verdict(result, Verdict::NotShown, kNothingShows);
      }
    }
    judge_all_that_was_sent(baseline);
    leave_out_the_crash();
    report_.webhooks_sent = session_.sent();
    report_.took = clock_.steady() - start;
    report_.grade = grade();
    return std::move(report_);
  }

 private:
  DutyResult& of(std::string_view id) {
    for (DutyResult& result : report_.results) {
      if (result.duty->id == id) return result;
    }
    return report_.results.front();
  }

  // State before the burst: what a receiver still works off afterwards would blur it.
  void check_all() {
    for (DutyResult& result : report_.results) {
      if (result.duty->id != kBurstDuty && result.duty->id != kCrashDuty) run_check(result);
    }
    if (session_.takes_any_signature) {
      for (const std::string_view id : kOfVerification) {
        if (of(id).verdict != Verdict::Pass) continue;
        set_verdict(of(id), Verdict::NotShown,
                    "It takes a wrong signature as well as a right one, so this shows nothing.");
      }
    }
    DutyResult& once = of(kStateDuty);
    DutyResult& regress = of("state-does-not-regress");
    timed(once, [&] { check_state(session_, once, regress); });
    if (regress.sentence.empty()) set_verdict(regress, once.verdict, once.sentence);
    run_check(of(kBurstDuty));
    if (!session_.gone()) check_memory(session_, once);
    session_.repeats_effects = once.verdict == Verdict::Fail;
    if (session_.crash()) run_check(of(kCrashDuty));
  }

  // A crash shows something of those applications only that keep what they know on disk.
  void leave_out_the_crash() {
    const auto crash =
        std::find_if(report_.results.begin(), report_.results.end(), [](const DutyResult& result) {
          return result.duty->id == kCrashDuty && result.verdict == Verdict::NotAsked;
        });
    if (crash == report_.results.end()) return;
    report_.limits.insert(report_.limits.begin(), "A crash. " + crash->sentence);
    report_.results.erase(crash);
  }

  void run_check(DutyResult& result) {
    if (const Check check = check_of(result.duty->id)) timed(result, [&] { check(session_, result); });
  }

  template <class Body>
  void timed(DutyResult& result, Body body) {
    if (session_.gone()) {
      return set_verdict(result, Verdict::NotShown,
                         "The receiver could not be connected to any more (after: " +
                             session_.exchanges().back().sent + ").");
    }
    tell_of(result);
    const Instant start = clock_.steady();
    body();
    result.took = clock_.steady() - start;
  }

  void tell_of(const DutyResult& result) {
    const auto is_checked = [this](const Duty& duty) {
      if (duty.id == kCrashDuty && !session_.crash()) return false;
      return duty.id == kBaselineDuty || duty.id == kStateDuty || check_of(duty.id) != nullptr;
    };
    const auto all = std::count_if(duties().begin(), duties().end(), is_checked);
    if (on_check_) on_check_(*result.duty, ++begun_, static_cast<std::size_t>(all));
  }

  void judge_all_that_was_sent(const DutyResult& baseline) {
    const bool any = baseline.verdict == Verdict::Pass;
    DutyResult& in_time = of("answers-in-time");
    DutyResult& redirect = of("no-redirect");
    judge_answers_in_time(session_, in_time);
    judge_no_redirect(session_, redirect);
    if (any) return judge_refusals(session_, of("refuses-with-4xx"));
    // How quickly it refuses says nothing about how quickly it would accept.
    if (in_time.verdict == Verdict::Pass) set_verdict(in_time, Verdict::NotShown, kNothingShows);
    if (redirect.verdict == Verdict::Pass) set_verdict(redirect, Verdict::NotShown, kNothingShows);
  }

  Grade grade() const {
    bool all = true;
    for (const DutyResult& result : report_.results) {
      all = all && result.verdict == Verdict::Pass;
      const bool gate = std::find(std::begin(kGates), std::end(kGates), result.duty->id) != std::end(kGates);
      if (gate && result.verdict != Verdict::Pass) return Grade::F;
    }
    if (all) return Grade::A;
    return report_.passed() ? Grade::B : Grade::C;
  }

  const WallClock& clock_;
  const decltype(Options::on_check) on_check_;
  std::size_t begun_ = 0;
  Session session_;
  Report report_;
};

}  // namespace

Result<Report> grade_receiver(const Options& options, Events events, const WallClock& clock) {
  if (!options.probe_template.empty()) RETURN_IF_ERROR(check_probe_template(options.probe_template));
  return Examination(options, std::move(events), clock).run();
}

}  // namespace zest::certify
