#include "api/pipeline/router.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <limits>
#include <list>
#include <system_error>

#include "api/pipeline/schemas.h"
#include "base/id.h"
#include "base/nearest.h"
#include "base/version.h"

namespace zest::api {
namespace {

constexpr std::int64_t kDefaultPerPage = 10;
constexpr std::int64_t kMaxPerPage = 100;
constexpr std::int64_t kMaxPage = 1'000'000'000;  // [sandbox]; no list is that long

// "/a/b" -> a, b; "/" -> one empty segment.
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.empty() || path.front() != '/') return segments;
  path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

// The segments without their escapes, which `decoded` then holds; nothing when one is malformed.
std::optional<std::vector<std::string_view>> decode(std::string_view path, std::list<std::string>& decoded) {
  std::vector<std::string_view> segments = split(path);
  const auto plain = [](char c) { return c != '%' && static_cast<unsigned char>(c) < 0x80; };
  for (std::string_view& segment : segments) {
    if (std::all_of(segment.begin(), segment.end(), plain)) continue;
    std::optional<std::string> text = http::percent_decode(segment);
    if (!text) return std::nullopt;
    segment = decoded.emplace_back(std::move(*text));
  }
  return segments;
}

// A path of which somebody knows the beginning or the end: /_sandbox/chaos for /_sandbox/chaos/rules,
// /_sandbox/advance for /_sandbox/clock/advance. The surface itself (/_sandbox, /v1) is no such beginning.
std::optional<std::string> nearest_below(const std::string& path, const std::vector<std::string>& known) {
  const std::size_t second = path.find('/', 1);
  if (second == std::string::npos || second + 1 == path.size()) return std::nullopt;
  const std::string rest = path.substr(second);
  for (const std::string& candidate : known) {
    if (candidate.rfind(path + "/", 0) == 0) return candidate;
  }
  for (const std::string& candidate : known) {
    const bool ends = candidate.size() > path.size() &&
                      candidate.compare(candidate.size() - rest.size(), rest.size(), rest) == 0;
    if (ends) return candidate;
  }
  return std::nullopt;
}

// Of paths with parameters the one whose words are near, segment by segment: long ids count for nothing.
std::optional<std::string> nearest_by_segments(std::string_view path, const std::vector<std::string>& known) {
  const std::vector<std::string_view> sent = split(path);
  std::optional<std::string> best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string& candidate : known) {
    const std::vector<std::string_view> words = split(candidate);
    if (words.size() != sent.size() || candidate.find('{') != std::string::npos) continue;
    std::size_t distance = 0;
    bool near = true;
    for (std::size_t at = 0; at < words.size() && near; ++at) {
      if (words[at] == sent[at]) continue;
      near = nearest(sent[at], {std::string(words[at])}).has_value();
      if (near) distance += edit_distance(sent[at], words[at]);
    }
    if (near && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::int64_t checked_integer(const Exchange& exchange, std::string_view name, std::int64_t fallback) {
  const std::optional<std::string> text = exchange.query_value(name);
  std::int64_t value = fallback;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

}  // namespace

const std::string& ErrorId::text() const {
  if (text_.empty()) text_ = make_uuid();
  return text_;
}

const std::string& Exchange::parameter(std::string_view name) const {
  static const std::string none;
  const auto found =
      std::find_if(path.begin(), path.end(), [name](const auto& entry) { return entry.first == name; });
  return found == path.end() ? none : found->second;
}

std::optional<std::string> Exchange::query_value(std::string_view name) const {
  const auto found =
      std::find_if(query.rbegin(), query.rend(), [name](const auto& entry) { return entry.first == name; });
  if (found == query.rend()) return std::nullopt;
  return found->second;
}

Answer json_answer(int status, const Json& body) {
  Answer answer;
  answer.status = status;
  answer.body = dump_json(body);
  return answer;
}

Result<std::shared_ptr<const FileDescriptor>> open_file(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.valid()) return std::make_shared<const FileDescriptor>(std::move(file));
  if (errno == ENOENT) return std::shared_ptr<const FileDescriptor>();
  return make_error(
      ErrorKind::ServiceUnavailable,
      "the sandbox cannot open a file of its own at the moment: " + std::generic_category().message(errno));
}

http::Response to_response(Answer answer) {
  http::Response response;
  response.status = answer.status;
  response.headers.set("Content-Type", answer.content_type);
  for (auto& [name, value] : answer.headers) response.headers.add(std::move(name), std::move(value));
  response.body = std::move(answer.body);
  response.file = std::move(answer.file);
  add_version(response);
  return response;
}

void add_version(http::Response& response) { response.headers.set(kVersionHeader, std::string(version())); }

std::vector<QueryParameter> paging_parameters() {
  Json per_page = schema::integer("");
  per_page["minimum"] = 1;
  per_page["maximum"] = kMaxPerPage;
  per_page["default"] = kDefaultPerPage;
  Json page = schema::integer("");
  page["minimum"] = 1;
  page["maximum"] = kMaxPage;
  page["default"] = 1;
  return {{"perPage", "How many documents a page holds.", std::move(per_page)},
          {"page", "Which page, counted from 1.", std::move(page)}};
}

store::Page requested_page(const Exchange& exchange) {
  const std::int64_t page = std::clamp<std::int64_t>(checked_integer(exchange, "page", 1), 1, kMaxPage);
  const std::int64_t limit =
      std::clamp<std::int64_t>(checked_integer(exchange, "perPage", kDefaultPerPage), 1, kMaxPerPage);
  return {static_cast<std::size_t>((page - 1) * limit), static_cast<std::size_t>(limit)};
}

Route route_of(Operation operation, std::string summary) {
  const OperationRow& row = row_of(kOperationTable, operation);
  Route route;
  route.method = row.method;
  route.path = row.path;
  route.operation_id = row.id;
  route.summary = std::move(summary);
  route.access = row.access;
  route.body = row.body;
  route.key = row.key;
  return route;
}

void RouteTable::add(Route route) {
  std::vector<Segment> pattern;
  for (std::string_view segment : split(route.path)) {
    const bool is_parameter = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    pattern.push_back(
        {std::string(is_parameter ? segment.substr(1, segment.size() - 2) : segment), is_parameter});
  }
  std::size_t node = 0;
  for (const Segment& segment : pattern) {
    const std::size_t next = nodes_.size();
    const std::size_t known = segment.is_parameter
                                  ? nodes_[node].parameter.value_or(next)
                                  : nodes_[node].literals.emplace(segment.text, next).first->second;
    if (segment.is_parameter) nodes_[node].parameter = known;
    if (known == next) nodes_.emplace_back();
    node = known;
  }
  nodes_[node].routes.push_back(routes_.size());
  patterns_.push_back(std::move(pattern));
  routes_.push_back(std::move(route));
}

Error RouteTable::refuse(const Match& match, std::string_view method, std::string_view target) const {
  if (!match.allowed.empty()) {
    return refusal(Rule::HttpMethod, ErrorKind::MethodNotAllowed,
                   "this path does not take " + std::string(method));
  }
  const std::string path(target.substr(0, target.find('?')));
  const std::vector<std::string> known = paths_like(path);
  std::optional<std::string> meant = nearest_below(path, known);
  if (!meant) meant = nearest_by_segments(path, known);
  if (!meant) meant = nearest(path, known);
  if (meant == path) meant.reset();  // a segment that is no text in UTF-8
  return refusal(Rule::HttpPath, ErrorKind::NotFound,
                 "there is no resource at " + path + (meant ? "; did you mean " + *meant + "?" : ""));
}

std::vector<std::string> RouteTable::paths_like(std::string_view path) const {
  const std::vector<std::string_view> sent = split(path);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!routes_[i].listed || surface_of(routes_[i].path) != surface_of(path)) continue;
    std::string like;
    for (std::size_t at = 0; at < patterns_[i].size(); ++at) {
      const Segment& segment = patterns_[i][at];
      like += '/';
      if (!segment.is_parameter) {
        like += segment.text;
      } else if (patterns_[i].size() == sent.size() && !sent[at].empty()) {
        like += sent[at];
      } else {
        like += "{" + segment.text + "}";
      }
    }
    paths.push_back(std::move(like));
  }
  return paths;
}

