// cpp-httplib's request parser, fed with what the gate let through. Works around what that parser does to
// honest requests: it decodes percent escapes in header values, lets headers pose as the peer's address, and
// knows ten methods. Thread-safety: parse() may run on several threads.
#pragma once

#include <memory>
#include <variant>

#include "http/gate.h"

namespace zest::http {

class HeadParser {
 public:
  HeadParser();
  ~HeadParser();
  // Everything but peer and local_port.
  std::variant<RequestHead, Problem> parse(const GatedHead& gated) const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace zest::http
