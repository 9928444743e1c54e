// Rules on a temporary store: partners, the shipped contracts, and transactions at exact virtual instants. No
// HTTP, no clock.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/codec.h"
#include "rules/context.h"
#include "rules/contracts.h"
#include "rules/file_urls.h"
#include "rules/investors.h"
#include "rules/partners.h"
#include "rules/spv_requests.h"
#include "rules/subscriptions.h"
#include "store/sqlite/open.h"

namespace zest::rules {

inline const Instant kDawn = parse_instant("2026-01-01T00:00:00.000Z").value();  // where lanes start
inline Instant after(std::int64_t ms) { return kDawn + Duration(ms); }

// What happened, as its webhook tells it.
struct Fired {
  std::string type;
  Instant occurred_at{};
  Json data;
};

class RulesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = store::open_sqlite({}, log_).value();
    add_partner("acme");
  }

  Partner add_partner(const std::string& client_id, const PartnerChange& change = {}) {
    NewPartner input;
    input.client_id = client_id;
    input.name = client_id;
    input.public_key = std::string(32, static_cast<char>('a' + partners_++));
    LaneDefaults defaults;
    defaults.seed = 1;
    defaults.clock = LaneClock{ClockMode::Manual, 1, kDawn, kDawn};
    return store_
        ->write([&](store::Write& tx) -> Result<Partner> {
          RETURN_IF_ERROR(register_partner(tx, input, defaults, kDawn));
          return change_partner(tx, client_id, change);
        })
        .value();
  }

  // Runs `body(Context&) -> Result<T>` as one transaction of the partner at virtual `now`.
  template <class Body>
  std::invoke_result_t<Body, Context&> at(Instant now, Body body, const std::string& client_id = "acme") {
    using R = std::invoke_result_t<Body, Context&>;
    return store_->write([&](store::Write& tx) -> R {
      ASSIGN_OR_RETURN(Context context, begin_at(tx, client_id, now));
      return body(context);
    });
  }
  template <class Body>
  auto look(Body body) {
    return store_->read(std::move(body)).value();
  }

  // Everything that the partner's resources have fired, oldest first.
  std::vector<Fired> fired(const std::string& client_id = "acme") {
    return look([&](store::Read& tx) {
      store::DeliveryFilter filter;
      filter.client_id = client_id;
      std::vector<Fired> events;
      for (const Delivery& delivery : tx.deliveries(filter, {0, 1000}).documents) {
        const Event event = tx.event(delivery.id).value();
        events.insert(events.begin(),
                      Fired{event.type, event.occurred_at, parse_json(event.body).value().at("data")});
      }
      return events;
    });
  }
  std::vector<std::string> fired_types(const std::string& client_id = "acme") {
    std::vector<std::string> types;
    for (const Fired& event : fired(client_id)) types.push_back(event.type);
    return types;
  }
  // The partner's earliest timer; none of extra attempts.
  std::optional<Timer> next_timer(const std::string& client_id = "acme") {
    const auto due = look([&](store::Read& tx) { return tx.due_work(client_id, kLastInstant, false); });
    return due ? std::optional<Timer>(std::get<Timer>(*due)) : std::nullopt;
  }

  static Json attributes() {
    return Json{{"underlyingCompanySlug", "co_acme"},
                {"currency", "USD"},
                {"shareClasses", Json::array({Json{{"name", "Class A"}}})},
                {"minimumTicketSize", Json{{"currency", "USD"}, {"value", "10000.00"}}}};
  }
  Result<SpvRequest> submit(Instant now, const std::string& client_id = "acme") {
    return at(
        now,
        [this](Context& context) {
          return submit_spv_request(
              context, prepare_spv_submission(contracts_, "syndicate_secondary", "1.0.0", attributes()));
        },
        client_id);
  }
  Result<SpvRequest> approve(Instant now, const std::string& slug) {
    return at(now, [&](Context& context) { return approve_spv_request(context, slug); });
  }
  static Json investor_row(const std::string& id) {
    return Json{{"partnerInvestorId", id},
                {"email", "ada@example.com"},
                {"firstName", "Ada"},
                {"lastName", "Lovelace"},
                {"dateOfBirth", "1990-12-10"}};
  }
  std::vector<InvestorResult> invest(Instant now, const Json& rows) {
    return at(now,
              [&rows](Context& context) -> Result<std::vector<InvestorResult>> {
                return create_investors(context, prepare_investors(rows));
              })
        .value();
  }

  Log log_{LogFormat::Text, LogLevel::Off};
  const Contracts contracts_ = Contracts::load(std::nullopt).value();
  const FileUrls urls_ = FileUrls("key").below("http://sandbox");
  std::unique_ptr<store::Store> store_;
  int partners_ = 0;
};

// An error of that kind whose detail speaks of that.
template <class T>
void expect_refused(const Result<T>& result, ErrorKind kind, const std::string& part = "") {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(static_cast<int>(result.error().kind), static_cast<int>(kind)) << result.error().detail;
  EXPECT_THAT(result.error().detail, ::testing::HasSubstr(part));
}

}  // namespace zest::rules
