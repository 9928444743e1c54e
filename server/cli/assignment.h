// `path=value` on a command line: one member of a JSON document is set. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace zest::cli {

struct Assignment {
  std::string path;      // members and positions in lists, between dots: shareClasses.0.name
  std::string value;     // as typed
  bool is_json = false;  // `path:=value`: the value is JSON, whatever was there
};

// Errors: InvalidRequest that shows the form.
Result<Assignment> parse_assignment(std::string_view text);

// Sets the member; objects on the way are made when they are absent, a list can grow by one. A plain value
// takes the type of what it replaces; true and false are booleans and {…} and […] JSON where nothing was, and
// everything else is a string (decimals travel as strings). Errors: InvalidRequest that names the path.
Result<void> assign(Json& document, const Assignment& assignment);

}  // namespace zest::cli
