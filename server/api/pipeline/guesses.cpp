#include "api/pipeline/guesses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace zest::api {
namespace {

// Who has one IPv6 address has the 2^64 of its network.
std::string network_of(const std::string& address) {
  const std::string plain = address.substr(0, address.find('%'));
  in6_addr v6{};
  if (inet_pton(AF_INET6, plain.c_str(), &v6) != 1 || IN6_IS_ADDR_V4MAPPED(&v6)) return address;
  constexpr std::size_t kNetworkBytes = 8;
  std::string network(kNetworkBytes, '\0');
  std::memcpy(network.data(), &v6, network.size());
  return network;
}

}  // namespace

bool Guesses::may_guess(const std::string& address, Instant now) {
  const MutexLock lock(mutex_);
  const auto found = guessers_.find(network_of(address));
  if (found == guessers_.end()) return true;
  std::deque<Instant>& waiting = found->second.waiting;
  while (!waiting.empty() && waiting.front() <= now) waiting.pop_front();
  return waiting.size() < kMostWaiting;
}

Duration Guesses::was_wrong(const std::string& address, Instant now) {
  const MutexLock lock(mutex_);
  const std::string network = network_of(address);
  if (!guessers_.contains(network)) make_room();
  Guesser& guesser = guessers_[network];
  if (now - guesser.last >= kForgottenAfter) guesser.wrong = 0;
  guesser.last = now;
  Duration delay{0};
  if (++guesser.wrong > kFree) {
    delay = kFirstDelay;
    for (int n = kFree + 1; n < guesser.wrong && delay < kLongestDelay; ++n) delay *= 2;
    delay = std::min(delay, kLongestDelay);
  }
  guesser.waiting.push_back(now + std::max(delay, kFirstDelay));
  return delay;
}

void Guesses::make_room() {
  if (guessers_.size() < kAddresses) return;
  guessers_.erase(std::min_element(guessers_.begin(), guessers_.end(), [](const auto& a, const auto& b) {
    return a.second.last < b.second.last;
  }));
}

}  // namespace zest::api
