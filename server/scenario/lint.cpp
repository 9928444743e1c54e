#include "scenario/lint.h"

#include <algorithm>

#include "document/shape_check.h"
#include "scenario/language.h"

namespace zest::scenario {

void check_shapes(const Source& source, std::vector<Finding>& findings) {
  document::check_shapes(language(), source, findings);
}

std::vector<Finding> lint(const Source& source, const std::vector<std::string>& given) {
  std::vector<Finding> findings = source.findings();
  if (source.readable()) {
    check_shapes(source, findings);
    if (source.root().is_object()) check_meaning(source, given, findings);
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  return findings;
}

}  // namespace zest::scenario
