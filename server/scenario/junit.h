// JUnit XML, as CI systems read it. Thread-safety: free functions on values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zest::scenario {

// One test of a suite. It passed unless `failure` or `skipped` says something.
struct JunitCase {
  std::string suite;
  std::string name;
  double seconds = 0;        // wall
  std::string failure = {};  // the first line becomes the message, all of it the text
  std::string skipped = {};  // why nothing was judged
};

// A whole document: suites in order of their first case, cases in the order given. Any text is taken: what
// XML cannot hold (control characters, invalid UTF-8) is replaced.
std::string junit_xml(const std::vector<JunitCase>& cases);

// Text for XML or HTML, in an element or in a quoted attribute.
std::string escape_markup(std::string_view text);

}  // namespace zest::scenario
