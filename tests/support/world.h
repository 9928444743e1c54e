// A whole sandbox in the test's process: a free port, virtual time by hand, and the machine's clock and the
// network as the test wants them. Called over real HTTP.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "app/sandbox.h"
#include "base/crypto.h"
#include "base/log.h"
#include "client/control_api.h"
#include "client/partner_api.h"
#include "support/fake_clock.h"
#include "support/fake_sender.h"

namespace zest::test {

class World {
 public:
  enum class Network {
    Fake,  // webhooks go to sender()
    Real,
  };
  static constexpr const char* kStart = "2026-01-01T00:00:00.000Z";  // virtual time at first

  static app::ServeOptions plain_options() {
    app::ServeOptions options;
    options.port = 0;
    options.clock = ClockMode::Manual;
    options.log_level = LogLevel::Off;
    return options;
  }
  // An endpoint for the seeded partner, whose webhooks go out.
  static app::ServeOptions with_endpoint() {
    app::ServeOptions options = plain_options();
    options.webhook_url = "http://127.0.0.1:1/hooks";
    return options;
  }

  // Throws when the sandbox cannot start.
  explicit World(app::ServeOptions options = plain_options(), Network network = Network::Fake,
                 FakeClock::Pace pace = FakeClock::Pace::Runs)
      : options_(std::move(options)),
        network_(network),
        log_(options_.log_format, options_.log_level),
        clock_(pace) {
    restart();
  }

  void stop() {
    partner_.reset();
    sandbox_.reset();
  }
  // Stops the sandbox and starts it anew, on another port.
  void restart() {
    stop();
    auto started =
        app::Sandbox::start(options_, log_, {&clock_, network_ == Network::Fake ? &sender_ : nullptr});
    if (!started.ok()) throw std::runtime_error("the sandbox does not start: " + started.error().detail);
    sandbox_ = std::move(*started);
  }
  void restart(app::ServeOptions options) {
    options_ = std::move(options);
    restart();
  }

  app::Sandbox& sandbox() { return *sandbox_; }
  const app::Sandbox& sandbox() const { return *sandbox_; }
  FakeClock& clock() { return clock_; }
  const FakeClock& clock() const { return clock_; }
  FakeSender& sender() { return sender_; }
  std::string url() const { return sandbox_->url(); }
  const app::SeededPartner& seeded() const { return sandbox_->partner(); }

  // As the seeded partner: with one token for all calls, or with a token of its own; and as the operator.
  client::PartnerApi& partner() {
    if (!partner_) partner_.emplace(fresh_partner());
    return *partner_;
  }
  client::PartnerApi fresh_partner() const {
    Ed25519PrivateKey key = Ed25519PrivateKey::from_pem(seeded().private_key_pem).value();
    return client::PartnerApi(sandbox_->local_url(), {seeded().client_id, std::move(key)});
  }
  client::ControlApi control() const {
    return client::ControlApi(sandbox_->local_url(), options_.admin_token);
  }

  // Any call without credentials of a partner; whatever is answered.
  client::Reply send(std::string method, std::string target, std::optional<Json> body = std::nullopt,
                     std::vector<std::pair<std::string, std::string>> headers = {}) const {
    client::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    if (body) request.body = dump_json(*body);
    Result<client::Reply> reply = client::Connection(sandbox_->local_url()).exchange(request);
    EXPECT_TRUE(reply.ok());
    return reply.ok() ? std::move(*reply) : client::Reply();
  }
  client::Reply get(std::string target) const { return send("GET", std::move(target)); }
  client::Reply post(std::string target, std::optional<Json> body = Json::object()) const {
    return send("POST", std::move(target), std::move(body));
  }
  // Nothing is on its way when this returns.
  void settle() const {
    EXPECT_EQ(send("POST", "/_sandbox/wait", Json{{"until", "idle"}, {"timeout", "30s"}}).status, 200);
  }
  void advance(const std::string& by) const {
    EXPECT_EQ(send("POST", "/_sandbox/clock/advance", Json{{"by", by}}).status, 200);
  }

 private:
  app::ServeOptions options_;
  const Network network_;
  Log log_;
  FakeClock clock_;
  FakeSender sender_;
  std::unique_ptr<app::Sandbox> sandbox_;
  std::optional<client::PartnerApi> partner_;
};

// What the shipped templates and rules accept: an SPV in USD with share class sc_classA and without a minimum
// ticket, an investor of that id of the partner's own, and a subscription of one.
inline Json spv_submission() {
  const Json share_class{{"name", "Class A"}, {"managementFeePercent", "2"}, {"carryPercent", "20"}};
  return Json{{"templateId", "syndicate_secondary"},
              {"templateVersion", "1.0.0"},
              {"attributes", Json{{"underlyingCompanySlug", "co_acme"},
                                  {"currency", "USD"},
                                  {"shareClasses", Json::array({share_class})}}}};
}
inline Json investor_row(const std::string& id) {
  return Json{{"partnerInvestorId", id},
              {"email", "ada@example.com"},
              {"firstName", "Ada"},
              {"lastName", "Lovelace"},
              {"dateOfBirth", "1990-12-10"}};
}
inline Json subscription_row(const std::string& person_id, const std::string& value = "1000.00") {
  return Json{{"zestPersonId", person_id},
              {"lumpSum", Json{{"currency", "USD"}, {"value", value}}},
              {"shareClassSlug", "sc_classA"}};
}

}  // namespace zest::test
