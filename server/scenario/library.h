// The scenarios that come with the sandbox, compiled into it, and files of the user's own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/document_names.h"

namespace zest::scenario {

struct ShippedScenario {
  std::string name;  // of its file, without .json
  std::string_view text;
};
// By name.
const std::vector<ShippedScenario>& shipped_scenarios();

// What the words of a command line stand for: files, folders with scenarios (*.json but *.schema.json), names
// of shipped scenarios, in order. A *.schema.json among others is passed over. Errors: NotFound that says
// what there is, InvalidRequest for a file that cannot be read.
Result<std::vector<Source>> find_scenarios(const std::vector<std::string>& words);

}  // namespace zest::scenario
