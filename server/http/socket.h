// The few socket calls that the listeners need, with errors as values.
#pragma once

#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace zest::http {

// A non-blocking listening socket. SO_REUSEADDR only: with SO_REUSEPORT two servers would share a port
// silently. Errors: InvalidRequest "port 8080 on 127.0.0.1 is in use", or why the host cannot be bound.
Result<FileDescriptor> listen_on(const std::string& host, int port);

// The sockets of a server at that host: one, but for 127.0.0.1 and localhost, which clients take for either
// of the loopback addresses (Node.js 17 to 19 go to ::1 first). There it is one at each, of one port, as far
// as the machine has them. At least one. Errors: as listen_on.
Result<std::vector<FileDescriptor>> listen_at(const std::string& host, int port);

int local_port(int socket);
std::string peer_address(int socket);
// The next close() of the socket resets the connection instead of ending it in order.
void reset_on_close(int socket);

}  // namespace zest::http
