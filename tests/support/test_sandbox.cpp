#include "support/test_sandbox.h"

#include <stdexcept>

#include "app/seeding.h"

namespace zest::test {

TestSandbox::TestSandbox(const Change& change, app::Sandbox::Parts parts) {
  app::ServeOptions options;
  options.port = 0;
  options.clock = ClockMode::Manual;
  options.seed = 1;
  if (change) change(options);
  Result<std::unique_ptr<app::Sandbox>> started = app::Sandbox::start(options, log_, parts);
  if (!started.ok()) throw std::runtime_error("the sandbox does not start: " + started.error().detail);
  sandbox_ = std::move(*started);
  partner_ = std::make_unique<client::PartnerApi>(development_partner(sandbox_->local_url()));
  control_ = std::make_unique<client::ControlApi>(sandbox_->local_url(), options.admin_token);
}

client::PartnerApi development_partner(const std::string& url) {
  Result<app::DevelopmentPartner> partner = app::read_development_partner(std::nullopt);
  if (!partner.ok()) throw std::runtime_error(partner.error().detail);
  Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(partner->private_key_pem);
  if (!key.ok()) throw std::runtime_error(key.error().detail);
  return client::PartnerApi(url, client::Credentials{partner->client_id, std::move(*key)});
}

Json spv_submission() {
  const Json share_class = {{"name", "Class A"}, {"managementFeePercent", "2.00"}, {"carryPercent", "20.00"}};
  Json attributes = {{"underlyingCompanySlug", "co_acme"}, {"currency", "USD"}};
  attributes["shareClasses"] = Json::array({share_class});
  return Json{
      {"templateId", "syndicate_secondary"}, {"templateVersion", "1.0.0"}, {"attributes", attributes}};
}

}  // namespace zest::test
