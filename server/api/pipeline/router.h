// The routes: what serves each operation (protocol/operations.h). The router, the OpenAPI documents, the docs
// page and tests read this list.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "base/json.h"
#include "base/result.h"
#include "http/listener.h"
#include "http/message.h"
#include "model/event_span.h"
#include "model/partner.h"
#include "protocol/operations.h"
#include "store/store.h"

namespace zest::api {

// Made when it is asked for: most calls succeed and need none. One call's, used by one thread at a time.
class ErrorId {
 public:
  const std::string& text() const;

 private:
  mutable std::string text_;
};

struct Route;

// What a handler gets: everything before it has been checked.
struct Exchange {
  Exchange(const http::Request& of, const ErrorId& id) : request(of), error_id(id) {}

  const http::Request& request;
  const Route* route = nullptr;                           // the one that is being served
  const ErrorId& error_id;                                // for the case of failure; also in log and journal
  std::vector<std::pair<std::string, std::string>> path;  // parameters by name, decoded
  http::FormFields query;                                 // decoded
  Json body;                                              // JsonDocument and OptionalJson (null when absent)
  http::FormFields form;                                  // Form
  std::optional<Partner> partner;                         // Bearer and BearerProvisioned
  std::optional<std::string> idempotency_key;             // when the route uses it
  std::function<bool()> client_gone;                      // nothing: cannot be told
  // For log and journal, whether the call succeeds or fails. `caller` is the partner's client id where there
  // is a partner; a handler that finds the caller by itself (tokens) sets it.
  std::optional<std::string> caller;
  std::string idempotency_outcome;     // "", "executed", "replayed", "conflict"
  std::vector<Violation> failed_rows;  // of a call that succeeds as a whole: what is wrong with the others
  std::vector<std::string> failed_row_ids;  // the partner's, one for each of failed_rows; "" for none
  EventSpan emitted;                        // by a call that was executed
  std::string fingerprint;  // of a call with a key that was executed: rules::request_fingerprint()
  Duration hold{0};         // how long the answer is held back (wall)
  std::optional<Duration> token_lifetime;  // of access tokens that it gives, where a fault shortens it

  const std::string& parameter(std::string_view name) const;
  std::optional<std::string> query_value(std::string_view name) const;
};

// The answer of a handler before it becomes bytes.
struct Answer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const FileDescriptor> file;  // instead of body
};
Answer json_answer(int status, const Json& body);
// The file of an answer; null: there is none of that name. Errors: ServiceUnavailable, it cannot be opened.
Result<std::shared_ptr<const FileDescriptor>> open_file(const std::filesystem::path& path);
// Every answer carries the version of the sandbox. http::Response is complete with it.
http::Response to_response(Answer answer);
void add_version(http::Response& response);

// A query parameter. The dispatch checks every value that comes against the schema (integers strictly);
// handlers then read checked values.
struct QueryParameter {
  std::string name;
  std::string description;
  Json schema;  // of type string, integer or boolean, or a $ref to one of schemas.h
};
// page and perPage of every list, and what they ask for. Zest docs: conventions/pagination.
std::vector<QueryParameter> paging_parameters();
store::Page requested_page(const Exchange& exchange);

struct Route {
  std::string method;
  std::string path;  // "/v1/spv-requests/{slug}"
  std::string operation_id;
  std::string summary;
  std::string description;
  std::string tag;
  Access access = Access::Public;
  BodyKind body = BodyKind::None;
  KeyUse key = KeyUse::None;
  std::vector<QueryParameter> query;
  std::string request_schema;   // name in schemas.h, or ""
  std::string response_schema;  // name in schemas.h, or ""
  std::string answer_type = "application/json";
  int success = 200;
  std::vector<int> errors;        // documented error statuses
  bool waits = false;             // runs on the pool of waiting calls instead of a listener worker
  bool waits_for_others = false;  // and there leaves room for those that end its waiting
  bool advances = false;          // and there leaves room for what ends an advance
  bool listed = true;             // in the OpenAPI document and on the docs page
  bool answers_page = false;      // HTML, no JSON
  // A page for who asks_for_page(), whom the guard then lets through; JSON for all others.
  bool page_for_browsers = false;
  bool quiet = false;                    // health checks: logged at debug level only
  std::size_t body_limit = 1024 * 1024;  // bytes; multipart has its own (Settings::max_upload)
  std::function<Result<Answer>(Exchange&)> handle;
  // Server-sent events: takes the connection over instead of `handle`.
  std::function<void(Exchange&, http::Responder)> stream;
};

// A route with what the table of operations says of it.
Route route_of(Operation operation, std::string summary);

// Finds routes by method and path; a literal segment wins over a parameter.
class RouteTable {
 public:
  void add(Route route);
  const std::deque<Route>& routes() const { return routes_; }  // in the order they were added

  struct Match {
    const Route* route = nullptr;      // nullptr: unknown path, or known with other methods only
    std::vector<std::string> allowed;  // methods of the path, when it is known
    std::vector<std::pair<std::string, std::string>> path;  // parameters, decoded
  };
  // HEAD finds GET. `path` as sent, percent-encoded; a segment with a malformed escape matches nothing.
  Match find(std::string_view method, std::string_view path) const;

  // What is said when nothing serves the call: 404 that names the nearest path, or 405.
  Error refuse(const Match& match, std::string_view method, std::string_view target) const;

  // The listed paths of the same surface, their parameters as `path` has them where its segments line up:
  // what may have been meant.
  std::vector<std::string> paths_like(std::string_view path) const;

  struct Segment {
    std::string text;  // a parameter's name, or what the segment must be
    bool is_parameter = false;
  };

 private:
  // Where paths are after some segments.
  struct Node {
    std::map<std::string, std::size_t, std::less<>>
        literals;                          // the next node, by what the next segment must be
    std::optional<std::size_t> parameter;  // … and when it may be anything but empty
    std::vector<std::size_t> routes;       // that end here, in the order they were added
  };
  // The node where the path ends, literals first; nullptr when no route has it.
  const Node* walk(const Node& from, const std::vector<std::string_view>& segments, std::size_t at) const;

  std::deque<Route> routes_;                    // matches point into it
  std::vector<std::vector<Segment>> patterns_;  // of the routes, in the same order
  std::vector<Node> nodes_{1};                  // the first is the root
};

}  // namespace zest::api
