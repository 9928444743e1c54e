// The few socket calls that the listeners need, with errors as values.
#pragma once

#include <string>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace zest::http {

// A non-blocking listening socket. SO_REUSEADDR only: with SO_REUSEPORT two servers would share a port
// silently. Errors: InvalidRequest "port 8080 on 127.0.0.1 is in use", or why the host cannot be bound.
Result<FileDescriptor> listen_on(const std::string& host, int port);

int local_port(int socket);
std::string peer_address(int socket);
// The next close() of the socket resets the connection instead of ending it in order.
void reset_on_close(int socket);

}  // namespace zest::http
