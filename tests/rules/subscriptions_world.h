// An approved SPV of acme's in USD, with a minimum ticket of 10000.00, and investors of it.
#pragma once

#include <string>
#include <vector>

#include "rules/rules_fixture.h"

namespace zest::rules {

class SubscriptionsTest : public RulesTest {
 protected:
  void SetUp() override {
    RulesTest::SetUp();
    request_ = approve(after(10), submit(after(0)).value().slug).value();
    spv_ = request_.refs->vehicle_slug;
    ada_ = person("ada");
  }

  std::string person(const std::string& id) {
    return invest(after(20), Json::array({investor_row(id)})).front().person_id;
  }
  static SubscriptionRow row(const std::string& person_id, const std::string& value = "50000.00",
                             const std::string& currency = "USD") {
    SubscriptionRow made;
    made.person_id = person_id;
    made.lump_sum = Json{{"currency", currency}, {"value", value}};
    made.share_class_slug = "sc_classA";
    return made;
  }
  Result<std::vector<Subscription>> subscribe(Instant now, const std::vector<SubscriptionRow>& rows,
                                              const std::string& client_id = "acme") {
    return at(
        now, [&](Context& context) { return create_subscriptions(context, contracts_, spv_, rows); },
        client_id);
  }

  static NewUpload file(char digit) { return {std::string(64, digit), 1234, "application/pdf"}; }
  Result<UploadOutcome> upload_form_of(Instant now, char digit) {
    return at(now, [&](Context& context) { return upload_form(context, urls_, spv_, ada_, file(digit)); });
  }
  Result<UploadOutcome> upload_funding_of(Instant now, char digit,
                                          const FundingFields& fields = {"50000.00", "USD", "W1"}) {
    return at(now, [&](Context& context) {
      return upload_funding(context, urls_, spv_, ada_, file(digit), fields);
    });
  }
  Result<Subscription> complete(Instant now, const std::string& slug, Completion completion = {}) {
    return at(now, [&](Context& context) { return complete_subscription(context, slug, completion); });
  }
  Subscription stored(const std::string& slug) {
    return look([&](store::Read& tx) { return tx.subscription(slug); }).value();
  }

  SpvRequest request_;
  std::string spv_;
  std::string ada_;
};

}  // namespace zest::rules
