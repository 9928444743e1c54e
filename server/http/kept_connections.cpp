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
  if (known.has(Trust::Keeps)) return Use::Any;
  if (known.probing || !known.has(Trust::Unknown)) return Use::Once;
  known.probing = true;
  return Use::Probe;
}

bool KeptConnections::keeps_after(const std::string& endpoint, Answer answer) {
  const auto known = endpoints_.find(endpoint);
  return known != endpoints_.end() && known->second.after(answer) == Trust::Keeps;
}

void KeptConnections::end_probe(Endpoint& endpoint) {
  endpoint.probing = false;
  endpoint.probe = -1;
}

void KeptConnections::look_at_probe(Endpoint& endpoint) {
  const auto found = connections_.find(endpoint.probe);
  if (found == connections_.end() || !found->second.idles()) return;
  if (closed_by_peer(endpoint.probe)) {
    // When, nobody knows: it may have idled for long. The next one is watched instead.
    end_probe(endpoint);
  } else if (Steady::now() - found->second.rest->since >= reuse_.proven_after) {
    endpoint.after(found->second.rest->after) = Trust::Keeps;
    end_probe(endpoint);
  }
}

void KeptConnections::give_up_probe(const std::string& endpoint) {
  const auto known = endpoints_.find(endpoint);
  if (known != endpoints_.end()) end_probe(known->second);
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
      end_probe(known->second);
    } else if (connection.idles() && keeps_after(connection.endpoint, connection.rest->after) &&
               closed_by_peer(socket) &&
               Steady::now() - connection.rest->since < std::max(reuse_.within, reuse_.proven_after)) {
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
    const std::optional<Rest> rest = std::exchange(known->rest, std::nullopt);
    return rest && keeps_after(known->endpoint, rest->after) && Steady::now() - rest->since <= reuse_.within;
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

void KeptConnections::answered(const std::string& ends, Answer answer) {
  if (Connection* const connection = find(ends)) connection->rest = Rest{Steady::now(), answer, false};
}

void KeptConnections::leave(const std::string& ends, Answer answer) {
  Connection* const connection = find(ends);
  if (connection == nullptr || !connection->rest) return;
  connection->rest = Rest{Steady::now(), answer, true};
  const auto found = endpoints_.find(connection->endpoint);
  if (found == endpoints_.end()) return;
  Endpoint& known = found->second;
  const bool stays_open = known.probing || known.has(Trust::Keeps);
  if (!stays_open || known.probe >= 0 || known.after(answer) != Trust::Unknown) return;
  known.probing = true;
  known.probe = sockets_.at(ends);
}

void KeptConnections::lost(const std::string& endpoint) {
  const auto known = endpoints_.find(endpoint);
  if (known != endpoints_.end() && known->second.has(Trust::Keeps)) known->second.trust.fill(Trust::Closes);
}

}  // namespace zest::http
