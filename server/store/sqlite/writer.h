// The one thread that changes the database. It takes what is queued, runs the bodies in one transaction,
// commits the group, runs the hooks of the bodies that succeeded, and then answers everybody. One flush to
// the medium thus serves many callers, and nobody hears of a change that could still be lost.
//
// Nearly every body succeeds, or is refused before it has changed anything, so the bodies of a group get no
// savepoints at first. When one fails after a change, the transaction is rolled back and the group runs once
// more, each body in a savepoint: then only what failed is undone. Bodies may therefore run twice.
//
// Thread-safety: run(), post() and stop() from any thread; run() never from a body or hook (it answers
// InternalError).
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "store/sqlite/checkpointer.h"
#include "store/sqlite/write.h"

namespace zest::store {

inline constexpr std::size_t kMaxGroup = 256;

class Writer {
 public:
  using Body = std::function<Result<void>(Write&)>;
  using Callback = std::function<void(const Result<void>&)>;

  // `displaced` is asked before each commit: what it answers is why nothing may be committed (place.h).
  Writer(std::unique_ptr<Connection> db, Limits limits, Published& published, Checkpointer& checkpointer,
         std::function<void(const std::string& sha256)> upload_used,
         std::function<std::optional<std::string>()> displaced, Log& log);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Result<void> run(const Body& body);  // returns after the commit
  void post(Body body, Callback done);
  // Runs `work` between two groups, without a transaction: it changes the database by itself, as a whole or
  // not at all. Returns after it.
  using Work = std::function<Result<void>(Connection&)>;
  Result<void> run_alone(const Work& work);
  void stop();  // after what is queued
  // Whether the medium failed a change of the last group that had any, so that it is not known to take the
  // next.
  bool failing() const { return failing_; }

 private:
  struct Job {
    Body body;  // or, for one that runs alone:
    Work work;
    Callback done;
  };

  void loop();
  void enqueue(Job job) EXCLUDES(mutex_);
  // Queues the job and returns when it was answered.
  Result<void> await(Job job);
  std::vector<Job> take_group();
  Result<void> work_alone(const Work& work);
  // Runs jobs from `begin` on in one transaction and answers them; returns where the next group begins.
  std::size_t run_group(std::vector<Job>& jobs, std::size_t begin);
  // The bodies of a group, in a transaction that is left open unless there is a problem.
  struct Pass {
    std::vector<Result<void>> results;
    std::optional<std::string> problem;  // with the medium
    bool half_changed = false;  // a body without a savepoint failed after a change: this pass is void
  };
  enum class Savepoints { None, Each };
  Pass run_bodies(const std::vector<Job>& jobs, std::size_t begin, Savepoints savepoints);
  Result<void> run_body(const Body& body, Savepoints savepoints, bool& half_changed);
  Result<void> call(const Body& body);
  Result<void> call_in_savepoint(const Body& body);
  std::optional<std::string> flush();  // what the medium failed with
  void answer(const Job& job, const Result<void>& result);
  std::optional<std::string> attempt(std::string_view sql);  // what the medium failed with
  void tend_log();

  std::unique_ptr<Connection> db_;
  SqliteWrite write_;
  Checkpointer& checkpointer_;
  const std::function<std::optional<std::string>()> displaced_;
  Log& log_;

  int checkpoint_at_ = kCheckpointEach;  // pages of the log
  // What the medium failed a body of the present group with, and whether it did.
  std::string failure_;
  bool body_failed_ = false;
  std::atomic<bool> failing_{false};

  Mutex mutex_;
  CondVar changed_;
  std::deque<Job> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  Mutex join_mutex_;  // two may stop at once
  std::thread thread_;
  std::thread::id thread_id_;  // set once, readable without a lock
};

}  // namespace zest::store
