// Makes an application call Zest by its actions, again and again, with another thing going wrong each time,
// and gathers what came to the sandbox meanwhile. Blocks; wall time. Thread-safety: none.
#pragma once

#include <functional>
#include <string>

#include "application/description.h"
#include "base/result.h"
#include "certify/client_facts.h"
#include "client/control_api.h"
#include "client/partner_api.h"

namespace zest::certify {

struct DrivenClient {
  const application::Description& description;
  client::ControlApi& control;
  // With the application's own credentials, and no token yet: for what must be there before an action.
  std::function<client::PartnerApi()> partner;
  std::string client_id;
  std::function<void(const std::string& what)> on_step;  // nothing: nobody wants to know
  // The last lines that the application printed; nothing: it was started by somebody else.
  std::function<std::string()> output = {};
  std::string webhook_secret = {};
};

// Errors: the application has no action that is asked for first (requestSpv, createInvestors), one that did
// not lead to its call although nothing was wrong, and those of the sandbox.
Result<ClientFacts> drive_client(const DrivenClient& client);

// The journal of a partner (of all without `client_id`) as it is: for an application that its own tests have
// driven. Errors: those of the sandbox.
Result<ClientFacts> observed_client(const client::ControlApi& control, const std::string& client_id);

}  // namespace zest::certify
