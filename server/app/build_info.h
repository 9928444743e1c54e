// What this program is made of, for reports of errors and for tools that depend on a feature. Thread-safety:
// free function.
#pragma once

#include "base/json.h"

namespace zest::app {

// {"version", "build": {…}, "libraries": {name: version}, "features": {…}}; libraries as they run now, not as
// they were compiled against.
Json build_info();

}  // namespace zest::app
