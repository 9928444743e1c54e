#include "store/sqlite/writer.h"

#include <new>

#include "base/memory.h"
#include "base/thread_name.h"
#include "store/sqlite/readers.h"

namespace zest::store {
namespace {

Error stopped() { return make_error(ErrorKind::ServiceUnavailable, "The sandbox is stopping."); }

// What a body cannot allocate fails it alone.
Writer::Body for_one_caller(const Writer::Body& body) {
  return [&body](Write& tx) {
    const AllocationScope scope(Allocations::ForOneCaller);
    return body(tx);
  };
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> db, Limits limits, Published& published,
               Checkpointer& checkpointer, std::function<void(const std::string& sha256)> upload_used,
               std::function<std::optional<std::string>()> displaced, Log& log)
    : db_(std::move(db)),
      write_(*db_, limits, published, std::move(upload_used)),
      checkpointer_(checkpointer),
      displaced_(std::move(displaced)),
      log_(log) {
  thread_ = std::thread([this] {
    name_thread("writer");
    loop();
  });
  thread_id_ = thread_.get_id();
}

Writer::~Writer() { stop(); }

Result<void> Writer::run(const Body& body) {
  return await(Job{[&body](Write& tx) { return body(tx); }, nullptr, nullptr});
}

Result<void> Writer::run_alone(const Work& work) {
  return await(Job{nullptr, [&work](Connection& db) { return work(db); }, nullptr});
}

Result<void> Writer::await(Job job) {
  if (std::this_thread::get_id() == thread_id_) {
    return broken_body_error(log_, "write() was called from inside a body or a hook");
  }
  Mutex mutex;
  CondVar answered;
  std::optional<Result<void>> result;
  job.done = [&](const Result<void>& outcome) {
    // Notifies under the lock: once it is released, the waiter's stack may be gone.
    MutexLock lock(mutex);
    result = outcome;
    answered.notify_one();
  };
  enqueue(std::move(job));
  MutexLock lock(mutex);
  while (!result) answered.wait(mutex);
  return std::move(*result);
}

void Writer::post(Body body, Callback done) { enqueue(Job{std::move(body), nullptr, std::move(done)}); }

void Writer::enqueue(Job job) {
  {
    MutexLock lock(mutex_);
    if (!stopping_) {
      queue_.push_back(std::move(job));
      changed_.notify_one();
      return;
    }
  }
  job.done(stopped());
}

void Writer::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  MutexLock lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

std::vector<Writer::Job> Writer::take_group() {
  std::vector<Job> group;
  MutexLock lock(mutex_);
  while (queue_.empty() && !stopping_) changed_.wait(mutex_);
  while (!queue_.empty() && group.size() < kMaxGroup) {
    const bool alone = queue_.front().work != nullptr;
    if (alone && !group.empty()) break;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (alone) break;
  }
  return group;
}

void Writer::loop() {
  // Half of a group must not be lost, nor left unanswered.
  const AllocationScope scope(Allocations::ForAll);
  for (;;) {
    std::vector<Job> jobs = take_group();
    if (jobs.empty()) return;
    if (jobs.front().work) {
      answer(jobs.front(), work_alone(jobs.front().work));
      continue;
    }
    for (std::size_t begin = 0; begin < jobs.size();) begin = run_group(jobs, begin);
    tend_log();
  }
}

Result<void> Writer::work_alone(const Work& work) {
  Result<void> result;
  try {
    if (const std::optional<std::string> displaced = displaced_()) throw Unavailable(*displaced);
    const AllocationScope scope(Allocations::ForOneCaller);
    result = work(*db_);
    db_->take_failure();
  } catch (const std::bad_alloc&) {
    db_->take_failure();
    result = out_of_memory_error();
  } catch (const Unavailable& failure) {
    db_->take_failure();
    result = unavailable_error(log_, failure.what());
  } catch (const std::exception& bug) {
    result = broken_body_error(log_, bug.what());
  }
  if (db_->in_transaction()) attempt("ROLLBACK");
  write_.forget();
  // What it wrote is in the log, and no commit hook counted it.
  checkpointer_.wake();
  return result;
}

std::optional<std::string> Writer::attempt(std::string_view sql) {
  try {
    db_->query(sql).run();
    return std::nullopt;
  } catch (const std::exception& failure) {
    return std::string(failure.what()) + " (" + std::string(sql) + ")";
  }
}

std::size_t Writer::run_group(std::vector<Job>& jobs, std::size_t begin) {
  body_failed_ = false;
  const std::int64_t changes_before = db_->total_changes();
  Pass pass = run_bodies(jobs, begin, Savepoints::None);
  if (pass.half_changed) {
    attempt("ROLLBACK");
    write_.forget();
    pass = run_bodies(jobs, begin, Savepoints::Each);
  }
  std::vector<Result<void>> results = std::move(pass.results);
  std::optional<std::string> problem = std::move(pass.problem);
  std::size_t end = begin + results.size();
  if (!problem) problem = flush();
  if (!problem) problem = displaced_();
  if (!problem) problem = attempt("COMMIT");
  // A group that changes nothing shows nothing of the medium.
  const bool failed = problem || body_failed_;
  if (failed || db_->total_changes() != changes_before) failing_ = failed;
  if (problem) {
    // Also those that failed for reasons of their own: they may have seen what is now undone.
    if (db_->in_transaction()) attempt("ROLLBACK");
    write_.forget();
    if (end == begin) end = jobs.size();  // not even begun: nobody can be served
    write_.hooks().clear();
    results.assign(end - begin, unavailable_error(log_, *problem));
  }
  const std::vector<std::function<void()>> hooks = std::move(write_.hooks());
  for (const std::function<void()>& hook : hooks) {
    try {
      hook();
    } catch (const std::exception& bug) {
      log_.error(std::string("A step after a commit failed: ") + bug.what());
    }
  }
  db_->take_failure();  // of a hook that read: no concern of the next group
  for (std::size_t index = begin; index < end; ++index) answer(jobs[index], results[index - begin]);
  return end;
}

Writer::Pass Writer::run_bodies(const std::vector<Job>& jobs, std::size_t begin, Savepoints savepoints) {
  write_.hooks().clear();
  failure_ = "a group of changes was undone";
  Pass pass;
  pass.problem = attempt("BEGIN IMMEDIATE");
  for (std::size_t index = begin; !pass.problem && index < jobs.size(); ++index) {
    pass.results.push_back(run_body(jobs[index].body, savepoints, pass.half_changed));
    if (!db_->in_transaction()) pass.problem = failure_;
    if (pass.half_changed) break;
  }
  return pass;
}

Result<void> Writer::run_body(const Body& body, Savepoints savepoints, bool& half_changed) {
  const std::size_t hooks_before = write_.hooks().size();
  const std::int64_t changes_before = db_->total_changes();
  write_.begin_body();
  Result<void> result = savepoints == Savepoints::None ? call(for_one_caller(body)) : call_in_savepoint(body);
  if (result.ok()) return result;
  write_.hooks().resize(hooks_before);
  if (!db_->in_transaction()) return result;  // SQLite has undone the whole group by itself
  if (savepoints == Savepoints::Each) {
    write_.forget();
    if (attempt("ROLLBACK TO body") || attempt("RELEASE body")) attempt("ROLLBACK");
  } else if (db_->total_changes() == changes_before) {
    write_.undo_body();
  } else {
    half_changed = true;
  }
  return result;
}

Result<void> Writer::call(const Body& body) {
  try {
    Result<void> result = body(write_);
    // A body may have swallowed the exception; half a change must not stay.
    if (const std::optional<std::string> failure = db_->take_failure()) throw Unavailable(*failure);
    return result;
  } catch (const Unavailable& failure) {
    failure_ = failure.what();
    body_failed_ = true;
    return unavailable_error(log_, failure_);
  } catch (const std::bad_alloc&) {
    db_->take_failure();
    return out_of_memory_error();
  } catch (const std::exception& bug) {
    return broken_body_error(log_, bug.what());
  }
}

Result<void> Writer::call_in_savepoint(const Body& body) {
  return call([this, &body](Write& tx) -> Result<void> {
    write_.flush();  // what earlier bodies changed is not this one's to undo
    db_->query("SAVEPOINT body").run();
    RETURN_IF_ERROR(for_one_caller(body)(tx));
    write_.flush();
    db_->query("RELEASE body").run();
    return {};
  });
}

std::optional<std::string> Writer::flush() {
  try {
    write_.flush();
    return std::nullopt;
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

void Writer::answer(const Job& job, const Result<void>& result) {
  try {
    job.done(result);
  } catch (const std::exception& bug) {
    log_.error(std::string("Answering after a commit failed: ") + bug.what());
  }
}

void Writer::tend_log() {
  const int pages = db_->wal_pages();
  if (pages >= kLongLog) {
    db_->checkpoint();
    checkpoint_at_ = kCheckpointEach;
  } else if (pages >= checkpoint_at_) {
    checkpointer_.wake();
    checkpoint_at_ = pages + kCheckpointEach;
  } else if (pages < checkpoint_at_ - kCheckpointEach) {
    checkpoint_at_ = kCheckpointEach;  // the log has begun anew
  }
}

}  // namespace zest::store
