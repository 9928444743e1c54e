// Command lines that make a partner meet what its tests have not: each does so by itself on a running
// sandbox. Thread-safety: free functions.
#pragma once

#include <string>

#include "protocol/coverage.h"

namespace zest::insight {

// Where the commands are to work, and as whom.
struct CommandPlace {
  std::string url;        // of the sandbox; it is named in the commands unless it is kDefaultUrl
  std::string client_id;  // "": the seeded partner, whose key the commands know
  std::string key_file;   // of another one; "": CLIENT_ID.pem
};
inline constexpr const char* kDefaultUrl = "http://127.0.0.1:8080";

// For a POSIX shell; where calls are made that have no command of their own, with curl.
std::string command_for(const CoverageItem& item, const CommandPlace& place);

// Whether the item is met by a receiver: it takes a partner with a webhook endpoint.
bool needs_endpoint(CoverageDimension dimension);

}  // namespace zest::insight
