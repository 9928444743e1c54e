// The partner that every sandbox is seeded with, known by its key in fixtures/.
#pragma once

#include <string>

#include "client/partner_api.h"

namespace zest::test {

// Its API on a sandbox anywhere (a child process, say). Throws when there is no development key.
client::PartnerApi development_partner(const std::string& url);

}  // namespace zest::test
