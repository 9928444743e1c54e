// Follows a stream of server-sent events (WHATWG HTML, "Server-sent events"), one blocking call.
// Thread-safety: free functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace zest::http {

struct StreamEnd {
  int status = 0;  // 0: no answer came
  std::string
      failure;       // why it ended before its time, one phrase; "" when the server ended it, or on_event did
  std::string body;  // of an answer that is no 200, at most 64 KiB
};

// Calls `on_event(name, data)` for each event until it answers false or the stream ends. Wall time bounds the
// connecting only.
StreamEnd follow_events(const std::string& url, const Headers& headers,
                        const std::function<bool(std::string_view name, std::string_view data)>& on_event);

}  // namespace zest::http
