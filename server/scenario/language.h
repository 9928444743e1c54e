// The scenario language as a table of shapes, and the scenarios' own kinds of values. Thread-safety:
// immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/language.h"
#include "scenario/document_names.h"

namespace zest::scenario {

using document::event_types;
using document::Member;
using document::Need;
using document::Shape;
using document::Type;
using document::Variant;
using document::Vocabulary;
namespace types = document::types;

const document::Language& language();

// 2xx, 3xx, 4xx or 5xx.
Type status_class();

// The shape that a whole file has, and the variant that a step is.
inline constexpr std::string_view kScenarioShape = "scenario";
inline constexpr std::string_view kStepVariant = "step";
inline constexpr std::string_view kMatcherShape = "matcher";

// The parts of the table, one source each.
Vocabulary scenario_vocabulary();     // the file and its receiver
Vocabulary step_vocabulary();         // steps
Vocabulary expectation_vocabulary();  // what "expect" steps look at
Vocabulary chaos_vocabulary();        // rules, as the control plane takes them

}  // namespace zest::scenario
