// How many of the listener's workers take calls at a time: as many as there are processors, at least four,
// and one more for each that waits inside a call (for a commit, say) or has been busy with one for long. The
// others rest: with all of them at the door a light call costs two changes of the thread, which is more than
// all its work.
//
// Thread-safety: safe; what a Worker does is for one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/mutex.h"

namespace zest::http {

class Crew {
 public:
  // `at_once`: how many take calls while nobody waits; 0: that many.
  Crew(int workers, int at_once);

  // One worker between two calls. Returns when it is to take the next one; false: the work is over.
  bool ready(int worker) EXCLUDES(mutex_);
  // It has one.
  void taken(int worker);

  // The present call waits, or may take long, until the object's end: somebody else takes the place.
  class Away {
   public:
    explicit Away(Crew* crew);  // nullptr: it does not
    ~Away();
    Away(const Away&) = delete;
    Away& operator=(const Away&) = delete;

   private:
    Crew* const crew_;
  };

  // To be called every now and then (wall time): finds those that are busy with the same call as the last
  // time, and sends home whom nobody needed since.
  void look_around() EXCLUDES(mutex_);
  void dismiss() EXCLUDES(mutex_);

  int taking_calls() const { return active_; }  // those that do not rest

 private:
  // A worker's calls so far, twice, and one more while it has one.
  struct alignas(64) Place {
    std::atomic<std::uint64_t> steps{0};
    std::uint64_t seen = 0;  // by look_around()
  };

  void leave() EXCLUDES(mutex_);
  void rest() EXCLUDES(mutex_);
  void want(int workers) EXCLUDES(mutex_);

  const int at_once_;
  std::vector<Place> places_;
  std::atomic<int> away_{0};
  std::atomic<int> most_away_{0};  // since look_around()
  // Written under the mutex only.
  std::atomic<int> active_;
  std::atomic<int> wanted_;
  std::atomic<bool> over_{false};
  Mutex mutex_;
  CondVar changed_;
};

}  // namespace zest::http
