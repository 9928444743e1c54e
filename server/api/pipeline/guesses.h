// Wrong admin tokens, by the address that they come from. The more of them, the longer each waits for its
// answer; a right token is answered at once all the while. As many as wait at a time bound how fast an
// address can guess, whether it waits for the answers or not. Source of the limits: the sandbox's own.
// Thread-safety: all methods from any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "base/time.h"

namespace zest::api {

class Guesses {
 public:
  static constexpr int kFree = 5;                     // wrong ones that are answered at once
  static constexpr Duration kFirstDelay{125};         // of the next one; it doubles with each
  static constexpr Duration kLongestDelay{2'000};     // with kMostWaiting: 512 guesses a second at most
  static constexpr Duration kForgottenAfter{60'000};  // without a wrong one
  static constexpr std::size_t kMostWaiting = 1024;   // of one address; more are not looked at
  static constexpr std::size_t kAddresses = 1024;  // remembered; then the one that was wrong longest ago goes

  // Whether a token from `address` may be looked at. `now` is steady time.
  bool may_guess(const std::string& address, Instant now) EXCLUDES(mutex_);
  // It was wrong. Answers how long to hold the refusal back.
  Duration was_wrong(const std::string& address, Instant now) EXCLUDES(mutex_);

 private:
  struct Guesser {
    int wrong = 0;
    Instant last{};
    std::deque<Instant> waiting;  // until when, in order
  };

  void make_room() REQUIRES(mutex_);

  Mutex mutex_;
  std::unordered_map<std::string, Guesser> guessers_ GUARDED_BY(mutex_);
};

}  // namespace zest::api
