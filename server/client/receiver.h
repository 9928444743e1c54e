// A reference receiver of webhooks over real HTTP: verifies the signature, dedups on eventId, and answers as
// it is told, misbehaviour included. Thread-safety: all methods from any thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/time.h"
#include "http/listener.h"

namespace zest::client {

// How one request is answered.
struct Behaviour {
  int status = 200;
  Duration delay{0};   // wall, before the answer
  bool close = false;  // cut the connection instead of answering
  bool hang = false;   // no answer at all until the receiver stops
};

struct Received {
  std::size_t number = 0;  // 1 for the first request
  std::string path;
  http::Headers headers;
  std::string body;
  Json envelope;                       // the body parsed; null when it is no JSON
  std::string event_id;                // of the envelope; "" when it has none
  std::string event_type;              // likewise
  std::optional<Instant> occurred_at;  // likewise
  std::string refusal;                 // why the signature was refused; "" for a valid one
  bool duplicate = false;              // an event with this id was accepted before
  Behaviour answer;                    // what it got; 401 for a refused signature
  Instant received_at{};               // wall
  bool accepted() const {
    return refusal.empty() && !answer.close && !answer.hang && answer.status / 100 == 2;
  }
};

struct ReceiverOptions {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free one
  std::string secret;
  bool verify = true;  // false: no signature is checked
  Behaviour behaviour;
  // Answers 500 to this many requests before anything else.
  std::size_t fail_first = 0;
  // Another receiver that stands behind this one: what would be answered 200 at once is handed on to it as
  // it came, and its answer given. "": none.
  std::string forward_to;
};

class Receiver final : private http::Handler {
 public:
  using Observer = std::function<void(const Received&)>;

  // `observer` runs for each request before it is answered, one at a time. `log` outlives the receiver.
  // Errors: those of the listener.
  static Result<std::unique_ptr<Receiver>> start(ReceiverOptions options, Log& log, Observer observer = {});
  ~Receiver() override;

  int port() const;
  std::string url() const;  // of its endpoint
  void stop();

  void set_secret(std::string secret);
  void set_behaviour(Behaviour behaviour);
  // The next requests are answered like this, one each; then the behaviour applies again.
  void script(std::vector<Behaviour> answers);
  // The next requests are answered 500, before anything else.
  void fail_next(std::size_t requests);

  std::vector<Received> received() const;
  // Waits until `enough` holds of what has been received so far; false when it does not in time (wall).
  bool wait_until(const std::function<bool(const std::vector<Received>&)>& enough, Duration timeout) const;

 private:
  struct Postponed;
  Receiver(ReceiverOptions options, Observer observer);

  std::variant<http::TakeBody, http::Response> begin(const http::RequestHead& head) override;
  void finish(http::Request request, http::Responder responder) override;
  http::Response refuse(http::Refusal refusal, std::string_view what, const http::RequestHead& head,
                        const http::AdmittedCall* /*call*/) override;

  Received examine(http::Request request);
  http::Response forward(Received& received);
  Behaviour next_answer(const Received& received) REQUIRES(mutex_);
  void answer(const Behaviour& behaviour, http::Response response, http::Responder responder);
  void run_postponed();

  Observer observer_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  ReceiverOptions options_ GUARDED_BY(mutex_);
  std::deque<Behaviour> script_ GUARDED_BY(mutex_);
  std::vector<Received> received_ GUARDED_BY(mutex_);
  std::size_t examined_ GUARDED_BY(mutex_) = 0;
  std::set<std::string> accepted_ids_ GUARDED_BY(mutex_);
  std::vector<Postponed> postponed_ GUARDED_BY(mutex_);
  std::vector<http::Responder> hanging_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  Mutex order_;  // one request at a time is examined and shown
  std::string host_;
  std::thread timer_;
  std::unique_ptr<http::Listener> listener_;
};

}  // namespace zest::client
