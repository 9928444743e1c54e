// Which partner a command acts as: the one named, the one of the environment, or the development partner.
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

// Errors: InvalidRequest for half a pair or an unusable key file.
Result<client::Credentials> partner_credentials(const PartnerOptions& options);

}  // namespace zest::cli
