// A mistake as a row of a table, and what is told of it. Thread-safety: plain values and free functions.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "insight/finding.h"

namespace zest::insight {

// In the order of a row's lines of code.
inline constexpr std::array<std::string_view, 7> kLanguages = {"node", "python", "php", "java",
                                                               "go",   "csharp", "ruby"};

template <class Kind>
struct MistakeRow {
  Kind mistake;
  std::string_view id;
  std::string_view sentence;
  std::string_view fix;
  // "what is wrong -> what to write", by kLanguages; "" where there is no line to look for.
  std::array<std::string_view, kLanguages.size()> look_for;
};

// With what was done in this case ("exp was 12 s ago"); without it the row's own sentence.
template <class Kind>
Mistake mistake_of(const MistakeRow<Kind>& row, const std::string& detail) {
  Mistake made;
  made.id = row.id;
  made.sentence = row.sentence;
  if (!detail.empty()) made.sentence += " (" + detail + ")";
  made.fix = row.fix;
  for (std::size_t i = 0; i < kLanguages.size(); ++i) {
    if (!row.look_for[i].empty()) made.look_for.emplace_back(kLanguages[i], row.look_for[i]);
  }
  return made;
}

}  // namespace zest::insight
