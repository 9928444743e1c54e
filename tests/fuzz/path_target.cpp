// Methods and paths against a route table, compared with a naive look along the table; escapes there and
// back; the patterns of chaos rules.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "api/pipeline/router.h"
#include "chaos/rule.h"
#include "fuzz/target.h"
#include "http/message.h"

namespace zest::fuzz {
namespace {

constexpr std::pair<const char*, const char*> kRoutes[] = {
    {"GET", "/"},
    {"GET", "/v1/spv-requests"},
    {"POST", "/v1/spv-requests"},
    {"GET", "/v1/spv-requests/{slug}"},
    {"DELETE", "/v1/spv-requests/{slug}"},
    {"POST", "/v1/spvs/{spv}/subscriptions"},
    {"POST", "/v1/spvs/{spv}/subscription/{person}/forms"},
    {"GET", "/a/b"},
    {"POST", "/a/{x}"},
    {"GET", "/a/{x}/c"},
    {"PUT", "/a/b/{y}"},
};

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool fits(std::string_view pattern, std::string_view path) {
  const auto wanted = segments_of(pattern);
  const auto given = segments_of(path);
  return std::equal(wanted.begin(), wanted.end(), given.begin(), given.end(), [](auto want, auto got) {
    const auto decoded = http::percent_decode(got.substr(1));
    if (!decoded) return false;
    return want.substr(0, 2) == "/{" ? !decoded->empty() : *decoded == want.substr(1);
  });
}

const api::RouteTable& fuzzed_table() {
  static const api::RouteTable table = [] {
    api::RouteTable made;
    for (const auto& [method, path] : kRoutes) {
      api::Route route;
      route.method = method;
      route.path = path;
      made.add(std::move(route));
    }
    return made;
  }();
  return table;
}

void check_routes(std::string_view method, std::string_view path) {
  const api::RouteTable::Match match = fuzzed_table().find(method, path);
  const bool any = std::any_of(std::begin(kRoutes), std::end(kRoutes),
                               [path](const auto& route) { return fits(route.second, path); });
  FUZZ_CHECK(any == !match.allowed.empty());
  const auto allows = [&match](std::string_view name) {
    return std::find(match.allowed.begin(), match.allowed.end(), name) != match.allowed.end();
  };
  FUZZ_CHECK((match.route != nullptr) == allows(method));
  if (match.route == nullptr) return;
  FUZZ_CHECK(fits(match.route->path, path));
  FUZZ_CHECK(match.route->method == (method == "HEAD" ? "GET" : method));
  std::string filled = match.route->path;
  for (const auto& [name, value] : match.path) {
    const std::size_t at = filled.find("{" + name + "}");
    FUZZ_CHECK(at != std::string::npos && !value.empty());
    filled.replace(at, name.size() + 2, http::percent_encode(value));
  }
  FUZZ_CHECK(filled.find('{') == std::string::npos && filled.find('}') == std::string::npos);
  FUZZ_CHECK(fuzzed_table().find(method, filled).route == match.route);
}

}  // namespace

FUZZ_TARGET(path, Bytes) {
  const std::size_t blank = std::min(input.find(' '), input.size());
  const std::string_view method = input.substr(0, blank);
  const std::string_view path = input.substr(std::min(blank + 1, input.size()));
  if (!path.empty() && path.front() == '/') check_routes(method, path);

  const auto there_and_back = http::percent_decode(http::percent_encode(path));
  FUZZ_CHECK(there_and_back.has_value() == http::is_valid_utf8(path));
  FUZZ_CHECK(!there_and_back || *there_and_back == path);
  if (const auto form = http::parse_form(path)) {
    for (const auto& [name, value] : *form)
      FUZZ_CHECK(http::is_valid_utf8(name) && http::is_valid_utf8(value));
  }
  const bool open_ended = !method.empty() && method.back() == '*';
  const bool expected =
      open_ended ? path.substr(0, method.size() - 1) == method.substr(0, method.size() - 1) : path == method;
  FUZZ_CHECK(chaos::matches_pattern(method, path) == expected);
}

}  // namespace zest::fuzz
