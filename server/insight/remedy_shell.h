// Calls as lines for a POSIX shell that pass when they are pasted. Thread-safety: free functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "protocol/operations.h"

namespace zest::insight {

// A value that an earlier line finds out stands in a path or body as this mark and the variable's name.
inline constexpr char kShellMark = '\x01';
inline std::string shell_variable(std::string_view name) { return kShellMark + std::string(name); }

// The text as one word of a shell; variables that were marked are left open.
std::string shell_word(const std::string& text);

// `key`: of the Idempotency-Key header; "" for none, kFreshKey for one of its own. `body`: a document, or the
// parts of a multipart body, in which `file` is a small PDF from the shell's own standard input. The call
// takes its token, when it needs one, from $TOKEN.
inline constexpr const char* kFreshKey = "$(cat /proc/sys/kernel/random/uuid)";
std::string curl_line(const std::string& base_url, const OperationRow& operation, const std::string& path,
                      const Json& body, const std::string& key);

// The same with a key of its own where the operation takes one.
std::string keyed_call_line(const std::string& base_url, Operation operation, const std::string& path,
                            const Json& body);

// NAME=$(line | …): the value of that member of what the line prints.
std::string capture_line(std::string_view name, const std::string& line, std::string_view member);

// `zest-sandbox WORDS` for the sandbox at that URL.
std::string command_line(const std::string& base_url, const std::string& words);

}  // namespace zest::insight
