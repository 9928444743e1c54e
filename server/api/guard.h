// Who may use the control plane (/_sandbox and /admin). Open on loopback, closed to other sites' pages: a
// browser on the same machine must not be talked into calling it (cross-site requests), nor into believing
// that another name is this machine (DNS rebinding). With an admin token, the token decides instead of the
// Host. Thread-safety: free functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/services.h"
#include "base/error.h"
#include "http/message.h"

namespace zest::api {

// Nothing when the call may go on. In this order: Forbidden for an Origin that is not this server's own; with
// an admin token, Unauthorized unless the call carries it (Authorization: Bearer, or the cookie of the
// login); without one, Forbidden for a Host that is neither loopback nor one that was named when the server
// was started. The login itself needs no token.
std::optional<Error> check_control_access(const Settings& settings, const http::RequestHead& head);

// Path of the login, which turns the admin token into a cookie.
inline constexpr std::string_view kLoginPath = "/_sandbox/login";
// Whether `presented` is the admin token; in constant time. False when there is none.
bool is_admin_token(const Settings& settings, std::string_view presented);
// Value of the Set-Cookie field of a login. It holds a value derived from the token, not the token.
std::string login_cookie(const Settings& settings);

// The host of "host", "host:port" or "[v6]:port", in lower case, without port, brackets and a final dot;
// nothing when it is malformed.
std::optional<std::string> host_of_authority(std::string_view authority);
// localhost, 127.0.0.0/8 and ::1.
bool is_loopback_host(std::string_view host);

}  // namespace zest::api
