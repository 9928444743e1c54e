#include "scenario/set_up.h"

#include <algorithm>

namespace zest::scenario {
namespace {

constexpr const char* kLevels = R"json([
  {"name": "spvRequest", "needs": [], "defines": ["svr"], "steps": [
    {"call": "createSpvRequest", "sample": "syndicate_secondary", "capture": {"svr": "spvRequestSlug"}}
  ]},
  {"name": "spv", "needs": ["spvRequest"], "defines": ["spv", "shareClass"], "steps": [
    {"approve": "${svr}",
     "capture": {"spv": "materialisedRefs.vehicleSlug", "shareClass": "feesAndCarry.shareClasses[0].slug"}}
  ]},
  {"name": "investor", "needs": [], "defines": ["person"], "steps": [
    {"call": "bulkCreateInvestors",
     "body": {"investors": [{"partnerInvestorId": "inv-1", "email": "ada@example.com", "firstName": "Ada",
                             "lastName": "Lovelace", "dateOfBirth": "1985-12-10", "countryOfResidence": "GB"}]},
     "expect": {"body": {"results[0].zestPersonId": {"exists": true}}},
     "capture": {"person": "results[0].zestPersonId"}}
  ]},
  {"name": "subscription", "needs": ["spv", "investor"], "defines": ["sub"], "steps": [
    {"call": "createSubscriptions", "spv": "${spv}",
     "body": {"subscriptions": [{"zestPersonId": "${person}", "shareClassSlug": "${shareClass}",
                                 "lumpSum": {"currency": "USD", "value": "50000.00"}}]},
     "capture": {"sub": "results[0].subscriptionSlug"}}
  ]},
  {"name": "signedForm", "needs": ["subscription"], "defines": [], "steps": [
    {"call": "uploadSubscriptionForm", "spv": "${spv}", "person": "${person}", "file": {"name": "form.pdf"}}
  ]},
  {"name": "fundingReceipt", "needs": ["signedForm"], "defines": [], "steps": [
    {"call": "uploadFundingReceipt", "spv": "${spv}", "person": "${person}", "file": {"name": "receipt.pdf"},
     "amount": "50000.00", "currency": "USD", "wireReference": "WIRE-1"}
  ]},
  {"name": "completed", "needs": ["fundingReceipt"], "defines": [], "steps": [{"complete": "${sub}"}]}
])json";

std::vector<std::string> texts(const Json& list) { return list.get<std::vector<std::string>>(); }

std::vector<SetUpLevel> read_levels() {
  std::vector<SetUpLevel> levels;
  const Json all = parse_json(kLevels).value();
  for (const Json& each : all) {
    levels.push_back({each["name"], texts(each["needs"]), texts(each["defines"]), each["steps"]});
  }
  return levels;
}

void collect(std::string_view name, std::vector<const SetUpLevel*>& path) {
  static const std::vector<SetUpLevel> levels = read_levels();
  for (const SetUpLevel& level : levels) {
    if (level.name != name) continue;
    for (const std::string& need : level.needs) collect(need, path);
    if (std::find(path.begin(), path.end(), &level) == path.end()) path.push_back(&level);
  }
}

}  // namespace

std::vector<const SetUpLevel*> set_up_path(std::string_view name) {
  std::vector<const SetUpLevel*> path;
  collect(name, path);
  return path;
}

}  // namespace zest::scenario
