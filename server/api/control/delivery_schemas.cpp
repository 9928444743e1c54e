// Bodies of the control plane: webhook deliveries, time, chaos, the journal and the stream.
#include "api/pipeline/members.h"
#include "api/pipeline/schemas.h"
#include "model/lane.h"
#include "protocol/error_codes.h"
#include "protocol/event_type.h"
#include "protocol/operations.h"
#include "protocol/statuses.h"

namespace zest::api {
namespace {

using schema::boolean;
using schema::closed;
using schema::constant;
using schema::date_time;
using schema::described;
using schema::example;
using schema::integer;
using schema::list;
using schema::object;
using schema::one_of;
using schema::page_of;
using schema::ref;
using schema::text;
using schema::with;

Json whole_number(std::string description, std::int64_t least) {
  return with(integer(std::move(description)), "minimum", least);
}

Json delivery_status() { return one_of("Its state.", texts_of(kDeliveryStatuses)); }
Json true_only() { return Json{{"type", "boolean"}, {"const", true}}; }
Json timespan(std::string description, const char* sample) {
  return with(text(std::move(description), sample), "format", "timespan");
}

// What every list and the stream tell of an attempt.
Json attempt_schema() {
  return object(
      {{"number", with(with(integer("Which attempt of its schedule."), "minimum", 1), "maximum", 6)},
       {"kind", one_of("scheduled ones count; the others accompany one.", texts_of(kAttemptKinds))},
       {"schedule", whole_number("1, and one more for each retry.", 1)},
       {"virtualTime", date_time("Its start.")},
       {"wallTime", date_time("Its start.")},
       {"offsetSeconds", schema::number("Virtual time since the first attempt of the schedule.")},
       {"latencyMs", integer("Wall time until the outcome.")},
       {"outcome", one_of("Whether the receiver took it.", {"delivered", "failed"})}},
      {{"failure", text("Why it failed: status, connect, resolve, tls, timeout, reset.", "status")},
       {"failureDetail", text("The same, for people.", "the receiver answered 500")},
       {"responseStatus", example(integer("What the receiver answered."), 500)},
       {"chaosRule", text("The rule that shaped it.", "chr_1")}});
}

Json with_members(Json document, const schema::Members& members, bool required) {
  for (const schema::Member& member : members) {
    document["properties"][member.name] = member.schema;
    if (required) document["required"].push_back(member.name);
  }
  return document;
}

Json delivery_schema() {
  return object({"deliveryId",
                 "eventId",
                 "eventType",
                 "clientId",
                 "subject",
                 {"status", delivery_status()},
                 {"attemptCount", integer("Scheduled attempts made, over all schedules.")},
                 {"schedule", whole_number("1, and one more for each retry.", 1)},
                 {"createdAt", date_time("Virtual.")}},
                {{"nextAttemptAt", date_time("Virtual; left out when none is scheduled.")}});
}

void add_deliveries(Schemas& schemas) {
  schemas.add("AttemptSummary", attempt_schema());
  Json headers{{"type", "object"}, {"additionalProperties", Json{{"type", "string"}}}};
  Json attempt = with_members(attempt_schema(), {{"requestHeaders", std::move(headers)}}, true);
  schemas.add("Attempt",
              with_members(std::move(attempt),
                           {{"responseBody", text("Its first 4 KiB.", "{\"error\":\"locked\"}")}}, false));
  schemas.add("Delivery", delivery_schema());
  const Json attempts = list("With include=attempts: without headers and bodies.", ref("AttemptSummary"));
  schemas.add("ListedDelivery", with_members(delivery_schema(), {{"attempts", attempts}}, false));
  schemas.add("DeliveryPage", page_of("ListedDelivery"));
  Json whole =
      with_members(delivery_schema(), {{"attempts", list("All that were made.", ref("Attempt"))}}, true);
  schemas.add("WholeDelivery", with_members(std::move(whole),
                                            {{"envelope", ref("WebhookEvent")},
                                             {"body", text("The very bytes that are sent and signed.",
                                                           "{\"eventId\":\"wde_9c41e07b00000001\"}")}},
                                            false));
  const std::vector<std::string> retriable = {"dead", "delivered", "pending", "retrying"};
  schemas.add(
      "DeliveryRetry",
      example(
          closed(object(
              {{"status", one_of("Those in this state.", retriable)}},
              {"clientId", "eventType", "subject", {"dryRun", boolean("Only tells which it would be.")}})),
          Json{{"status", "dead"}}));
  schemas.add("DeliveriesRetried",
              object({{"count", integer("How many.")},
                      {"deliveryIds", list("Oldest first.", shared_member("deliveryId"))},
                      {"dryRun", boolean("Whether nothing happened.")}}));
  schemas.add("DispatcherState", object({{"paused", boolean("Whether webhooks wait.")},
                                         {"lanes", list("Those that it was said to.", ref("Lane"))}}));
  Json header_fields{{"type", "object"},
                     {"description", "Header fields of the webhook, by name."},
                     {"additionalProperties", Json{{"type", "string"}}}};
  const Json mistake =
      object({{"id", text("Of the mistake.", "signature.body-reserialised")},
              {"sentence", text("What was done.")},
              {"fix", text("What to do instead.")}},
             {{"lookFor", schema::free_object("The line of code to look for, by language.")}});
  schemas.add("Finding",
              object({{"ids", list("Of its mistakes.", text("Of a mistake.", "signature.secret-prefix"))},
                      {"sentence", text("All of it, for people.")},
                      {"mistakes", list("Which together explain it.", mistake)}}));
  schemas.add(
      "Explanation",
      object({{"kind", text("What is explained.", "call")},
              {"id", text("Of it.")},
              {"summary", text("In one line.")}},
             {{"request", schema::free_object("The journal's row of the call.")},
              {"rule", schema::free_object(
                           "The rule that was broken: id, sentence, documentation, outcome, fix, test.")},
              {"warnings", list("What of it is fragile in production.", schema::free_object("A rule."))},
              {"since", text("What of its operation has succeeded after it went wrong.")},
              {"broken", list("What broke it.", schema::free_object("A value."))},
              {"changes", list("What would make it pass.", text("A change."))},
              {"enough", boolean("Whether the changes alone do, as far as can be told.")},
              {"curl", text("The call with them, as lines for a shell.")},
              {"example", boolean("Whether its body is an example: the one that was sent is not kept.")},
              {"exampleOf", text("Of which SPV request of the partner it is.")},
              {"production", text("What production would have done.")},
              {"status", text("Of a delivery.", "dead")},
              {"chain", list("From its cause to its last attempt.", schema::free_object("A step."))},
              {"history", list("Of a resource.", schema::free_object("A step."))},
              {"cause", schema::free_object("The journal's row of the call that caused it.")},
              {"nextAttemptAt", date_time("Virtual.")},
              {"waitsFor", schema::free_object("What it waits for, and who must act.")}}));
  schemas.add(
      "Explanations",
      object({{"kind", text("What this is.", "list")},
              {"documents", list("Newest first.", schema::free_object("A thing that went wrong."))}}));
  const Json evidence = object({{"at", date_time("Wall time.")},
                                "clientId",
                                {"what", text("What was seen.", "answered 204 after 2.4 s")}},
                               {{"request", integer("Its sequence in the journal, of a call.")},
                                {"call", text("The same, as /_sandbox/explain/{id} takes it.", "call-5")},
                                {"operation", text("Of a call.", "createSubscriptions")},
                                {"deliveryId", text("Of an attempt.", "wde_9c41e07b00000001")}});
  schemas.add("Warning", object({{"id", text("Of the rule.", "warn.missing-key")},
                                 {"sentence", text("What holds.")},
                                 {"documentation", text("Page of Zest's documentation.", "idempotency")},
                                 {"fix", text("What to do.")},
                                 {"count", integer("How often it was seen.")},
                                 {"first", evidence},
                                 {"last", evidence}}));
  schemas.add("WarningPage", page_of("Warning"));
  const Json covered = integer("How many were met.");
  const Json percent = integer("Of all, rounded down.");
  const Json item = object({{"id", text("Dimension and name.", "operations.createSpvRequest")},
                            {"name", text("What is met.", "createSpvRequest")},
                            {"count", integer("How often it was met.")}},
                           {{"command", text("Of one that is missing: a shell's line that provokes it.")}});
  const Json dimension = object({{"id", text("Of the dimension.", "operations")},
                                 {"title", text("For people.", "Operations")},
                                 {"counts", text("When one of its items counts as met.")},
                                 {"covered", covered},
                                 {"total", integer("How many there are.")},
                                 {"percent", percent},
                                 {"items", list("All of them.", item)}});
  const Json of_partner = object({"clientId", {"covered", covered}, {"percent", percent}});
  schemas.add("Coverage",
              object({{"kind", constant("coverage")},
                      {"version", text("Of the sandbox.", "0.2.0")},
                      {"covered", covered},
                      {"total", integer("How many items there are.")},
                      {"percent", percent},
                      {"endpoint", boolean("Whether the partner of the commands has a webhook endpoint.")},
                      {"dimensions", list("Each with its items.", dimension)}},
                     {"clientId", {"partners", list("Of the sum: each by itself.", of_partner)}}));
  schemas.add("TokenToExplain", closed(object({{"token", text("An assertion, or another token.")}},
                                              {{"publicKey", text("The caller's own, to be compared.")}})));
  schemas.add("TokenVerdict",
              object({{"kind", text("What it is.", "assertion")},
                      {"answer", schema::free_object("What it would be answered: status, code, detail.")},
                      {"clock", date_time("The sandbox's, wall time.")},
                      {"findings", list("What is wrong with it.", ref("Finding"))}},
                     {{"header", schema::free_object("Its header.")},
                      {"claims", schema::free_object("Its claims.")},
                      {"registeredKey", schema::free_object("Partner and RFC 7638 thumbprint.")}}));
  schemas.add(
      "SignatureToVerify",
      example(
          closed(object(
              {{"headers", std::move(header_fields)}, {"secret", text("The whole secret, whsec_ included.")}},
              {{"body", text("The raw body.")},
               {"bodyBase64", text("The same in base64, for bytes that are no text.")},
               {"computed", text("The signature that the partner's own code computed.")},
               {"endpoint", text("Where the webhook was sent; else the partner's webhookUrl.")}})),
          Json{{"headers", Json{{"Zest-Signature", "t=1767225600,v1=5257a869e7"}}},
               {"body", "{\"eventId\":\"wde_9c41e07b00000001\"}"},
               {"secret", "whsec_0123456789abcdef"}}));
  schemas.add(
      "SignatureVerdict",
      object({{"verified", boolean("Whether a receiver has to accept it now.")},
              {"signatureMatches", boolean("Whether it follows from secret and body, whenever that was.")},
              {"detail", text("The same, for people.", "the signature is valid")},
              {"findings", list("What explains it; empty when all is well.", ref("Finding"))}},
             {{"signedAt", date_time("What t says.")},
              {"ageSeconds", integer("How long ago that was.")},
              {"expected", text("The v1 that would be right.")},
              {"computedMatches", boolean("Whether `computed` is that.")}}));
}

Json lane_schema(bool required) {
  const schema::Members members = {"clientId",
                                   {"mode", one_of("How its clock runs.", texts_of(kClockModes))},
                                   {"scale", whole_number("How many times faster than the wall clock.", 1)},
                                   {"now", date_time("Its virtual time.")},
                                   {"paused", boolean("Whether its webhooks wait.")},
                                   {"inFlight", integer("Webhooks under way.")}};
  const schema::Members next = {{"nextDueAt", date_time("When something is due next, virtual time.")}};
  return with_members(required ? object(members) : object({}, members), next, false);
}

void add_time(Schemas& schemas) {
  schemas.add("Lane", described(lane_schema(true), "A partner's clock and dispatcher."));
  Json clocks = with_members(lane_schema(false), {}, false);
  const Json page = page_of("Lane");
  for (const auto& [name, member_schema] : page["properties"].items())
    clocks["properties"][name] = member_schema;
  clocks["required"] = page["required"];
  schemas.add("Clocks", described(std::move(clocks), "A single lane's members stand at the top as well."));
  const Json scale = with(whole_number("For mode scaled.", 1), "maximum", kMaxTimeScale);
  schemas.add(
      "ClockChange",
      example(closed(object({}, {"clientId",
                                 {"mode", one_of("How it runs from now on.", texts_of(kClockModes))},
                                 {"scale", scale},
                                 {"timeScale", described(scale, "The same as scale.")},
                                 {"time", date_time("What it shows now; never earlier than it did.")}})),
              Json{{"mode", "manual"}}));
  Json advance = closed(object({}, {"clientId",
                                    {"by", timespan("So much.", "5m")},
                                    {"to", text("next: the earliest timer; or an instant.", "next")},
                                    {"until", constant("idle")}}));
  advance["oneOf"] = Json::array();
  for (const char* way : {"by", "to", "until"})
    advance["oneOf"].push_back(Json{{"required", Json::array({way})}});
  schemas.add("ClockAdvance", example(std::move(advance), Json{{"by", "5m"}}));
  Json reported = with_members(attempt_schema(),
                               {"deliveryId", "clientId", "eventType", {"status", delivery_status()}}, true);
  reported = with_members(std::move(reported), {{"nextAttemptAt", date_time("Virtual.")}}, false);
  schemas.add("ReportedAttempt", std::move(reported));
  schemas.add("AdvanceReport",
              object({{"lanes", list("Where their clocks are now.", ref("Lane"))},
                      {"timers", integer("How many timers fired.")},
                      {"parked", list("Deliveries that no time brings: paused, held, without endpoint.",
                                      shared_member("deliveryId"))},
                      {"attemptCount", integer("Attempts made.")},
                      {"truncated", boolean("Whether `attempts` has only the first of them.")},
                      {"attempts", list("In order.", ref("ReportedAttempt"))}},
                     {"clientId", {"now", date_time("The one lane's virtual time.")}}));
}

void add_waits(Schemas& schemas) {
  const Json timeout = timespan("At most so long (wall time).", "10s");
  const Json idle = described(constant("idle"), "Nothing due is left undelivered.");
  const Json outcome =
      one_of("What it has to come to; delivered, unless said otherwise.", texts_of(kWaitOutcomes));
  schemas.add("WaitForIdle", closed(object({}, {{"until", idle}, "clientId", {"timeout", timeout}})));
  schemas.add("WaitForEvent",
              closed(object({{"until", described(constant("event"), "Such an event came.")}},
                            {"clientId",
                             {"timeout", timeout},
                             "eventType",
                             "subject",
                             {"count", with(whole_number("How many.", 1), "maximum", 1'000'000)},
                             {"outcome", outcome}})));
  schemas.add(
      "WaitForDelivery",
      closed(object(
          {{"until", described(constant("delivery"), "The delivery came to an outcome, or to this state.")},
           "deliveryId"},
          {"clientId", {"timeout", timeout}, {"outcome", outcome}, {"status", delivery_status()}})));
  schemas.add(
      "Wait",
      example(Json{{"oneOf", Json::array({ref("WaitForIdle"), ref("WaitForEvent"), ref("WaitForDelivery")})}},
              Json{{"until", "idle"}, {"timeout", "10s"}}));
  schemas.add("Waited", object({{"reached", true_only()}}));
}

void add_held(Schemas& schemas) {
  schemas.add("ChaosRulePage", page_of("StoredChaosRule"));
  schemas.add("ChaosRulesRemoved", object({{"removed", integer("How many.")}}));
  schemas.add("HeldDelivery",
              object({"deliveryId",
                      "clientId",
                      "eventType",
                      "subject",
                      {"rule", text("What holds it.", "chr_1")},
                      {"since", date_time("Virtual.")}},
                     {{"untilEvent", text("Until such an event was delivered.", "subscription.completed")},
                      {"follows", text("Until this one was answered.", "wde_9c41e07b00000001")}}));
  schemas.add("HeldDeliveryPage", page_of("HeldDelivery"));
}

Json outcome_of_key() {
  return one_of("What the Idempotency-Key did.", {"executed", "replayed", "conflict"});
}

void add_journal(Schemas& schemas) {
  const Json status = example(integer("The answer's status; 0: the connection was cut."), 201);
  schemas.add(
      "JournalEntry",
      object({{"sequence", whole_number("Grows by one per call.", 1)},
              {"method", text("", "POST")},
              {"path", text("With query; tokens in it redacted.", "/v1/spv-requests")},
              {"status", status},
              {"wallTime", date_time("")},
              {"durationMs", integer("Wall time.")}},
             {"clientId",
              {"operation", text("Id of the operation; left out for an unknown route.", "createSpvRequest")},
              {"errorId", text("Of an error.", "0b6f3c1e-8d5a-4f6e-9a51-3f0c2f5c7f10")},
              {"errorCode", text("Of an error.", "validation_error")},
              {"errorDetail", text("Of an error.")},
              {"rule", text("The rule that was broken.", "spv.form-before-funding")},
              {"warnings",
               list("What succeeds here and is fragile in production.", text("An id.", "warn.missing-key"))},
              {"validationErrors",
               list("The first 50 of them; of a batch that succeeded, what its failed rows broke.",
                    ref("PartnerValidationError"))},
              {"idempotencyKey", text("As it was sent.", "order-42")},
              {"idempotencyOutcome", outcome_of_key()},
              {"fault", text("The fault that was injected.", "drop-after-commit")},
              {"virtualTime", date_time("Of the caller's clock.")},
              {"query", text("Of the path.", "page=2")},
              {"jti", text("What the access token claims to be called.")},
              {"requestIds", Json{{"type", "object"},
                                  {"description", "X-Request-Id, traceparent and the like, as sent."},
                                  {"additionalProperties", Json{{"type", "string"}}}}},
              {"contentType", text("The body's, as sent.", "application/json")},
              {"bodySize", integer("Bytes of the body.")},
              {"bodySha256", text("Of a body without secrets, in hex.")},
              {"grant", schema::free_object("Of a token request: what its assertion claims.")},
              {"file", schema::free_object("Of an upload: contentType, size and sha256.")},
              {"headers", schema::free_object("As sent, secrets redacted; where they are kept.")},
              {"body", schema::any("As sent, secrets redacted; where it is kept.")},
              {"bodyOmitted", text("Why there is no body though one was sent.")}}));
  schemas.add("JournalPage", page_of("JournalEntry"));
  schemas.add(
      "CallCriteria",
      closed(
          object({}, {"clientId",
                      {"method", text("", "POST")},
                      {"path", text("The path, or a prefix of it that ends with '*'.", "/v1/spv-requests*")},
                      {"operation", text("The operation's id.", "createSpvRequest")},
                      {"status", with(with(integer("The answer's status."), "minimum", 100), "maximum", 599)},
                      {"errorId", text("The answer's errorId.")},
                      {"errorCode", text("The answer's code.", "conflict")},
                      {"idempotencyKey", text("The call's Idempotency-Key.")},
                      {"idempotencyOutcome", outcome_of_key()},
                      {"fault", text("The rule's id, or what Prefer asked for.")},
                      {"contentType", text("The body's media type.", "application/json")},
                      {"requestId", text("The value of X-Request-Id, traceparent or the like.")},
                      {"jti", text("The jti of the access token.")},
                      {"bodySha256", text("Of the body, in hex.")},
                      {"body", schema::free_object("Values by their places in the body.")}})));
  const Json range = closed(object({}, {{"min", whole_number("", 0)}, {"max", whole_number("", 0)}}));
  Json count{{"description", "Exactly so many, or a range."},
             {"oneOf", Json::array({whole_number("", 0), range})}};
  schemas.add(
      "RequestVerification",
      example(closed(object({}, {"clientId",
                                 {"match", ref("CallCriteria")},
                                 {"count", std::move(count)},
                                 {"atLeast", whole_number("Instead of count.", 0)},
                                 {"order", with(list("Instead of match: calls that came in this order.",
                                                     ref("CallCriteria")),
                                                "maxItems", 100)},
                                 {"within", timespan("Waits so long for it (wall time).", "5s")},
                                 {"atMost", whole_number("Instead of count.", 0)}})),
              Json{{"match", Json{{"operation", "createSpvRequest"}, {"status", 201}}}, {"count", 1}}));
  schemas.add("CallDifference", object({{"member", text("The criterion that is missed.", "status")},
                                        {"expected", Json::object()}},
                                       {{"actual", Json::object()}}));
  schemas.add("NearMiss", object({{"request", ref("JournalEntry")},
                                  {"differs", list("What it misses.", ref("CallDifference"))}}));
  schemas.add("RequestVerdict",
              object({{"verified", boolean("Whether it was called so often.")},
                      {"count", integer("How often it was.")},
                      {"expected", object({{"min", integer("")}}, {{"max", integer("")}})}},
                     {{"matching", list("When it was not: the calls that match.", ref("JournalEntry"))},
                      {"nearestMisses", list("Calls that nearly match.", ref("NearMiss"))},
                      {"note", text("What could not be looked at.")}}));
}

// What the event stream tells, by the event's name.
void add_stream(Schemas& schemas) {
  const Json lanes = list("Where the clocks are now.", ref("Lane"));
  const Json partner = object({"clientId", {"change", one_of("", {"registered", "changed", "removed"})}});
  const Json chaos = object({"deliveryId",
                             "clientId",
                             "eventType",
                             {"rule", text("", "chr_1")},
                             {"what", one_of("", {"delayed", "held", "collected", "released"})}},
                            {{"until", date_time("Virtual.")}});
  schemas.add("StreamEvents",
              object({}, {{"request", ref("JournalEntry")},
                          {"attempt", ref("ReportedAttempt")},
                          {"chaos", chaos},
                          {"clock", object({{"lanes", lanes}})},
                          {"paused", ref("DispatcherState")},
                          {"resumed", ref("DispatcherState")},
                          {"review", object({"spvRequestSlug", {"status", ref("SpvRequestStatus")}})},
                          {"completion", object({"subscriptionSlug"})},
                          {"partner", partner},
                          {"chaosRule", ref("StoredChaosRule")},
                          {"chaosRulesRemoved", ref("ChaosRulesRemoved")},
                          {"reset", ref("ResetReport")},
                          {"snapshot", ref("SnapshotLoaded")},
                          {"gap", object({{"missedBefore", text("What came before it is not kept any more.",
                                                                "1767225600000000")}})}}));
  Json stream = text(
      "Server-sent events: id, event and data, which is JSON in one line. The members of its schema are the "
      "names of "
      "events, their values what data holds. With Last-Event-ID it goes on from there; 0 asks for all that "
      "is kept.",
      "id: 1767225600000001\nevent: completion\ndata: {\"subscriptionSlug\":\"sub_9c41e07b00000001\"}\n\n");
  stream["contentSchema"] = ref("StreamEvents");
  schemas.add("EventStream", std::move(stream));
  schemas.add("MetricsText", text("Families of samples.", "zest_sandbox_partners 1\n"));
}

}  // namespace

void add_delivery_schemas(Schemas& schemas) {
  add_deliveries(schemas);
  add_time(schemas);
  add_waits(schemas);
  add_held(schemas);
  add_journal(schemas);
  add_stream(schemas);
}

}  // namespace zest::api
