// The journal of partner API calls, and assertions over it.
#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/list_answer.h"
#include "api/pipeline/readers.h"
#include "base/json_path.h"
#include "base/nearest.h"

namespace zest::api {
namespace {

constexpr std::size_t kNearestMisses = 5;
constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kAllEntries = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kMaxInOrder = 100;
constexpr Duration kLongestVerify{3'600'000};  // wall
constexpr Duration kGoneAfter{500};            // wall; how often a wait asks whether its client hung up

// What a call is looked for by, beside status, failed and body: the name of a text and where the filter has
// it.
struct TextCriterion {
  const char* name;
  std::optional<std::string> JournalFilter::*member;
  const char* help;
};
constexpr TextCriterion kTexts[] = {
    {"clientId", &JournalFilter::client_id, "The partner's client id."},
    {"method", &JournalFilter::method, "GET, POST …"},
    {"path", &JournalFilter::path, "The path, or a prefix of it that ends with '*'."},
    {"operation", &JournalFilter::operation, "The operation's id."},
    {"errorId", &JournalFilter::error_id, "The answer's errorId."},
    {"errorCode", &JournalFilter::error_code, "The answer's code."},
    {"rule", &JournalFilter::rule, "The id of the rule that was broken."},
    {"warning", &JournalFilter::warning, "The id of a warning that the call is an example of."},
    {"idempotencyKey", &JournalFilter::idempotency_key, "The call's Idempotency-Key."},
    {"idempotencyOutcome", &JournalFilter::idempotency_outcome, "executed, replayed or conflict."},
    {"fault", &JournalFilter::fault, "The fault that was injected: the rule's id, or what Prefer asked for."},
    {"contentType", &JournalFilter::content_type, "The body's media type, without parameters."},
    {"requestId", &JournalFilter::request_id, "The value of X-Request-Id, traceparent or the like."},
    {"jti", &JournalFilter::token_id, "The jti of the call's access token."},
    {"bodySha256", &JournalFilter::body_sha256, "The SHA-256 of the body, in hex."},
};

Result<Answer> list_requests(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  JournalFilter filter;
  for (const TextCriterion& text : kTexts) filter.*text.member = query.text(text.name);
  if (const auto status = query.integer("status", 100, 599)) filter.status = static_cast<int>(*status);
  if (const auto failed = query.word("failed", {"true", "false"})) filter.failed = *failed == "true";
  if (const std::optional<std::string> body = query.text("body")) {
    const std::size_t equals = body->find('=');
    const std::string path = body->substr(0, equals);
    if (equals == std::string::npos || path.empty() || !is_json_path(path)) {
      query.fail(
          "query parameter 'body' must be a place and a value, such as investors[0].email=a@b.example");
    } else {
      filter.body.push_back({path, body->substr(equals + 1), true});
    }
  }
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  std::size_t count = 0;
  ListText text(services.store.uploads().spool_dir());
  for (const JournalEntry& entry : services.journal.find(filter, page.skip, page.limit, &count)) {
    RETURN_IF_ERROR(text.add(to_json(entry)));
  }
  return text.finish(count, page);
}

// One kind of call: `match`, or one of `order`.
struct Wanted {
  JournalFilter filter;
  Json match;  // as given, to be shown
};

void read_body_criteria(ObjectReader& reader, JournalFilter& filter) {
  const Json* body = reader.any("body");
  if (body == nullptr) return;
  if (!body->is_object() || body->empty()) {
    reader.fail_member("body",
                       "must be an object of places and values, such as {\"attributes.currency\": \"USD\"}");
    return;
  }
  for (const auto& [path, value] : body->get_ref<const Json::object_t&>()) {
    if (path.empty() || !is_json_path(path)) {
      reader.fail_member("body", in_quotes(path) + " is no place in a document, such as investors[0].email");
    }
    filter.body.push_back({path, value});
  }
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

Result<Wanted> read_wanted(const RouteTable& table, const Json& match, const std::string& place,
                           const std::optional<std::string>& client_id) {
  BodyReader reader(match, place, "CallCriteria");
  Wanted wanted{{}, match};
  JournalFilter& filter = wanted.filter;
  for (const TextCriterion& text : kTexts) filter.*text.member = reader.text(text.name);
  if (const auto status = reader.integer("status")) filter.status = static_cast<int>(*status);
  read_body_criteria(reader, filter);
  if (client_id) {
    if (filter.client_id) reader.fail("\"clientId\" stands beside " + place + " and in it");
    filter.client_id = client_id;
    if (match.is_object()) wanted.match["clientId"] = *client_id;
  }
  if (reader.error()) return *reader.error();
  RETURN_IF_ERROR(check_operation(table, filter.operation));
  return wanted;
}

// How often a call is expected.
struct Expected {
  std::int64_t least = 1;
  std::int64_t most = kAnyNumber;
};

// `count`, or `atLeast` and `atMost`.
Expected read_expected(BodyReader& reader) {
  const Json* count = reader.any("count");
  const std::optional<std::int64_t> least = reader.integer("atLeast");
  const std::optional<std::int64_t> most = reader.integer("atMost");
  if (count == nullptr) {
    // At most so many may be none.
    Expected expected{least.value_or(most ? 0 : 1), most.value_or(kAnyNumber)};
    if (expected.least > expected.most) reader.fail("\"atLeast\" is greater than \"atMost\"");
    return expected;
  }
  if (least || most) reader.fail("give \"count\", or \"atLeast\" and \"atMost\", not both");
  if (!count->is_object()) {
    const std::int64_t exact = reader.ObjectReader::integer("count", 0, kAnyNumber).value_or(0);
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
struct SingleCriterion {
  std::string name;
  Json expected;
  JournalFilter filter;
  std::string body_path;  // of one about the body
};
std::vector<SingleCriterion> single_criteria(const Wanted& wanted) {
  std::vector<SingleCriterion> singles;
  for (const TextCriterion& text : kTexts) {
    if (!(wanted.filter.*text.member)) continue;
    JournalFilter single;
    single.*text.member = wanted.filter.*text.member;
    singles.push_back({text.name, wanted.match[text.name], std::move(single), ""});
  }
  if (wanted.filter.status) {
    JournalFilter single;
    single.status = wanted.filter.status;
    singles.push_back({"status", wanted.match["status"], std::move(single), ""});
  }
  for (const BodyCriterion& criterion : wanted.filter.body) {
    JournalFilter single;
    single.body.push_back(criterion);
    singles.push_back({"body." + criterion.path, criterion.value, std::move(single), criterion.path});
  }
  return singles;
}

const Json* actual_value(const Json& request, const SingleCriterion& single) {
  if (single.body_path.empty()) return member(request, single.name);
  const Json* body = member(request, "body");
  return body == nullptr ? nullptr : reach(*body, single.body_path);
}

// The entries that miss the fewest criteria, newest first among equals: {"request", "differs": [{"member",
// "expected", "actual"?}]}. Those that miss all of them are no near misses.
Json nearest_misses(const Journal& journal, const Wanted& wanted) {
  const std::vector<SingleCriterion> singles = single_criteria(wanted);
  struct Miss {
    std::size_t misses;
    const JournalEntry* entry;
  };
  const std::vector<JournalEntry> entries = journal.find(JournalFilter{}, 0, kAllEntries, nullptr);
  std::vector<Miss> near;
  for (const JournalEntry& entry : entries) {
    const auto misses = static_cast<std::size_t>(
        std::count_if(singles.begin(), singles.end(),
                      [&](const SingleCriterion& single) { return !single.filter.matches(entry); }));
    if (misses > 0 && (misses < singles.size() || singles.size() == 1)) near.push_back({misses, &entry});
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const Miss& a, const Miss& b) { return a.misses < b.misses; });
  if (near.size() > kNearestMisses) near.resize(kNearestMisses);
  Json list = Json::array();
  for (const Miss& miss : near) {
    const Json request = to_json(*miss.entry);
    Json differs = Json::array();
    for (const SingleCriterion& single : singles) {
      if (single.filter.matches(*miss.entry)) continue;
      Json difference{{"member", single.name}, {"expected", single.expected}};
      if (const Json* actual = actual_value(request, single)) difference["actual"] = *actual;
      differs.push_back(std::move(difference));
    }
    list.push_back(Json{{"request", request}, {"differs", std::move(differs)}});
  }
  return list;
}

// What is asked of the journal.
struct Assertion {
  std::vector<Wanted> wanted;  // one, or several that came in this order
  bool in_order = false;
  Expected expected;
  Duration within{0};  // wall
};

Result<Assertion> read_assertion(const RouteTable& table, const Json& body) {
  BodyReader reader(body, "the body", "RequestVerification");
  Assertion assertion;
  const std::optional<std::string> client_id = reader.text("clientId");
  if (const auto within = reader.duration("within")) {
    if (*within > kLongestVerify)
      reader.fail_member("within", "must be at most " + format_duration(kLongestVerify));
    assertion.within = *within;
  }
  const Json* order = reader.any("order");
  if (order == nullptr) {
    assertion.expected = read_expected(reader);
    if (reader.error()) return *reader.error();
    const Json* match = reader.any("match");
    ASSIGN_OR_RETURN(Wanted wanted,
                     read_wanted(table, match != nullptr ? *match : Json::object(), "\"match\"", client_id));
    assertion.wanted.push_back(std::move(wanted));
    return assertion;
  }
  for (const char* other : {"match", "count", "atLeast", "atMost"}) {
    if (reader.has(other)) reader.fail("\"order\" stands for itself: leave out " + in_quotes(other));
  }
  if (!order->is_array() || order->empty() || order->size() > kMaxInOrder) {
    reader.fail_member("order", "must be a list of 1 to " + std::to_string(kMaxInOrder) +
                                    " objects, each as \"match\" takes it");
  }
  if (reader.error()) return *reader.error();
  assertion.in_order = true;
  for (const Json& match : *order) {
    const std::string place = "\"order[" + std::to_string(assertion.wanted.size()) + "]\"";
    ASSIGN_OR_RETURN(Wanted wanted, read_wanted(table, match, place, client_id));
    assertion.wanted.push_back(std::move(wanted));
  }
  const auto all = static_cast<std::int64_t>(assertion.wanted.size());
  assertion.expected = {all, all};
  return assertion;
}

// How far the journal fulfils an assertion.
struct Finding {
  std::size_t count = 0;
  std::vector<JournalEntry> matching;  // newest first, at most a page of them; of an order all, oldest first
  const Wanted* missing = nullptr;     // what there is too little of
  bool verified = false;
  bool exceeded = false;  // and waiting cannot mend it
};

// The first of each kind after the one before: whatever fits is found so.
Finding look_in_order(const Journal& journal, const Assertion& assertion) {
  Finding finding;
  std::uint64_t after = 0;
  for (const Wanted& wanted : assertion.wanted) {
    const std::vector<JournalEntry> found = journal.find(wanted.filter, 0, kAllEntries, nullptr);
    const auto next = std::find_if(found.rbegin(), found.rend(),
                                   [after](const JournalEntry& entry) { return entry.sequence > after; });
    if (next == found.rend()) {
      finding.missing = &wanted;
      return finding;
    }
    after = next->sequence;
    finding.matching.push_back(*next);
    ++finding.count;
  }
  finding.verified = true;
  return finding;
}

Finding look(const Journal& journal, const Assertion& assertion) {
  if (assertion.in_order) return look_in_order(journal, assertion);
  Finding finding;
  const Wanted& wanted = assertion.wanted.front();
  finding.matching = journal.find(wanted.filter, 0, QueryReader::kDefaultPerPage, &finding.count);
  const auto actual = static_cast<std::int64_t>(finding.count);
  if (actual < assertion.expected.least) finding.missing = &wanted;
  finding.exceeded = actual > assertion.expected.most;
  finding.verified = finding.missing == nullptr && !finding.exceeded;
  return finding;
}

// How many calls would be looked at if their bodies had been kept.
std::size_t bodies_not_kept(const Journal& journal, const Wanted& wanted) {
  if (wanted.filter.body.empty()) return 0;
  JournalFilter others = wanted.filter;
  others.body.clear();
  const std::vector<JournalEntry> found = journal.find(others, 0, kAllEntries, nullptr);
  return static_cast<std::size_t>(std::count_if(found.begin(), found.end(), [](const JournalEntry& entry) {
    return !entry.detail || entry.detail->body.empty();
  }));
}

// Looks until the assertion holds, cannot hold any more, or the time is over.
Finding look_within(const Journal& journal, const Assertion& assertion,
                    const std::function<bool()>& client_gone) {
  const auto deadline = std::chrono::steady_clock::now() + assertion.within;
  std::uint64_t seen = 0;
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    journal.wait_for_more(seen, now);  // what is there now is looked at
    Finding finding = look(journal, assertion);
    if (finding.verified || finding.exceeded || now >= deadline) return finding;
    if ((client_gone && client_gone()) || journal.waiting_is_over()) return finding;
    journal.wait_for_more(seen, std::min(deadline, now + std::chrono::milliseconds(kGoneAfter.count())));
  }
}

Result<Answer> verify_requests(const RouteTable& table, const Services& services, const Exchange& exchange) {
  ASSIGN_OR_RETURN(const Assertion assertion, read_assertion(table, exchange.body));
  const Finding finding = look_within(services.journal, assertion, exchange.client_gone);
  Json json{{"verified", finding.verified},
            {"count", finding.count},
            {"expected", expected_json(assertion.expected)}};
  if (finding.verified) return json_answer(200, json);
  Json found = Json::array();
  for (const JournalEntry& entry : finding.matching) found.push_back(to_json(entry));
  json["matching"] = std::move(found);
  json["nearestMisses"] =
      finding.missing != nullptr ? nearest_misses(services.journal, *finding.missing) : Json::array();
  const std::size_t unseen =
      finding.missing != nullptr ? bodies_not_kept(services.journal, *finding.missing) : 0;
  if (unseen > 0) {
    json["note"] =
        std::to_string(unseen) +
        " further calls fit but for their bodies, which were not kept: serve --journal-bodies keeps "
        "them";
  }
  return json_answer(200, json);
}

}  // namespace

void add_journal_routes(RouteTable& table, const Services& services) {
  add_explain_routes(table, services);
  add_warning_routes(table, services);
  add_coverage_routes(table, services);
  Route list = control_route(Operation::ListRequests, "List the partner API calls, newest first",
                             answers("JournalPage"));
  for (const TextCriterion& text : kTexts) list.query.push_back({text.name, text.help, schema::text("")});
  list.query.push_back({"status", "The answer's status.", schema::integer("")});
  list.query.push_back({"body",
                        "PLACE=VALUE: this value stands at this place of the body, where it was kept.",
                        schema::text("")});
  list.query.push_back({"failed", "true: those answered with an error, or cut off.", schema::boolean("")});
  add_control(table, services, with_paging(std::move(list)), list_requests);
  Route verify = control_route(Operation::VerifyRequests,
                               "Check how often a call was made, or in which order; answers with the nearest "
                               "misses",
                               {"RequestVerification", "RequestVerdict"});
  verify.waits = true;
  verify.waits_for_others = true;
  add_control(table, services, std::move(verify), [&table](const Services& given, Exchange& exchange) {
    return verify_requests(table, given, exchange);
  });
}

}  // namespace zest::api
