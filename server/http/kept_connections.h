// Which connections may carry another webhook. A receiver may close one that idles at any moment,
// unannounced; a request that is sent into that is lost, and sending it again could reach the receiver twice.
// So connections are reused within a burst only, and only where the receiver was seen to keep one open after
// its answer: the first connection to an endpoint is watched for a moment (the probe), and until then each
// request has one of its own. A receiver that keeps connections after success may well close them over a
// failure, so each is proven by itself. Where one was closed all the same, none is reused any more.
// Thread-safety: none.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace zest::http {

// Wall time.
struct ConnectionReuse {
  // How long a connection may have idled to carry another request. Longer than the steps of a burst take,
  // shorter than any receiver's patience with an idle connection (the shortest in use are around a second).
  Duration within{25};
  // How long a receiver must have kept the probe open. Receivers that close after each answer do so at once,
  // but for what their machine's load holds up.
  Duration proven_after{250};
};

class KeptConnections {
 public:
  enum class Use {
    Any,    // an open connection, or a new one that others may use
    Probe,  // a new one, which is watched afterwards
    Once,   // a new one, which is closed afterwards
  };

  // How a receiver answered: with success (2xx), or otherwise.
  enum class Answer { Success, Failure };

  explicit KeptConnections(ConnectionReuse reuse) : reuse_(reuse) {}
  KeptConnections(const KeptConnections&) = delete;
  KeptConnections& operator=(const KeptConnections&) = delete;

  // For a request to `endpoint` (scheme, host and port). Who gets Probe says leave() or give_up_probe() in
  // the end.
  Use plan(const std::string& endpoint);
  void give_up_probe(const std::string& endpoint);

  // A socket for a connection to `endpoint`; -1: the machine has none. To be closed by close().
  int open(const std::string& endpoint, int family, int type, int protocol);
  void close(int socket);

  // A request is about to go out on the connection with these ends (any text that tells it from others).
  // False: it idled too long, or after an answer over which the receiver may close it. `opened`: the sockets
  // that open() gave for this request, one of which has that local port; none when the connection is not new.
  bool take(const std::string& ends, int local_port, const std::vector<int>& opened);
  // The head of an answer has come on it. libcurl may give the connection to another request as soon as the
  // answer is whole, before it says so.
  void answered(const std::string& ends, Answer answer);
  // An exchange that was answered is over, and the receiver may get another request there. Nothing when it is
  // closed already, or taken again.
  void leave(const std::string& ends, Answer answer);
  // A receiver closed a connection that was used again, instead of answering.
  void lost(const std::string& endpoint);

 private:
  using Steady = std::chrono::steady_clock;
  // Endpoints that are remembered.
  static constexpr std::size_t kEndpoints = 4096;

  enum class Trust { Unknown, Keeps, Closes };
  struct Endpoint {
    std::array<Trust, 2> trust{};  // by the answer after which the receiver would keep a connection
    bool probing = false;          // the probe is on its way, or idles to be watched
    int probe = -1;                // the socket that idles
    Trust& after(Answer answer) { return trust[static_cast<std::size_t>(answer)]; }
    bool has(Trust some) const { return trust[0] == some || trust[1] == some; }
  };
  struct Rest {
    Steady::time_point since;
    Answer after = Answer::Success;
    bool over = false;  // the exchange was reported over, not only answered
  };
  struct Connection {
    std::string endpoint;
    std::string ends;          // "" until it has carried a request
    std::optional<Rest> rest;  // from an answer to the next request
    bool idles() const { return rest && rest->over; }
  };

  Connection* find(const std::string& ends);
  // What the probe tells by now.
  void look_at_probe(Endpoint& endpoint);
  static void end_probe(Endpoint& endpoint);
  bool keeps_after(const std::string& endpoint, Answer answer);

  const ConnectionReuse reuse_;
  std::unordered_map<std::string, Endpoint> endpoints_;
  std::unordered_map<int, Connection> connections_;  // by socket
  std::unordered_map<std::string, int> sockets_;     // by their ends
};

}  // namespace zest::http
