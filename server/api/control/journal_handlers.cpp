// The journal of partner API calls, and assertions over it.
#include <algorithm>
#include <limits>
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/readers.h"
#include "base/nearest.h"

namespace zest::api {
namespace {

constexpr std::size_t kNearestMisses = 5;
constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int64_t>::max();

Names criteria() {
  return {"clientId", "method",    "path",           "operation",          "status",
          "errorId",  "errorCode", "idempotencyKey", "idempotencyOutcome", "fault"};
}

Result<Answer> list_requests(const Services& services, Exchange& exchange) {
  Names allowed = criteria();
  allowed.insert(allowed.end(), {"failed", "page", "perPage"});
  QueryReader query(exchange.query, allowed);
  JournalFilter filter;
  filter.client_id = query.text("clientId");
  filter.method = query.text("method");
  filter.path = query.text("path");
  filter.operation = query.text("operation");
  if (const auto status = query.integer("status", 100, 599)) filter.status = static_cast<int>(*status);
  filter.error_id = query.text("errorId");
  filter.error_code = query.text("errorCode");
  filter.idempotency_key = query.text("idempotencyKey");
  filter.idempotency_outcome = query.text("idempotencyOutcome");
  filter.fault = query.text("fault");
  if (const auto failed = query.word("failed", {"true", "false"})) filter.failed = *failed == "true";
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  std::size_t count = 0;
  Json documents = Json::array();
  for (const JournalEntry& entry : services.journal.find(filter, page.skip, page.limit, &count)) {
    documents.push_back(to_json(entry));
  }
  return json_answer(200, list_json(std::move(documents), count, page));
}

JournalFilter read_filter(ObjectReader& reader) {
  JournalFilter filter;
  filter.client_id = reader.text("clientId");
  filter.method = reader.text("method");
  filter.path = reader.text("path");
  filter.operation = reader.text("operation");
  if (const auto status = reader.integer("status", 100, 599)) filter.status = static_cast<int>(*status);
  filter.error_id = reader.text("errorId");
  filter.error_code = reader.text("errorCode");
  filter.idempotency_key = reader.text("idempotencyKey");
  filter.idempotency_outcome = reader.text("idempotencyOutcome");
  filter.fault = reader.text("fault");
  return filter;
}

// How often a call is expected.
struct Expected {
  std::int64_t least = 1;
  std::int64_t most = kAnyNumber;
};

// `count`, or `atLeast` and `atMost`.
Expected read_expected(ObjectReader& reader) {
  const Json* count = reader.any("count");
  const std::optional<std::int64_t> least = reader.integer("atLeast", 0, kAnyNumber);
  const std::optional<std::int64_t> most = reader.integer("atMost", 0, kAnyNumber);
  if (count == nullptr) {
    // At most so many may be none.
    Expected expected{least.value_or(most ? 0 : 1), most.value_or(kAnyNumber)};
    if (expected.least > expected.most) reader.fail("\"atLeast\" is greater than \"atMost\"");
    return expected;
  }
  if (least || most) reader.fail("give \"count\", or \"atLeast\" and \"atMost\", not both");
  if (!count->is_object()) {
    const std::int64_t exact = reader.integer("count", 0, kAnyNumber).value_or(0);
    return {exact, exact};
  }
  ObjectReader range(*count, "\"count\"", {"min", "max"});
  Expected expected{range.integer("min", 0, kAnyNumber).value_or(0),
                    range.integer("max", 0, kAnyNumber).value_or(kAnyNumber)};
  if (expected.least > expected.most) range.fail("\"min\" of \"count\" is greater than its \"max\"");
  if (range.error()) reader.fail(range.error()->detail);
  return expected;
}

Json expected_json(const Expected& expected) {
  Json json{{"min", expected.least}};
  if (expected.most != kAnyNumber) json["max"] = expected.most;
  return json;
}

// The filter with one criterion only, to see which of them an entry misses.
std::vector<std::pair<std::string_view, JournalFilter>> single_criteria(const JournalFilter& filter) {
  std::vector<std::pair<std::string_view, JournalFilter>> singles;
  const auto add = [&](std::string_view name, auto JournalFilter::*criterion) {
    if (!(filter.*criterion)) return;
    JournalFilter single;
    single.*criterion = filter.*criterion;
    singles.emplace_back(name, std::move(single));
  };
  add("clientId", &JournalFilter::client_id);
  add("method", &JournalFilter::method);
  add("path", &JournalFilter::path);
  add("operation", &JournalFilter::operation);
  add("status", &JournalFilter::status);
  add("errorId", &JournalFilter::error_id);
  add("errorCode", &JournalFilter::error_code);
  add("idempotencyKey", &JournalFilter::idempotency_key);
  add("idempotencyOutcome", &JournalFilter::idempotency_outcome);
  add("fault", &JournalFilter::fault);
  return singles;
}

// The entries that miss the fewest criteria, newest first among equals: {"request", "differs": [{"member",
// "expected", "actual"?}]}. Those that miss all of them are no near misses.
Json nearest_misses(const Journal& journal, const JournalFilter& filter, const Json& match) {
  const auto singles = single_criteria(filter);
  struct Miss {
    std::size_t misses;
    const JournalEntry* entry;
  };
  const std::vector<JournalEntry> entries =
      journal.find(JournalFilter{}, 0, std::numeric_limits<std::size_t>::max(), nullptr);
  std::vector<Miss> near;
  for (const JournalEntry& entry : entries) {
    const auto misses = static_cast<std::size_t>(std::count_if(
        singles.begin(), singles.end(), [&](const auto& single) { return !single.second.matches(entry); }));
    if (misses > 0 && (misses < singles.size() || singles.size() == 1)) near.push_back({misses, &entry});
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const Miss& a, const Miss& b) { return a.misses < b.misses; });
  if (near.size() > kNearestMisses) near.resize(kNearestMisses);
  Json list = Json::array();
  for (const Miss& miss : near) {
    const Json request = to_json(*miss.entry);
    Json differs = Json::array();
    for (const auto& [name, single] : singles) {
      if (single.matches(*miss.entry)) continue;
      Json difference{{"member", name}, {"expected", match[std::string(name)]}};
      if (const Json* actual = member(request, name)) difference["actual"] = *actual;
      differs.push_back(std::move(difference));
    }
    list.push_back(Json{{"request", request}, {"differs", std::move(differs)}});
  }
  return list;
}

// Errors: InvalidRequest for an operation that the partner API does not have: a slip of the fingers would
// otherwise be "never called".
Result<void> check_operation(const RouteTable& table, const std::optional<std::string>& operation) {
  if (!operation) return {};
  std::vector<std::string> known;
  for (const Route& route : table.routes()) {
    if (route.access != Access::Control) known.push_back(route.operation_id);
  }
  if (std::find(known.begin(), known.end(), *operation) != known.end()) return {};
  const std::optional<std::string> meant = nearest(*operation, known);
  return invalid_request("\"operation\" \"" + *operation + "\" is unknown" +
                         (meant ? "; did you mean " + *meant + "?" : "; /openapi.json lists the operations"));
}

Result<Answer> verify_requests(const RouteTable& table, const Services& services, const Exchange& exchange) {
  ObjectReader reader(exchange.body, "the body", {"clientId", "match", "count", "atLeast", "atMost"});
  const Json* given = reader.any("match");
  Json match = given != nullptr ? *given : Json::object();
  ObjectReader match_reader(match, "\"match\"", criteria());
  JournalFilter filter = read_filter(match_reader);
  if (const std::optional<std::string> client = reader.text("clientId")) {
    if (filter.client_id) reader.fail("\"clientId\" stands beside \"match\" and in it");
    filter.client_id = client;
    if (match.is_object()) match["clientId"] = *client;
  }
  const Expected expected = read_expected(reader);
  if (reader.error()) return *reader.error();
  if (match_reader.error()) return *match_reader.error();
  RETURN_IF_ERROR(check_operation(table, filter.operation));

  std::size_t count = 0;
  const std::vector<JournalEntry> matching =
      services.journal.find(filter, 0, QueryReader::kDefaultPerPage, &count);
  const auto actual = static_cast<std::int64_t>(count);
  const bool verified = actual >= expected.least && actual <= expected.most;
  Json json{{"verified", verified}, {"count", count}, {"expected", expected_json(expected)}};
  if (!verified) {
    Json found = Json::array();
    for (const JournalEntry& entry : matching) found.push_back(to_json(entry));
    json["matching"] = std::move(found);
    json["nearestMisses"] =
        actual < expected.least ? nearest_misses(services.journal, filter, match) : Json::array();
  }
  return json_answer(200, json);
}

}  // namespace

void add_journal_routes(RouteTable& table, const Services& services) {
  Route list = control_route(Operation::ListRequests, "List the partner API calls, newest first");
  list.query = {
      client_parameter(),
      {"method", "GET, POST …", schema::text("")},
      {"path", "The path, or a prefix of it that ends with '*'.", schema::text("")},
      {"operation", "The operation's id.", schema::text("")},
      {"status", "The answer's status.", schema::integer("")},
      {"errorId", "The answer's errorId.", schema::text("")},
      {"errorCode", "The answer's code.", schema::text("")},
      {"idempotencyKey", "The call's Idempotency-Key.", schema::text("")},
      {"idempotencyOutcome", "executed, replayed or conflict.", schema::text("")},
      {"fault", "The fault that was injected: the rule's id, or what Prefer asked for.", schema::text("")},
      {"failed", "true: those answered with an error, or cut off.", schema::boolean("")}};
  add_control(table, services, with_paging(std::move(list)), list_requests);
  add_control(table, services,
              control_route(Operation::VerifyRequests,
                            "Check how often a call was made; answers with the nearest misses"),
              [&table](const Services& given, Exchange& exchange) {
                return verify_requests(table, given, exchange);
              });
}

}  // namespace zest::api
