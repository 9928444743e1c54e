// Text of reports as GitHub's and GitLab's Markdown, for job summaries. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenario/runner.h"

namespace zest::scenario {

// Text that Markdown takes for text: nothing in it is a link, a picture, emphasis, a table's line or HTML.
// Line breaks become spaces.
std::string markdown_text(std::string_view text);
// A block of it, as it is.
std::string markdown_block(std::string_view text);

// A table of the runs, and below it what did not hold.
std::string markdown_report(const std::vector<Report>& reports);

}  // namespace zest::scenario
