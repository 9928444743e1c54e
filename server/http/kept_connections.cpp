#include "http/kept_connections.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "http/socket.h"

namespace zest::http {
namespace {

bool closed_by_peer(int socket) {
  pollfd look{socket, POLLRDHUP, 0};  // POLLHUP and POLLERR come unasked
  return ::poll(&look, 1, 0) > 0;
}

}  // namespace

KeptConnections::Use KeptConnections::plan(const std::string& endpoint) {
  if (endpoints_.size() >= kEndpoints && !endpoints_.contains(endpoint)) endpoints_.clear();
  Endpoint& known = endpoints_[endpoint];
  look_at_probe(known);
  switch (known.trust) {
    case Trust::Keeps:
      return Use::Any;
    case Trust::Unknown:
      known.trust = Trust::Probing;
      return Use::Probe;
    case Trust::Probing:
    case Trust::Closes:
      break;
  }
  return Use::Once;
}

void KeptConnections::look_at_probe(Endpoint& endpoint) {
  const auto found = connections_.find(endpoint.probe);
  if (found == connections_.end() || !found->second.left_at) return;
  if (closed_by_peer(endpoint.probe)) {
    // When, nobody knows: it may have idled for long. The next one is watched instead.
    endpoint = Endpoint{Trust::Unknown, -1};
  } else if (Steady::now() - *found->second.left_at >= reuse_.proven_after) {
    endpoint = Endpoint{Trust::Keeps, -1};
  }
}

void KeptConnections::give_up_probe(const std::string& endpoint) {
  const auto known = endpoints_.find(endpoint);
  if (known != endpoints_.end() && known->second.trust == Trust::Probing) known->second = Endpoint();
}

int KeptConnections::open(const std::string& endpoint, int family, int type, int protocol) {
  const int socket = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (socket < 0) return -1;
  FileDescriptor owned(socket);
  connections_.insert_or_assign(socket, Connection{endpoint, "", std::nullopt});
  return owned.release();
}

void KeptConnections::close(int socket) {
  const auto found = connections_.find(socket);
  if (found != connections_.end()) {
    const Connection& connection = found->second;
    const auto known = endpoints_.find(connection.endpoint);
    if (known != endpoints_.end() && known->second.probe == socket) {
      look_at_probe(known->second);
      if (known->second.trust == Trust::Probing) known->second = Endpoint();
    } else if (connection.left_at && closed_by_peer(socket) &&
               Steady::now() - *connection.left_at < std::max(reuse_.within, reuse_.proven_after)) {
      lost(connection.endpoint);
    }
    sockets_.erase(connection.ends);
    connections_.erase(found);
  }
  ::close(socket);
}

KeptConnections::Connection* KeptConnections::find(const std::string& ends) {
  const auto socket = sockets_.find(ends);
  if (socket == sockets_.end()) return nullptr;
  const auto found = connections_.find(socket->second);
  return found == connections_.end() ? nullptr : &found->second;
}

bool KeptConnections::take(const std::string& ends, int local_port, const std::vector<int>& opened) {
  if (Connection* known = find(ends)) {
    const auto left_at = std::exchange(known->left_at, std::nullopt);
    return left_at && Steady::now() - *left_at <= reuse_.within;
  }
  for (const int socket : opened) {
    const auto found = connections_.find(socket);
    if (found == connections_.end() || zest::http::local_port(socket) != local_port) continue;
    found->second.ends = ends;
    sockets_.insert_or_assign(ends, socket);
    return true;
  }
  return false;
}

void KeptConnections::leave(const std::string& ends) {
  Connection* const connection = find(ends);
  if (connection == nullptr) return;
  connection->left_at = Steady::now();
  const auto known = endpoints_.find(connection->endpoint);
  if (known != endpoints_.end() && known->second.trust == Trust::Probing && known->second.probe < 0) {
    known->second.probe = sockets_.at(ends);
  }
}

void KeptConnections::lost(const std::string& endpoint) {
  const auto known = endpoints_.find(endpoint);
  if (known != endpoints_.end() && known->second.trust == Trust::Keeps) known->second.trust = Trust::Closes;
}

}  // namespace zest::http
