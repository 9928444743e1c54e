// From the views of a header block that passed the gate to a request's head that owns what it says. Nothing
// is decoded or joined: header values arrive as they were sent. Thread-safety: pure.
#pragma once

#include <variant>

#include "http/gate.h"

namespace zest::http {

// The longest line of a header block, cookies apart. [sandbox]; what most servers take.
inline constexpr std::size_t kLongestHeadLine = 8 * 1024 - 2;  // less its end

// Everything but peer and local_port. Headers by which some servers tell their programs the peer's address
// are left out: from a client they say nothing.
std::variant<RequestHead, Problem> request_head(const GatedHead& gated);

}  // namespace zest::http
