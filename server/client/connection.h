// One sandbox (or any server that speaks its error envelope) as seen by a caller: requests out, replies as
// values, and failures as Error. Thread-safety: exchange() from any thread once set up.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "http/caller.h"
#include "http/message.h"
#include "protocol/operations.h"

namespace zest::client {

using http::BodySource;

struct Request {
  std::string method = "GET";
  std::string target;  // path and query, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<std::string> body = {};
  std::shared_ptr<BodySource> body_source = {};          // instead of `body`
  std::function<bool(std::string_view)> body_sink = {};  // of a sandbox's success; http::Call's
  std::string content_type = "application/json";         // of the body, when there is one
  Duration timeout{30'000};                              // wall
};

struct Reply {
  int status = 0;
  http::Headers headers;
  std::string text;  // the body as it came
  Json body;         // the same parsed; null when it is no JSON
  Duration latency{0};
  bool ok() const { return status >= 200 && status < 300; }
};

// What a reply that is no success says: kind and detail of its envelope, with `status` and `errorId` (when
// there is one) as extra members.
Error error_of(const Reply& reply);
// No sandbox answered: nobody listens there, the connection broke, or something else does.
bool is_unreachable(const Error& error);
// Why, in one phrase; nothing for other errors.
std::optional<std::string> unreachable_reason(const Error& error);

// The reply, when it is a sandbox's success with a JSON object or without a body. Errors: error_of; an
// is_unreachable one when it was no sandbox that answered.
Result<Reply> success_of(Result<Reply> reply);

class Connection {
 public:
  using Observer = std::function<void(const Request&, const Reply&)>;

  // `base_url` without a path; `bearer` goes out as Authorization unless a request brings its own ("": none).
  explicit Connection(std::string base_url, std::string bearer = "");

  const std::string& base_url() const { return base_url_; }
  void set_bearer(std::string bearer) { bearer_ = std::move(bearer); }
  // Called after every exchange that was answered. Set before the first call.
  void on_exchange(Observer observer) { observer_ = std::move(observer); }

  // Any answer is a reply, whatever its status. Errors: is_unreachable ones only.
  Result<Reply> exchange(const Request& request) const;
  // Reads a stream of server-sent events with JSON data until `on_event` answers false. Errors: error_of a
  // refusal, an is_unreachable one when the stream ends by itself.
  Result<void> follow(const Request& request,
                      const std::function<bool(std::string_view name, const Json& data)>& on_event) const;
  // The body of a sandbox's success (success_of); null where there is none.
  Result<Json> call(const Request& request) const;

 private:
  std::string base_url_;
  std::string bearer_;
  Observer observer_;
};

// "?a=1&b=2" with the values encoded, leaving out those without a value; "" when none is left.
using Query = std::vector<std::pair<std::string_view, std::optional<std::string>>>;
std::string query_string(const Query& query);

// The call of an operation. `in_path`: the values of its path's placeholders, in order.
Request request_of(Operation operation, std::initializer_list<std::string_view> in_path = {},
                   const Query& query = {});
Request with_body(Request request, const Json& body);
Request json_request(std::string method, std::string target, const Json& body);

}  // namespace zest::client
