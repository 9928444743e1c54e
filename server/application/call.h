// One HTTP call of the application. Thread-safety: free functions.
#pragma once

#include <optional>
#include <string>

#include "application/description.h"
#include "base/json.h"

namespace zest::application {

struct Call {
  std::string method;
  std::string url;
  Headers headers;
  std::optional<std::string> body;  // JSON
  Duration timeout{};               // wall
};

struct Answer {
  int status = 0;
  std::string content_type;
  std::string text;
  std::optional<Json> json;  // nothing when the body is none
};

// Any answer, whatever its status. Errors: ServiceUnavailable that says in a phrase why there is none.
Result<Answer> call(const Call& call);

// "502 text/html <html>…" on one line, as far as people need it.
std::string excerpt(const Answer& answer);

}  // namespace zest::application
