// Who may use the control plane (/_sandbox and /admin). Open on loopback, closed to other sites' pages: a
// browser on the same machine must not be talked into calling it (cross-site requests), nor into believing
// that another name is this machine (DNS rebinding). With an admin token, the token decides instead of the
// Host, and who guesses at it is slowed down (guesses.h). Thread-safety: all from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/pipeline/guesses.h"
#include "api/pipeline/public_url.h"
#include "api/pipeline/settings.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/message.h"

namespace zest::api {

// Path of the login, which turns the admin token into a cookie.
inline constexpr std::string_view kLoginPath = "/_sandbox/login";

class Guard {
 public:
  struct Refused {
    Error error;
    Duration hold{0};  // how long to hold its answer back (wall)
  };

  // All outlive the guard.
  Guard(const Settings& settings, const PublicUrl& public_url, const WallClock& clock)
      : settings_(settings), public_url_(public_url), clock_(clock) {}

  // Nothing when the call may go on. In this order: Forbidden for an Origin that is not this server's own,
  // and for what a browser fetches for a page from elsewhere (Sec-Fetch-Site);
  // (a public URL counts where it is trusted: Settings);
  // with an admin token, Unauthorized unless the call carries it (Authorization: Bearer, or the cookie of the
  // login); without one, Forbidden for a Host that is neither loopback, nor the public URL's, nor one that
  // was named when the server was started. The login itself needs no token. ServiceUnavailable when too many
  // wrong tokens of this address wait for their answer.
  std::optional<Refused> check(const http::RequestHead& head);
  // Nothing when `presented` is the admin token, in constant time; else Unauthorized or, as above,
  // ServiceUnavailable. False tokens are counted for `peer`.
  std::optional<Refused> check_token(std::string_view presented, const std::string& peer);

 private:
  const Settings& settings_;
  const PublicUrl& public_url_;
  const WallClock& clock_;
  Guesses guesses_;
};

// Value of the Set-Cookie field of a login. Its secret is the database's as well as the token's: a wrong
// cookie is no guess at the token.
std::string login_cookie(const Settings& settings);

// localhost, 127.0.0.0/8 and ::1.
bool is_loopback_host(std::string_view host);

}  // namespace zest::api
