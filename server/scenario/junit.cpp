#include "scenario/junit.h"

#include <cstdio>

#include "base/utf8.h"

namespace zest::scenario {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds < 0 ? 0.0 : seconds);
  return text;
}

struct Totals {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t skipped = 0;
  double seconds = 0;

  void add(const JunitCase& test) {
    ++tests;
    if (!test.failure.empty()) {
      ++failures;
    } else if (!test.skipped.empty()) {
      ++skipped;
    }
    seconds += test.seconds;
  }
  std::string attributes() const {
    return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) +
           "\" errors=\"0\" skipped=\"" + std::to_string(skipped) + "\" time=\"" + seconds_text(seconds) +
           "\"";
  }
};

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

std::string case_xml(const JunitCase& test) {
  const std::string head = "    <testcase classname=\"" + escape_markup(test.suite) + "\" name=\"" +
                           escape_markup(test.name) + "\" time=\"" + seconds_text(test.seconds) + "\"";
  if (!test.failure.empty()) {
    return head + ">\n      <failure message=\"" + escape_markup(first_line(test.failure)) + "\">" +
           escape_markup(test.failure) + "</failure>\n    </testcase>\n";
  }
  if (!test.skipped.empty()) {
    return head + ">\n      <skipped message=\"" + escape_markup(test.skipped) + "\"/>\n    </testcase>\n";
  }
  return head + "/>\n";
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text, at);
    const std::string_view sequence = text.substr(at, length == 0 ? 1 : length);
    at += sequence.size();
    const char first = sequence.front();
    const bool control = static_cast<unsigned char>(first) < 0x20 && first != '\n' && first != '\t';
    const bool noncharacter = sequence == "\xEF\xBF\xBE" || sequence == "\xEF\xBF\xBF";
    if (length == 0 || control || noncharacter) {
      escaped += kReplacement;
    } else if (first == '&') {
      escaped += "&amp;";
    } else if (first == '<') {
      escaped += "&lt;";
    } else if (first == '>') {
      escaped += "&gt;";
    } else if (first == '"') {
      escaped += "&quot;";
    } else if (first == '\'') {
      escaped += "&#39;";
    } else {
      escaped += sequence;
    }
  }
  return escaped;
}

std::string junit_xml(const std::vector<JunitCase>& cases) {
  Totals all;
  std::vector<std::string> suites;
  for (const JunitCase& test : cases) {
    all.add(test);
    bool known = false;
    for (const std::string& suite : suites) known = known || suite == test.suite;
    if (!known) suites.push_back(test.suite);
  }
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + all.attributes() + ">\n";
  for (const std::string& suite : suites) {
    Totals totals;
    std::string tests;
    for (const JunitCase& test : cases) {
      if (test.suite != suite) continue;
      totals.add(test);
      tests += case_xml(test);
    }
    xml += "  <testsuite name=\"" + escape_markup(suite) + "\"" + totals.attributes() + ">\n" + tests +
           "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace zest::scenario
