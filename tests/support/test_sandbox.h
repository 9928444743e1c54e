// A whole sandbox in the test's process: temporary store, manual clock, fixed seed, a free port; called over
// real HTTP.
#pragma once

#include <functional>
#include <memory>

#include "app/sandbox.h"
#include "base/log.h"
#include "client/control_api.h"
#include "client/partner_api.h"

namespace zest::test {

class TestSandbox {
 public:
  using Change = std::function<void(app::ServeOptions&)>;

  // Throws when it cannot start. `change` adjusts the options before that.
  explicit TestSandbox(const Change& change = {}, app::Sandbox::Parts parts = {});

  app::Sandbox& sandbox() { return *sandbox_; }
  const app::SeededPartner& seeded() const { return sandbox_->partner(); }
  // As the seeded partner, and as the operator.
  client::PartnerApi& partner() { return *partner_; }
  client::ControlApi& control() { return *control_; }

 private:
  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<app::Sandbox> sandbox_;
  std::unique_ptr<client::PartnerApi> partner_;
  std::unique_ptr<client::ControlApi> control_;
};

// The seeded partner's API on a sandbox anywhere (a child process, say). Throws when there is no development
// key.
client::PartnerApi development_partner(const std::string& url);

// A submission that the shipped template accepts.
Json spv_submission();

}  // namespace zest::test
