#include "insight/coverage_commands.h"

#include <algorithm>
#include <utility>

#include "insight/remedy_shell.h"

namespace zest::insight {
namespace {

constexpr std::string_view kSeededPartner = "client_acme";

// Placeholders: {at} and {as} are the options for the sandbox and the partner with its key, {of} that for the
// partner alone, {id} its client id, {url} the sandbox's address, {bearer} a header with its token.
struct CommandRow {
  std::string_view id;  // of the item
  std::string_view command;
};

#define ZEST_TRIGGER(rest) "zest-sandbox trigger spv_request.created" rest "{at}{as}"
#define ZEST_ON_WEBHOOK(events, first, action)                                             \
  "zest-sandbox chaos add{at}{of} '{\"on\":\"webhook\",\"match\":{\"eventType\":\"" events \
  "\",\"first\":" first "},\"action\":{" action "}}' && "
#define ZEST_ON_INVESTOR(first, action) ZEST_ON_WEBHOOK("investor.created", first, action)
#define ZEST_TRIGGER_INVESTOR "zest-sandbox trigger investor.created{at}{as}"
#define ZEST_IDLE " && zest-sandbox clock advance --until-idle{at}{of}"
#define ZEST_DROP(attempts) \
  ZEST_ON_INVESTOR(attempts, "\"type\":\"drop\",\"attempts\":" attempts) ZEST_TRIGGER_INVESTOR ZEST_IDLE
#define ZEST_ANSWER_TOKEN(code)                                                                        \
  "zest-sandbox chaos add{at}{of} '{\"on\":\"api\",\"match\":{\"operation\":\"exchangeJwtAssertion\"," \
  "\"first\":1},\"action\":{\"type\":\"status\",\"code\":" code "}}' && zest-sandbox token{at}{as}"
#define ZEST_POST_INVESTOR(name)                                                                             \
  "curl -s {url}/v1/investors {bearer} -H 'Content-Type: application/json' -H \"Idempotency-Key: $KEY\" -d " \
  "'{\"investors\":[{\"partnerInvestorId\":\"keyed\",\"email\":\"ada@example.com\",\"firstName\":\"" name    \
  "\",\"lastName\":\"Lovelace\",\"dateOfBirth\":\"1990-12-10\"}]}'"
#define ZEST_KEY "KEY=$(date +%s%N); "

constexpr CommandRow kCommands[] = {
    {"operations.exchangeJwtAssertion", "zest-sandbox token{at}{as}"},
    {"operations.createSpvRequest", "zest-sandbox trigger spv_request.created{at}{as}"},
    {"operations.getSpvRequest",
     "curl -s {bearer} {url}/v1/spv-requests/$(zest-sandbox trigger spv_request.created --json{at}{as} | "
     "grep -o "
     "'svr_[0-9a-f]*' | head -n 1)"},
    {"operations.cancelSpvRequest", "zest-sandbox trigger spv_request.cancelled{at}{as}"},
    {"operations.bulkCreateInvestors", "zest-sandbox trigger investor.created{at}{as}"},
    {"operations.createSubscriptions", "zest-sandbox trigger subscription.created{at}{as}"},
    {"operations.uploadSubscriptionForm", "zest-sandbox trigger signed_subscription_form.uploaded{at}{as}"},
    {"operations.uploadFundingReceipt", "zest-sandbox trigger funding_receipt.uploaded{at}{as}"},
    {"errors.validation_error", ZEST_TRIGGER(" --set currency=XYZ")},
    {"errors.invalid_request", "curl -s {bearer} {url}/v1/spv-requests'?page=0'"},
    {"errors.invalid_token", "zest-sandbox token --audience https://api.zestequity.com{at}{as}"},
    {"errors.forbidden",
     "zest-sandbox partners update {id} --provisioned false{at} && zest-sandbox trigger "
     "investor.created{at}{as}; "
     "zest-sandbox partners update {id} --provisioned true{at}"},
    {"errors.not_found", "curl -s {bearer} {url}/v1/spv-requests/svr_none"},
    {"errors.conflict", ZEST_KEY ZEST_POST_INVESTOR("Ada") " && " ZEST_POST_INVESTOR("Grace")},
    {"errors.payload_too_large",
     "head -c 20000000 /dev/zero | curl -s {url}/v1/investors {bearer} -H 'Content-Type: application/json' "
     "--data-binary @-"},
    {"errors.unsupported_media_type",
     "zest-sandbox trigger signed_subscription_form.uploaded --set form.contentType=text/plain{at}{as}"},
    {"errors.internal_error", ZEST_ANSWER_TOKEN("500")},
    {"errors.service_unavailable", ZEST_ANSWER_TOKEN("503")},
    {"validation.required", ZEST_TRIGGER(" --set 'shareClasses:=[{}]'")},
    {"validation.unknown_attribute", ZEST_TRIGGER(" --set colour=blue")},
    {"validation.type", ZEST_TRIGGER(" --set currency:=7")},
    {"validation.enum", ZEST_TRIGGER(" --set investorType=robot")},
    {"validation.pattern", ZEST_TRIGGER(" --set underlyingCompanySlug=acme")},
    {"validation.max_length", ZEST_TRIGGER(" --set underlyingCompanySlug=co_$(printf %080d 0)")},
    {"validation.min_value", ZEST_TRIGGER(" --set shareClasses.0.carryPercent=-1")},
    {"validation.max_value", ZEST_TRIGGER(" --set shareClasses.0.carryPercent=101")},
    {"validation.format", ZEST_TRIGGER(" --set currency=XYZ")},
    {"validation.currency_mismatch",
     ZEST_TRIGGER(" --set currency=USD --set 'minimumTicketSize:={\"currency\":\"EUR\",\"value\":\"1\"}'")},
    {"validation.server_supplied", ZEST_TRIGGER(" --set status=approved")},
    {"validation.institutional_not_supported", ZEST_TRIGGER(" --set investorType=institutional")},
    {"transitions.investor.already_exists",
     "for i in 1 2; do zest-sandbox trigger investor.created --set partnerInvestorId=twice{at}{as}; done"},
    {"transitions.investor.failed", "zest-sandbox trigger investor.created --set email=nobody{at}{as}"},
    {"idempotency.executed", "zest-sandbox trigger spv_request.created{at}{as}"},
    {"idempotency.replayed", ZEST_KEY ZEST_POST_INVESTOR("Ada") " && " ZEST_POST_INVESTOR("Ada")},
    {"idempotency.conflict", ZEST_KEY ZEST_POST_INVESTOR("Ada") " && " ZEST_POST_INVESTOR("Grace")},
    {"idempotency.expired",
     ZEST_KEY ZEST_POST_INVESTOR("Ada") " && zest-sandbox clock advance 25h{at}{of} && " ZEST_POST_INVESTOR(
         "Ada")},
    {"retries.attempt-1", ZEST_TRIGGER_INVESTOR},
    {"retries.attempt-2", ZEST_DROP("1")},
    {"retries.attempt-3", ZEST_DROP("2")},
    {"retries.attempt-4", ZEST_DROP("3")},
    {"retries.attempt-5", ZEST_DROP("4")},
    {"retries.attempt-6", ZEST_DROP("5")},
    {"retries.dead", ZEST_DROP("6")},
    {"retries.replayed", ZEST_DROP("6") " && zest-sandbox webhook-deliveries retry-all --status=dead{at}"},
    {"duplicates.copy", ZEST_ON_INVESTOR("1", "\"type\":\"duplicate\"") ZEST_TRIGGER_INVESTOR},
    {"duplicates.lost-acknowledgement",
     ZEST_ON_INVESTOR("1", "\"type\":\"lostAck\",\"attempts\":1") ZEST_TRIGGER_INVESTOR ZEST_IDLE},
    {"duplicates.replay",
     ZEST_ON_INVESTOR("1", "\"type\":\"replay\",\"after\":\"1h\"") ZEST_TRIGGER_INVESTOR ZEST_IDLE},
    {"order.overtaken",
     ZEST_ON_WEBHOOK(
         "spv_request.*", "2",
         "\"type\":\"reorder\",\"window\":2") "zest-sandbox trigger spv_request.completed{at}{as}" ZEST_IDLE},
    {"order.overtaken-same-resource",
     ZEST_ON_WEBHOOK(
         "spv_request.*", "2",
         "\"type\":\"reorder\",\"window\":2") "zest-sandbox trigger spv_request.completed{at}{as}" ZEST_IDLE},
    {"clocks.token-expired",
     "TOKEN=$(zest-sandbox token{at}{as}) && zest-sandbox chaos add{at}{of} "
     "'{\"on\":\"api\",\"match\":{\"operation\":"
     "\"getOauth2Info\",\"first\":1},\"action\":{\"type\":\"expireTokens\"}}' && for i in 1 2; do curl -s -H "
     "\"Authorization: Bearer $TOKEN\" {url}/v1/oauth2/info; done"},
    {"clocks.url-expired",
     "FILE=$(zest-sandbox trigger signed_subscription_form.uploaded --json{at}{as} | grep -o "
     "'http[^\"]*/files/[^\"]*' "
     "| head -n 1) && zest-sandbox clock advance 25h{at}{of} && curl -s \"$FILE\""},
    {"clocks.key-expired",
     ZEST_KEY ZEST_POST_INVESTOR("Ada") " && zest-sandbox clock advance 25h{at}{of} && " ZEST_POST_INVESTOR(
         "Ada")},
};

#undef ZEST_TRIGGER
#undef ZEST_ON_WEBHOOK
#undef ZEST_ON_INVESTOR
#undef ZEST_TRIGGER_INVESTOR
#undef ZEST_IDLE
#undef ZEST_DROP
#undef ZEST_ANSWER_TOKEN
#undef ZEST_POST_INVESTOR
#undef ZEST_KEY

// What is shipped, of each list of contracts.
constexpr std::pair<std::string_view, std::string_view> kShippedNames[] = {
    {"{version}", "1.0.0"},
    {"{template_name}", "syndicate_secondary"},
    {"{catalog_name}", "currencies"},
    {"{primitive_name}", "money"},
    {"{sample_name}", "syndicate_secondary"},
};

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

// A call that reads needs nothing but its address, and a token where it asks for one.
std::string reading_call(std::string_view operation_id) {
  for (const OperationRow& row : kOperationTable) {
    if (row.id != operation_id || row.method != "GET") continue;
    const std::string token = row.access == Access::Public ? "" : "{bearer} ";
    std::string command = "curl -s " + token + "{url}" + std::string(row.path);
    for (const auto& [placeholder, name] : kShippedNames) replace_all(command, placeholder, name);
    return command;
  }
  return "";
}

std::string template_of(const CoverageItem& item) {
  for (const CommandRow& row : kCommands) {
    if (row.id == item.id) return std::string(row.command);
  }
  if (item.dimension == CoverageDimension::Operations) return reading_call(item.name);
  std::string_view event = item.dimension == CoverageDimension::Events ? item.name : "";
  for (const TransitionRow& row : kTransitionTable) {
    const bool is_it = item.dimension == CoverageDimension::Transitions && row.name == item.name;
    if (is_it && row.told_by) event = to_string(*row.told_by);
  }
  return event.empty() ? "" : "zest-sandbox trigger " + std::string(event) + "{at}{as}";
}

}  // namespace

std::string command_for(const CoverageItem& item, const CommandPlace& place) {
  std::string command = template_of(item);
  const bool seeded = place.client_id.empty() || place.client_id == kSeededPartner;
  const std::string url = place.url.empty() ? kDefaultUrl : shell_word(place.url);
  const std::string id = shell_word(place.client_id);
  const std::string key = shell_word(place.key_file.empty() ? place.client_id + ".pem" : place.key_file);
  replace_all(command, "{bearer}", "-H \"Authorization: Bearer $(zest-sandbox token{at}{as})\"");
  replace_all(command, "{at}", url == kDefaultUrl ? "" : " --url " + url);
  replace_all(command, "{as}", seeded ? "" : " --client-id " + id + " --key " + key);
  replace_all(command, "{of}", seeded ? "" : " --client-id " + id);
  replace_all(command, "{id}", seeded ? std::string(kSeededPartner) : id);
  replace_all(command, "{url}", url);
  return command;
}

bool needs_endpoint(CoverageDimension dimension) {
  return dimension == CoverageDimension::Events || dimension == CoverageDimension::Retries ||
         dimension == CoverageDimension::Duplicates || dimension == CoverageDimension::Order;
}

}  // namespace zest::insight
