// Which partner a command acts as, and whose secret it verifies with: the one named, the one of the
// environment, or the development partner.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/program.h"
#include "client/partner_api.h"

namespace zest::cli {

struct PartnerOptions {
  std::string client_id;
  std::string key_file;  // PEM
};

// Adds --client-id and --key. The defaults are ZEST_CLIENT_ID and ZEST_PRIVATE_KEY_FILE.
void add_partner_options(Program& program, CLI::App* command, PartnerOptions& options);

// ZEST_WEBHOOK_SECRET, else the development partner's: the default of options that name a signing secret.
std::string default_webhook_secret(const Program& program);

// The partner that is meant: the development partner, unless another is named.
std::string client_id_of(const PartnerOptions& options);

// A refusal of an assertion also says whose key was tried and how to choose another.
Error with_partner(Error error, const PartnerOptions& options, const std::string& client_id);

// Errors: InvalidRequest for half a pair or an unusable key file.
Result<client::Credentials> partner_credentials(const PartnerOptions& options);

}  // namespace zest::cli
