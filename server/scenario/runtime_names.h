// Variables that every scenario has without defining them.
#pragma once

#include <array>
#include <string_view>

namespace zest::scenario {

// The sandbox's base URL and the scenario's name.
inline constexpr std::array<std::string_view, 2> kFirstVariables = {"url", "scenario"};
// Once there is a partner: its client id, and the present virtual time. Not for the partner's own settings.
inline constexpr std::array<std::string_view, 2> kLaterVariables = {"clientId", "now"};

}  // namespace zest::scenario
