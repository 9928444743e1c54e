// An engine on a real temporary store, with a sender whose receiver is a function: exact instants, no
// sockets, no sleeps.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "model/spv_request.h"
#include "rules/context.h"
#include "rules/partners.h"
#include "store/sqlite/open.h"
#include "store/store.h"
#include "support/fake_clock.h"
#include "support/fake_sender.h"

namespace zest::engine {

using test::answer;
using test::FakeSender;

inline const Instant kStart = instant_from_ms(1'767'225'600'000);  // 2026-01-01T00:00:00.000Z

class EngineTest : public ::testing::Test {
 protected:
  void start(FakeSender::Receiver receiver, ClockMode mode = ClockMode::Manual, std::int64_t scale = 1) {
    mode_ = mode;
    scale_ = scale;
    store::SqliteOptions options;
    options.database = database_;
    options.max_pages = max_pages_;
    auto opened = store::open_sqlite(options, log_);
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    store_ = std::move(*opened);
    sender_ = std::make_unique<FakeSender>(std::move(receiver));
    engine_ = std::make_unique<Engine>(Services{*store_, *machine_, *sender_, *engine_log_}, options_);
    ASSERT_TRUE(engine_->start().ok());
  }
  void stop() {
    if (engine_) engine_->stop();
    engine_.reset();
    sender_.reset();
    if (store_) store_->close();
    store_.reset();
  }
  void TearDown() override { stop(); }

  void add_partner(const std::string& client_id, bool with_endpoint = true) {
    rules::NewPartner partner;
    partner.client_id = client_id;
    partner.name = client_id;
    partner.public_key = std::string(32, static_cast<char>('a' + partners_++));
    if (with_endpoint) partner.webhook_url = "http://127.0.0.1:1/" + client_id;
    rules::LaneDefaults defaults;
    defaults.seed = 1;
    defaults.clock = LaneClock{mode_, scale_, kStart, machine_time(mode_, *machine_)};
    auto registered = store_->write([&](store::Write& tx) -> Result<Done> {
      ASSIGN_OR_RETURN(const Partner made, rules::register_partner(tx, partner, defaults, machine_->wall()));
      static_cast<void>(made);
      return Done{};
    });
    ASSERT_TRUE(registered.ok()) << registered.error().detail;
    engine_->refresh(client_id);
  }

  void remove_partner(const std::string& client_id) {
    const auto remove = [&](store::Write& tx) -> Result<void> {
      if (const std::optional<Partner> partner = tx.partner(client_id))
        rules::remove_partner(tx, *partner, false);
      return {};
    };
    const auto removed = engine_->quiesce(
        client_id, [&] { return store_->write(remove); }, Quiescence::Removal);
    EXPECT_TRUE(removed.ok()) << removed.error().detail;
  }

  // Emits `count` events for the partner in one transaction; answers the delivery ids.
  std::vector<std::string> emit(const std::string& client_id, std::size_t count = 1) {
    auto emitted = store_->write([&](store::Write& tx) -> Result<Done> {
      ASSIGN_OR_RETURN(rules::Context context, rules::begin(tx, client_id, machine_time(*machine_)));
      for (std::size_t i = 0; i < count; ++i) {
        rules::emit(context, EventType::InvestorCreated, context.now,
                    Json{{"zestPersonId", rules::new_id(context, "psn")}});
      }
      tx.after_commit([this, client_id] { engine_->wake(client_id); });
      return Done{};
    });
    EXPECT_TRUE(emitted.ok());
    auto listed = store_->read([&](store::Read& tx) {
      return tx.deliveries(store::DeliveryFilter{client_id, {}, {}, {}}, store::Page{0, count}).documents;
    });
    std::vector<std::string> ids;
    for (const Delivery& delivery : *listed) ids.insert(ids.begin(), delivery.id);
    return ids;
  }

  Delivery delivery(const std::string& id) {
    return *store_->read([&](store::Read& tx) { return *tx.delivery(id); });
  }
  std::vector<Attempt> attempts(const std::string& id) {
    return *store_->read([&](store::Read& tx) { return tx.attempts(id); });
  }
  std::vector<std::int64_t> offsets(const std::string& id) {
    std::vector<std::int64_t> found;
    for (const Attempt& attempt : attempts(id)) found.push_back(attempt.offset.count());
    return found;
  }
  Result<AdvanceReport> advance_until_idle(std::optional<std::string> client_id = std::nullopt) {
    return engine_->advance(AdvanceRequest{std::move(client_id), AdvanceRequest::Idle{}});
  }
  Result<AdvanceReport> advance_by(Duration by, std::optional<std::string> client_id = std::nullopt) {
    return engine_->advance(AdvanceRequest{std::move(client_id), AdvanceRequest::By{by}});
  }
  bool wait_idle() {
    WaitRequest request;
    request.until = WaitRequest::Idle{};
    request.timeout = Duration(60'000);
    const auto report = engine_->wait(request);
    return report.ok() && report->reached;
  }

  Log log_{LogFormat::Text, LogLevel::Off};
  Log* engine_log_ = &log_;
  test::FakeClock clock_{test::FakeClock::Pace::Stands, instant_from_ms(1'800'000'000'000)};
  const WallClock* machine_ = &clock_;
  Options options_;
  std::optional<std::filesystem::path> database_;
  std::optional<std::uint32_t> max_pages_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<FakeSender> sender_;
  std::unique_ptr<Engine> engine_;
  ClockMode mode_ = ClockMode::Manual;
  std::int64_t scale_ = 1;
  int partners_ = 0;
};

inline const std::vector<std::int64_t> kLadder = {0, 30'000, 330'000, 2'130'000, 9'330'000, 52'530'000};

}  // namespace zest::engine
