#include "scenario/language.h"

namespace zest::scenario {

const document::Language& language() {
  static const document::Language whole(
      std::string(kScenarioShape),
      {scenario_vocabulary(), step_vocabulary(), expectation_vocabulary(), chaos_vocabulary()});
  return whole;
}

Type status_class() { return types::word({"2xx", "3xx", "4xx", "5xx"}); }

}  // namespace zest::scenario
