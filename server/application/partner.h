// The partner that an application with a key of its own is at a sandbox. Thread-safety: free functions.
#pragma once

#include "application/description.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/result.h"
#include "client/control_api.h"

namespace zest::application {

// Errors: InvalidRequest that names the file.
Result<Ed25519PrivateKey> read_private_key(const PartnerToBe& partner);

// Makes it a partner of the sandbox with these settings (webhookUrl, webhookSecret …): registers it with its
// key, or, where it is known already, changes its settings and takes its data away, so that the run begins
// with nothing. Answers the partner as it was before; null when it was not there. Errors: those of the key
// and of the calls.
Result<Json> take_partner(const client::ControlApi& control, const PartnerToBe& partner,
                          const Json& settings);
// Gives it back as take_partner() found it: without data, with its former endpoint; removed where there was
// none.
void give_back_partner(const client::ControlApi& control, const PartnerToBe& partner, const Json& before);

}  // namespace zest::application
