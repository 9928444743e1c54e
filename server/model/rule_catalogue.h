// Every rule that the sandbox enforces or warns of: what it says, where Zest documents it, what comes of
// breaking it, how to fix it, and the test that proves it. The journal, `explain` and the table of
// tests/README.md read it. Thread-safety: immutable.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/rule.h"

namespace zest {

struct RuleRow {
  Rule rule;
  std::string_view id;             // "spv.form-before-funding"; "" for None
  std::string_view sentence;       // what holds
  std::string_view documentation;  // page of Zest's documentation; "" for the sandbox's own
  std::string_view outcome;        // "409 conflict", "failed attempt", "warning"
  std::string_view fix;
  std::string_view test;  // its name
};

std::span<const RuleRow> rule_catalogue();  // without None
const RuleRow& row_of(Rule rule);
inline std::string_view to_string(Rule rule) { return row_of(rule).id; }
std::optional<Rule> parse_rule(std::string_view id);

// Of a validation code ("max_length"); None for a word that is none.
Rule rule_of_violation(std::string_view code);
// The rule that an error of the partner API stands for: its own, that of its first violation, or what every
// error of its kind means. None: nobody said.
Rule rule_of(const Error& error);

}  // namespace zest
