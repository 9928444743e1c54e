// Host names to addresses, apart from libcurl: its own lookups take a thread each and are waited for when
// their transfer ends, which would hold up every other exchange of the same thread. Here lookups run on a
// bounded number of threads, one per name at most, and what nobody waits for any more is left to end by
// itself. Thread-safety: all methods from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace zest::http {

using Addresses = std::vector<std::string>;  // numeric; none: the name cannot be resolved
using ResolveName = std::function<Addresses(const std::string& name)>;

// The system's resolver; blocks for as long as that takes.
Addresses resolve_by_system(const std::string& name);

// False: `host` is an address, or localhost, and needs no lookup.
bool needs_lookup(const std::string& host);

class Resolver {
 public:
  // Names that hang together, for as long as the system's resolver takes to give each of them up. [sandbox]
  static constexpr std::size_t kThreads = 64;
  // Of these for names that could be resolved before, so that names that hang cannot hold those up.
  static constexpr std::size_t kReservedThreads = 16;

  // As long as libcurl keeps what it resolved itself.
  static constexpr Duration kKeptFor{60'000};

  // `ring` is called when a lookup ended, on its thread and never after ~Resolver; it must not block.
  // What was found for a name is used again for `kept_for`.
  Resolver(ResolveName resolve, std::function<void()> ring, Duration kept_for = kKeptFor);
  ~Resolver();  // waits for no lookup
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // One name that is being looked up. It is wanted for as long as somebody holds it.
  class Lookup;
  // Never blocks. Shares the lookup of that name that is under way or ended a short while ago.
  std::shared_ptr<Lookup> start(const std::string& name);
  // Nothing: not yet.
  std::optional<Addresses> result(const Lookup& lookup) const;

 private:
  // Shared with the threads, which may outlive the resolver.
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace zest::http
