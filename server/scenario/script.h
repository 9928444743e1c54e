// The steps of one scenario, one after the other.
#pragma once

#include <string>
#include <vector>

#include "scenario/calls.h"
#include "scenario/expectations.h"
#include "scenario/runner.h"

namespace zest::scenario {

class Script {
 public:
  Script(const Source& source, Stage& stage, Json variables)
      : source_(source), stage_(stage), variables_(std::move(variables)) {}

  // Everything that holds from the start, then all steps. Stops at a step that could not be done; an
  // expectation that is not met is noted, and the next step is tried.
  void play();
  const std::vector<Failure>& failures() const { return failures_; }
  // Why the calls that the scenario is about were not the application's; "" where they were, or there is
  // none.
  const std::string& not_its_calls() const { return not_its_calls_; }
  bool acting() const { return acting_; }

 private:
  enum class Flow { GoOn, Stop };

  Flow play_steps(const Json& steps, const Place& place);
  Flow play_step(const Json& step, const Place& place);
  Flow play_loop(const Json& step, const Place& place);
  Flow play_set_up(const std::string& level, const Place& place);
  // One step that is no loop, expanded. Errors: why it could not be done.
  Result<void> perform(const Json& step, const Place& place);
  Result<void> perform_call(const Json& step, const Place& place);
  void set_aside_early_answer(int status, const std::string& what, Mismatches& mismatches);
  Result<void> perform_act(const Json& step, const Place& place);
  // `calls` until it holds: an application may make its calls on a queue.
  Result<Judgement> judge(const Json& step);
  Result<void> perform_retry(const Json& step, const Place& place);
  Result<void> perform_release(const Json& step);
  Result<void> perform_expectation(const Json& step, const Place& place);
  Result<void> advance(const Json& step);
  Result<void> wait(const Json& step);
  std::string choose_steps();
  Result<void> add_rule(const Json& rule);
  Result<void> remove_rules(const std::string& id);

  // Judges an answer, shows it, and keeps what is captured.
  Result<void> take_answer(const Answered& answered, const Json& step, const std::string& what, Mark mark,
                           const Place& place);
  Result<std::vector<std::string>> selected(const Json& selection, bool held) const;
  void play_all();
  // Of an application that takes in what it made itself and nothing else, what it should believe of others
  // was not checked.
  void set_aside_what_others_made();
  void fail(const Place& place, const std::string& what, Mismatches mismatches);

  const Source& source_;
  Stage& stage_;
  Json variables_;
  bool unusable_ = false;  // an answer was not as expected
  bool acting_ = false;    // the application makes the calls
  std::vector<std::string> rules_;
  std::vector<Failure> failures_;
  std::string not_its_calls_;
};

}  // namespace zest::scenario
