// What a doctor found, as values: printed by the command line, sent by the control plane, shown by the
// console. Thread-safety: plain values and free functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace zest::insight {

// One mistake, and what helps.
struct Mistake {
  std::string id;        // "signature.body-reserialised"
  std::string sentence;  // what was done
  std::string fix;       // what to do instead
  // By language: the line of code that makes this mistake, and what to write.
  std::vector<std::pair<std::string, std::string>> look_for;
};

struct Finding {
  std::string sentence;           // the whole of it
  std::vector<Mistake> mistakes;  // which together explain it; at least one
};

// {"ids", "sentence", "mistakes": [{"id", "sentence", "fix", "lookFor": {"node": …}}]}
Json to_json(const Finding& finding);
Json to_json(const std::vector<Finding>& findings);
// Lines for people of such JSON, each finding numbered when there are several. `language` "": all of them.
std::string findings_text(const Json& findings, const std::string& language);

}  // namespace zest::insight