// An earlier literal wins, whatever the methods: /a/b must not offer what only /a/{x} has.
const RouteTable::Node* RouteTable::walk(const Node& from, const std::vector<std::string_view>& segments,
                                         std::size_t at) const {
  if (at == segments.size()) return from.routes.empty() ? nullptr : &from;
  const auto literal = from.literals.find(segments[at]);
  if (literal != from.literals.end()) {
    if (const Node* const end = walk(nodes_[literal->second], segments, at + 1)) return end;
  }
  if (!from.parameter || segments[at].empty()) return nullptr;
  return walk(nodes_[*from.parameter], segments, at + 1);
}

RouteTable::Match RouteTable::find(std::string_view method, std::string_view path) const {
  std::list<std::string> decoded;
  const std::optional<std::vector<std::string_view>> segments = decode(path, decoded);
  const Node* const end = segments && !segments->empty() ? walk(nodes_.front(), *segments, 0) : nullptr;
  Match match;
  if (end == nullptr) return match;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (const std::size_t i : end->routes) {
    const Route& route = routes_[i];
    match.allowed.push_back(route.method);
    if (route.method == "GET") match.allowed.emplace_back("HEAD");
    if (route.method != wanted) continue;
    match.route = &route;
    for (std::size_t at = 0; at < segments->size(); ++at) {
      if (patterns_[i][at].is_parameter) match.path.emplace_back(patterns_[i][at].text, (*segments)[at]);
    }
  }
  return match;
}

}  // namespace zest::api
