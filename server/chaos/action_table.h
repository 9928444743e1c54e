// What chaos rules can say, as tables: the actions with their members and bounds, and the members of `match`.
// The reader of rules (rule.h), the control plane's document and the console's form read them. Thread-safety:
// constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "chaos/rule.h"

namespace zest::chaos {

enum class MemberKind { Integer, Number, Duration, Flag, Word, Text, EventPattern };

struct MemberSpec {
  std::string_view name;
  MemberKind kind = MemberKind::Text;
  std::string_view help;
  bool required = false;
  std::int64_t least = 0;  // of an Integer
  std::int64_t most = 0;
  std::span<const std::string_view> words{};  // of a Word; of an Integer that has only these values
  std::string_view standard{};                // the value when it is left out, "" when there is none
};

struct ActionSpec {
  std::string_view name;
  Target target = Target::Webhook;
  std::string_view help;
  std::span<const MemberSpec> members;
};

// In the order of the alternatives of Action.
std::span<const ActionSpec> action_table();
std::span<const MemberSpec> match_table(Target target);

}  // namespace zest::chaos
