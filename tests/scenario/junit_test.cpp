#include "scenario/junit.h"

#include <gtest/gtest.h>

namespace zest::scenario {
namespace {

TEST(Junit, GroupsCasesBySuiteAndCountsThem) {
  EXPECT_EQ(
      junit_xml({{"happy", "a", 0.25}, {"sad", "b", 1, "expected 1\ngot 2"}, {"happy", "c", 0, "", "why"}}),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"1.250\">\n"
      "  <testsuite name=\"happy\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\" time=\"0.250\">\n"
      "    <testcase classname=\"happy\" name=\"a\" time=\"0.250\"/>\n"
      "    <testcase classname=\"happy\" name=\"c\" time=\"0.000\">\n"
      "      <skipped message=\"why\"/>\n"
      "    </testcase>\n"
      "  </testsuite>\n"
      "  <testsuite name=\"sad\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"1.000\">\n"
      "    <testcase classname=\"sad\" name=\"b\" time=\"1.000\">\n"
      "      <failure message=\"expected 1\">expected 1\ngot 2</failure>\n"
      "    </testcase>\n"
      "  </testsuite>\n"
      "</testsuites>\n");
}

TEST(Junit, AnyTextBecomesWellFormed) {
  EXPECT_EQ(escape_markup("a<b>&\"'\n\t"), "a&lt;b&gt;&amp;&quot;&#39;\n\t");
  EXPECT_EQ(escape_markup(std::string_view("\x1b\0\xff", 3)), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escape_markup("Zoë €"), "Zoë €");
}

TEST(Junit, NoCasesAreADocumentToo) {
  EXPECT_NE(junit_xml({}).find("<testsuites tests=\"0\""), std::string::npos);
}

}  // namespace
}  // namespace zest::scenario
