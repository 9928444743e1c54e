// What of the secrets between an application and Zest stands in a text that others read. Thread-safety: pure
// functions.
#pragma once

#include <string>
#include <string_view>

namespace zest::certify {

// The first that is found, in words ("an access token of client_acme"); "" for none. `webhook_secret` "" is
// none.
std::string secret_in(std::string_view text, std::string_view client_id, std::string_view webhook_secret);

}  // namespace zest::certify
