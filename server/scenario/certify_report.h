// A report of certify() for machines and for colleagues. Thread-safety: pure functions.
#pragma once

#include <string>

#include "scenario/certify.h"
#include "scenario/junit.h"

namespace zest::scenario {

Json certify_json(const CertifyReport& report);

// One case per duty: failed, passed, or skipped when it was not shown. A should that does not hold is a
// failure too.
std::vector<JunitCase> certify_junit(const CertifyReport& report);

// One page that needs nothing else: no script, no font, no picture from anywhere.
std::string certify_html(const CertifyReport& report);

// "15 of 19 duties hold, 1 must and 1 should do not, 2 are not shown"
std::string certify_summary(const CertifyReport& report);

}  // namespace zest::scenario
