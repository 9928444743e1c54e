// Inside of the engine: lanes as the engine sees them, and the turn. A turn is one body on the store's writer
// that settles what came back, moves clocks that an advance asked for, and claims what is due; one turn at a
// time. What it found is published, and what it claimed is sent, after the commit.
#pragma once

#include <atomic>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "engine/dispatch.h"
#include "engine/engine.h"

namespace zest::engine {

// One call of advance(), shared by its caller and the turns that run for it. Guarded by the engine's mutex.
struct AdvanceRun {
  std::deque<AttemptReport> attempts;  // the first ones, as AdvanceReport lists them
  std::size_t attempt_count = 0;
  std::size_t listed_until = std::numeric_limits<std::size_t>::max();  // as many as memory had room for
  std::size_t timers = 0;
  std::size_t steps = 0;
  bool of_all = false;  // every lane that there is, not one that was named
  bool interrupted = false;
  std::optional<Error> failure;  // the store could not commit what the advance asked for
  bool ended() const { return interrupted || failure; }
  void add(const AttemptReport& report, std::size_t listed_at_most);
};

// One call of wait(), in the engine's list while it waits. Guarded by the engine's mutex.
struct WaitRun {
  std::optional<std::string> client_id;  // absent: it looks at every lane
  bool until_idle = false;
  std::chrono::steady_clock::time_point deadline;
  std::optional<std::uint64_t> looked_at = {};  // of publications_: a turn has looked at the lanes by then
  bool interrupted = false;
};

// An exchange between its claim and its settlement.
struct InFlight {
  std::string key;            // Claimed::key
  delivery::Sender::Id id{};  // 0 while not yet handed to the sender
};

struct Lane {
  LaneState state;                              // as of the last turn that looked at it
  std::map<std::uint64_t, InFlight> in_flight;  // by Claimed::exchange
  std::optional<Instant> jump_to;               // an advance asks the next turn to move the clock there
  bool ready = false;                           // queued for a turn
  bool in_turn = false;                         // a turn that looks at it is under way
  int quiet = 0;                                // > 0: nothing is claimed (quiesce)
  std::shared_ptr<AdvanceRun> run;
  std::optional<std::pair<ClockMode, Instant>> wake_at;  // in the timers
};

class Engine::Impl {
 public:
  Impl(Services services, Options options);
  ~Impl();

  Result<void> start();
  void stop() EXCLUDES(mutex_);
  void wake(const std::string& client_id) EXCLUDES(mutex_);
  Result<std::vector<LaneView>> lanes(const std::optional<std::string>& client_id) EXCLUDES(mutex_);
  Result<Instant> now(const std::string& client_id);
  Result<std::vector<LaneView>> set_clock(const std::optional<std::string>& client_id,
                                          const ClockChange& change) EXCLUDES(mutex_);
  Result<AdvanceReport> advance(const AdvanceRequest& request) EXCLUDES(mutex_);
  Result<WaitReport> wait(const WaitRequest& request) EXCLUDES(mutex_);
  Result<void> set_paused(const std::optional<std::string>& client_id, bool paused);
  Result<Delivery> retry(const std::string& delivery_id);
  Result<std::vector<std::string>> retry(const std::vector<std::string>& delivery_ids);
  Result<void> quiesce(const std::optional<std::string>& client_id,
                       const std::function<Result<void>()>& change, Quiescence kind) EXCLUDES(mutex_);
  Result<Delivery> release(const std::string& delivery_id);
  Result<void> change_rules(
      const std::function<Result<void>(store::Write&, std::vector<ChaosNote>& notes)>& change);
  void on_attempt(std::function<void(const AttemptReport&)> observer) { observer_ = std::move(observer); }
  void on_chaos(std::function<void(const ChaosNote&)> observer) { chaos_observer_ = std::move(observer); }

 private:
  // What one turn takes with it, and what it found.
  struct Turn {
    struct Visit {
      std::string client_id;
      std::optional<Instant> jump_to;
      std::size_t in_flight = 0;  // after the results
      int capacity = 0;           // 0: only look
      LaneWork work;
    };
    std::vector<Finished> results;
    std::vector<Visit> visits;
    std::vector<AttemptReport> reports;
    std::vector<ChaosNote> notes;
  };

  // turns.cpp
  void queue_lane(const std::string& client_id, Lane& lane) REQUIRES(mutex_);
  void post_turn_if_needed() REQUIRES(mutex_);
  void fill_turn(Turn& turn) REQUIRES(mutex_);
  void run_turn(store::Write& tx, Turn& turn) const;
  void finish_turn(Turn& turn, const Result<void>& committed) EXCLUDES(mutex_);
  void publish(Turn& turn) REQUIRES(mutex_);
  void send(Claimed next) EXCLUDES(mutex_);
  bool must_cancel(const std::string& client_id, std::uint64_t exchange, delivery::Sender::Id id)
      EXCLUDES(mutex_);
  // Whether what a turn published may be what somebody waits for.
  bool ends_waits(const Turn& turn) const REQUIRES(mutex_);
  void tell(const Turn& turn) const;  // the log and the observers
  void tell(const ChaosNote& note) const;
  void came_back(Finished finished) EXCLUDES(mutex_);
  void forget_if_gone(const std::string& client_id) REQUIRES(mutex_);
  void set_timer(const std::string& client_id, Lane& lane) REQUIRES(mutex_);
  void run_timers() EXCLUDES(mutex_);
  bool take_due_timers() REQUIRES(mutex_);
  std::optional<std::chrono::steady_clock::time_point> next_timer() const REQUIRES(mutex_);
  void log_sent(const Claimed& claimed) const;
  void log_outcome(const AttemptReport& report, const std::string& url) const;
  void say_where_to_look(DeliveryStatus status) const;

