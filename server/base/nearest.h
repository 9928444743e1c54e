// The word that somebody who mistyped another one probably meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zest {

// Number of single-character insertions, removals, replacements and swaps of neighbours that turn `a` into
// `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, or nothing when none is near enough to be a slip of the fingers.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// For the end of a refusal: "; did you mean currency?", or "" when no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace zest
