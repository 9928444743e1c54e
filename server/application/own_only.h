// Applications that look their webhooks up among what they made themselves, and take in nothing else.
// Thread-safety: free functions.
#pragma once

#include <string>

#include "application/driver.h"
#include "client/control_api.h"
#include "client/partner_api.h"

namespace zest::application {

// Whether the application is one of them: it is made to make one of these resources, by the action for it,
// and knows what that one's webhooks tell; of another one that `partner` makes in its name it knows nothing.
// Of subscriptions also where that is so of the SPV requests or the investors that they are of. False where
// it has no action or no probe for that, or either cannot be told. What was made stays. Blocks; wall time.
bool takes_only_its_own(const Description& description, client::PartnerApi& partner,
                        client::ControlApi& control, const std::string& client_id, Resource resource);

}  // namespace zest::application
