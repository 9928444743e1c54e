// The same JSON document in other bytes: what a receiver that verifies anything but the raw body trips over.
// Thread-safety: pure functions.
#pragma once

#include <string>

#include "base/json.h"

namespace zest::certify {

struct JsonFormat {
  std::string before_item = {};  // white space before each member and element ("\n" and indentation at will)
  std::string after_colon = {};
  std::string after_comma = {};
  std::size_t indent = 0;     // spaces per level, each member and element on a line of its own
  bool slashes = false;       // "/" as "\/", as PHP writes it
  bool sorted = false;        // members by name
  bool reversed = false;      // members in the opposite of their order
  bool escaped = false;       // the first letter of each text but names as \uXXXX, and / as \/
  std::string at_start = {};  // white space around the document
  std::string at_end = {};
};

// Valid JSON of equal meaning. Escapes are left alone in texts that need some already.
std::string write_json(const Json& value, const JsonFormat& format);

}  // namespace zest::certify