  // waits.cpp
  struct Goal {
    std::optional<Instant> until;  // nothing: until idle
    bool move_clock = false;       // reach `until` even when nothing is due there
    bool reached = false;
    bool beyond = false;  // reached, but there is more to do after the end of time
  };
  using Goals = std::map<std::string, Goal>;
  Result<Goals> set_goals(const AdvanceRequest& request, const std::vector<std::string>& ids)
      REQUIRES(mutex_);
  Result<void> run_goals(Goals& goals, AdvanceRun& run) REQUIRES(mutex_);
  bool step(const std::string& client_id, Goal& goal, AdvanceRun& run) REQUIRES(mutex_);
  static Result<void> end_of_goals(const Goals& goals);
  void leave_next_only(Goals& goals) REQUIRES(mutex_);
  void end_run(const std::vector<std::string>& ids) REQUIRES(mutex_);
  void wait_until_settled(const std::vector<std::string>& ids, const AdvanceRun& run) REQUIRES(mutex_);
  std::vector<std::string> parked_deliveries(const std::vector<std::string>& ids);
  std::optional<std::string> lane_of(const WaitRequest& request);
  Result<WaitReport> wait(const WaitRequest& request, const std::vector<std::string>& ids, WaitRun& run)
      EXCLUDES(mutex_);
  enum class Progress { Reached, Open, Hopeless };
  Progress progress(const WaitRequest& request, const std::vector<std::string>& ids) EXCLUDES(mutex_);

  Result<std::vector<std::string>> lane_ids(const std::optional<std::string>& client_id);
  Result<void> take_up_clocks();
  Result<void> keep_clocks(store::Write& tx) const;
  Result<void> change_clocks(const std::vector<std::string>& ids, const ClockChange& change)
      EXCLUDES(clock_gate_);
  // Runs `look` until no change of clocks fell into it: what it shows is never ahead of what it shows next.
  template <class Look>
  auto between_clock_changes(Look look) EXCLUDES(clock_gate_);
  Result<Delivery> offer_again(store::Write& tx, const std::string& delivery_id) const;
  Result<std::vector<Delivery>> offer_portion(store::Write& tx, const std::vector<std::string>& ids,
                                              std::size_t begin, std::size_t end) const;
  bool is_quiet(const Lane& lane) const REQUIRES(mutex_) { return lane.quiet > 0 || all_quiet_; }
  // Nothing is going on and nothing is due at the lane's present time.
  bool settled(const Lane& lane) const REQUIRES(mutex_);
  Result<void> begin_quiet(const std::optional<std::string>& client_id, Quiescence kind,
                           std::vector<delivery::Sender::Id>& exchanges) REQUIRES(mutex_);
  Result<void> wait_until_quiet(const std::optional<std::string>& client_id) EXCLUDES(mutex_);
  void end_quiet(const std::optional<std::string>& client_id, const std::vector<std::string>& present)
      EXCLUDES(mutex_);
  // Ends the lane's advance and adds what it has in flight to `exchanges`: cancel them without the lock, a
  // sender may report the outcome at once.
  static void interrupt(Lane& lane, Quiescence kind, std::vector<delivery::Sender::Id>& exchanges);
  bool wait_for_the_end() EXCLUDES(mutex_);
  Error unknown(const std::string& client_id) const;

  const Services services_;
  const Options options_;
  std::function<void(const AttemptReport&)> observer_;
  std::function<void(const ChaosNote&)> chaos_observer_;
  mutable std::atomic<bool> told_of_retries_{false};  // where to look at them
  mutable std::atomic<bool> told_of_dead_{false};

  Mutex mutex_;
  CondVar changed_;     // lanes were published, runs interrupted, the engine stopped
  CondVar waited_for_;  // the same for wait(): not every turn among thousands is of interest to it
  CondVar timers_changed_;
  std::map<std::string, Lane> lanes_ GUARDED_BY(mutex_);
  std::deque<std::string> ready_ GUARDED_BY(mutex_);
  std::set<WaitRun*> waits_ GUARDED_BY(mutex_);
  std::vector<Finished> results_ GUARDED_BY(mutex_);
  // By mode, for each has its machine_time().
  std::map<ClockMode, std::set<std::pair<Instant, std::string>>> timers_ GUARDED_BY(mutex_);
  std::optional<std::chrono::steady_clock::time_point> retry_at_
      GUARDED_BY(mutex_);  // a turn failed and is tried again then
  std::uint64_t failed_turns_ GUARDED_BY(mutex_) = 0;
  bool storage_fails_ GUARDED_BY(mutex_) = false;  // said in the log
  std::uint64_t last_exchange_ GUARDED_BY(mutex_) = 0;
  std::size_t total_in_flight_ GUARDED_BY(mutex_) = 0;  // of all lanes together
  bool all_quiet_ GUARDED_BY(mutex_) = false;  // a change of the whole state: nothing is claimed anywhere
  std::uint64_t publications_ GUARDED_BY(mutex_) =
      0;  // grows with every turn that ends: what wait() looks at
  bool turn_posted_ GUARDED_BY(mutex_) = false;
  // A turn was committed and the next is not posted yet; another may be posted meanwhile.
  bool finishing_turn_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool started_ GUARDED_BY(mutex_) = false;
  std::thread timer_thread_;

  Mutex clock_gate_;  // held by a change of clocks, from before it reads the time until it is committed
  std::atomic<std::uint64_t> clock_changes_{0};  // odd while one is under way
};

}  // namespace zest::engine
