// What happens, as it happens: the server-sent events of /_sandbox/stream, and the counters of
// /_sandbox/metrics. Recording costs the caller a copy and never blocks on a viewer: one thread formats and
// writes. The newest 1000 events are kept, so that a viewer who reconnects with Last-Event-ID misses nothing.
//
// Event names: `request` (a partner API call, as in the journal) and `attempt` (a finished delivery attempt),
// both without headers and bodies, `chaos` (a rule postponed a delivery, or let it go on), those given to
// note()
// (`clock`, `reset`, …), and `gap` {missedBefore} when events that a viewer asked for are gone. Identifiers
// grow, across restarts too. Thread-safety: all methods from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <variant>
#include <vector>

#include "api/pipeline/journal.h"
#include "api/pipeline/shares.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mutex.h"
#include "engine/engine.h"
#include "http/listener.h"

namespace zest::api {

// The JSON of a finished attempt: deliveryId, clientId, eventType, status and nextAttemptAt of its delivery
// afterwards, and the attempt's own members but requestHeaders and responseBody, which are left to the
// delivery's own page.
Json to_json(const engine::AttemptReport& report);
Json to_json(const engine::ChaosNote& note);

class EventHub {
 public:
  static constexpr std::size_t kKeptEvents = 1000;
  static constexpr std::size_t kMaxViewers = 512;  // half of them for those of one partner (Shares)

  // `clock` gives the first identifier: its wall time in milliseconds times 1000.
  explicit EventHub(const WallClock& clock, Duration ping_interval = Duration{15'000});
  ~EventHub();  // closes every stream
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  // For Engine::on_attempt, Journal::on_add and Engine::on_chaos.
  void attempt(const engine::AttemptReport& report);
  void request(const JournalEntry& entry);
  void chaos(const engine::ChaosNote& note) { this->note("chaos", note.client_id, to_json(note)); }
  // Any other thing worth seeing. `client_id` absent: it concerns every partner.
  void note(std::string name, std::optional<std::string> client_id, Json data);

  // Whether one more viewer of that partner's events (of all, without one) may come. Who hung up makes room.
  bool has_room(const std::optional<std::string>& client_id) EXCLUDES(mutex_);
  // Writes every event from now on, or after `last_event_id`, to `stream`; only those of one partner (and
  // those that concern all) when `client_id` is given. Closes it at once when there is no room.
  void add_viewer(std::shared_ptr<http::Responder::StreamWriter> stream,
                  std::optional<std::uint64_t> last_event_id, std::optional<std::string> client_id);
  std::size_t viewers() EXCLUDES(mutex_);  // without those who hung up

  struct Timing {
    std::uint64_t count = 0;
    Duration total{0};  // wall
  };
  struct Counters {
    std::map<std::tuple<std::string, std::string, int>, Timing> requests;  // method, operation, status
    std::map<std::tuple<std::string, std::string, std::string>, Timing>
        attempts;  // event type, kind, outcome
  };
  Counters counters() const;

 private:
  struct Note {
    std::string name;
    Json data;
  };
  struct Event {
    std::uint64_t id = 0;
    std::optional<std::string> client_id;
    std::variant<engine::AttemptReport, JournalEntry, Note> what;
  };
  struct Viewer {
    std::shared_ptr<http::Responder::StreamWriter> stream;
    std::optional<std::string> client_id;
    std::uint64_t next_id = 0;  // of the first event that it has not been given
  };
  // Of a viewer, whether it has arrived at the thread or not.
  struct Place {
    std::shared_ptr<http::Responder::StreamWriter> stream;
    std::string share;
  };
  using Events = std::vector<std::shared_ptr<const Event>>;
  // What the thread has at hand.
  struct Work {
    std::vector<Viewer> viewers;
    Events events;              // from the first that a viewer lacks to the newest
    std::uint64_t offered = 0;  // every event before this one is in `events` or was given
    bool behind = false;        // a viewer lacks some of them still
    std::chrono::steady_clock::time_point wake_at;
  };

  static std::string format(const Event& event);
  static bool give(Viewer& viewer, const Events& events, std::vector<std::string>& texts);
  void add(std::optional<std::string> client_id, std::variant<engine::AttemptReport, JournalEntry, Note> what)
      REQUIRES(mutex_);
  void free_places_of_those_gone() REQUIRES(mutex_);
  void free_places(const std::function<bool(const Place&)>& is_free) REQUIRES(mutex_);
  void run();
  bool wait_for_work(Work& work) EXCLUDES(mutex_);
  void serve(Work& work, bool ping) EXCLUDES(mutex_);

  const Duration ping_interval_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  const std::uint64_t first_id_;
  std::uint64_t next_id_ GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<const Event>> events_ GUARDED_BY(mutex_);  // without holes in the ids
  std::vector<Viewer> arrivals_ GUARDED_BY(mutex_);                     // not yet taken over by the thread
  std::vector<Place> places_ GUARDED_BY(mutex_);
  Shares shares_ GUARDED_BY(mutex_){kMaxViewers};
  Counters counters_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace zest::api
