// One whole sandbox: everything built, wired and seeded in one place. Several may live in one process.
// Thread-safety: the accessors from any thread; start and stop from one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "app/options.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "delivery/sender.h"
#include "engine/engine.h"
#include "store/store.h"

namespace zest::app {

// The partner that exists without any configuration.
struct SeededPartner {
  std::string client_id;
  std::string webhook_secret;
  std::string webhook_url;      // "": none yet
  std::string private_key_pem;  // development key from the fixtures; "" when it is not there
};

class Sandbox {
 public:
  // Parts that tests replace; nullptr: the real one. They outlive the sandbox.
  struct Parts {
    const WallClock* clock = nullptr;
    delivery::Sender* sender = nullptr;
  };

  // Opens everything and serves once this returns. `log` outlives the sandbox. Errors: InvalidRequest with
  // one sentence (port in use, no database, unreadable fixture …), ServiceUnavailable.
  static Result<std::unique_ptr<Sandbox>> start(const ServeOptions& options, Log& log, Parts parts);
  static Result<std::unique_ptr<Sandbox>> start(const ServeOptions& options, Log& log) {
    return start(options, log, Parts());
  }
  ~Sandbox();  // stops

  // Ends waiting calls, cancels webhooks on their way (they stay due), answers what runs, closes the
  // database. Idempotent.
  void stop();

  // The part that stop(), and the destructor after it, are at; for who waits for them on another thread.
  // Outlives the sandbox.
  std::shared_ptr<const std::atomic<const char*>> stopping_part() const;

  int port() const;
  std::string url() const;               // base URL for partners: the public URL, or http://host:port
  const std::string& local_url() const;  // by which this machine reaches it
  // What the control plane asks for: the one given, one made because the address is open to the network, or
  // "" for none.
  const std::string& admin_token() const;
  std::uint64_t seed() const;
  Result<LaneClock> clock() const;  // of the seeded partner
  const SeededPartner& partner() const;

  store::Store& store();
  engine::Engine& engine();

 private:
  class Impl;
  explicit Sandbox(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zest::app
