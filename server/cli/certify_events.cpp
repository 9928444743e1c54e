#include "cli/certify_events.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/crypto.h"
#include "cli/program.h"
#include "client/event_maker.h"

namespace zest::cli {
namespace {

constexpr std::size_t kEventsOfAHistory = 7;
constexpr std::size_t kEventsOfTheEndings = 4;  // each with the request that it ends
constexpr int kPageSize = 100;

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  const std::string bytes = random_bytes(sizeof seed);
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed >> 1;  // fits wherever a seed is kept
}

Result<void> make(client::PartnerApi& partner, client::ControlApi& control,
                  const client::Ingredients& ingredients, EventType type) {
  ASSIGN_OR_RETURN(const client::MadeEvent made,
                   client::EventMaker(partner, control, ingredients).make(type));
  return {};
}

// Everything that certify needs, in the order in which cut() takes it apart.
Result<void> make_all(client::PartnerApi& partner, client::ControlApi& control) {
  ASSIGN_OR_RETURN(const client::Ingredients standard, client::standard_ingredients(partner, "", "single"));
  for (std::size_t i = 0; i < certify::kSinglesNeeded; ++i) {
    RETURN_IF_ERROR(make(partner, control, standard, EventType::SpvRequestCreated));
  }
  Json rows = Json::array();
  for (std::size_t i = 0; i < certify::kSinglesNeeded; ++i) {
    Json row = standard["investor"];
    row["partnerInvestorId"] = "investor-" + std::to_string(i);
    rows.push_back(std::move(row));
  }
  ASSIGN_OR_RETURN(const Json created, partner.create_investors(rows));
  RETURN_IF_ERROR(make(partner, control, standard, EventType::SpvRequestRejected));
  RETURN_IF_ERROR(make(partner, control, standard, EventType::SpvRequestCancelled));
  for (std::size_t i = 0; i < certify::kHistoriesNeeded; ++i) {
    ASSIGN_OR_RETURN(const client::Ingredients one,
                     client::standard_ingredients(partner, "", "history-" + std::to_string(i)));
    RETURN_IF_ERROR(make(partner, control, one, EventType::SubscriptionCompleted));
  }
  return {};
}

// Every envelope, in the order of emission: event ids grow.
Result<std::vector<Json>> all_envelopes(client::ControlApi& control) {
  std::vector<std::string> ids;
  for (int page = 1;; ++page) {
    ASSIGN_OR_RETURN(const Json list, control.deliveries({{"page", std::to_string(page)},
                                                          {"perPage", std::to_string(kPageSize)}}));
    const Json* documents = member(list, "documents");
    if (!documents || documents->empty()) break;
    for (const Json& delivery : *documents) ids.push_back(text_at(delivery, "deliveryId"));
  }
  std::sort(ids.begin(), ids.end());
  std::vector<Json> envelopes;
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(const Json delivery, control.delivery(id));
    envelopes.push_back(delivery.value("envelope", Json()));
  }
  return envelopes;
}

Result<certify::Events> cut(std::vector<Json> envelopes) {
  const std::size_t expected =
      2 * certify::kSinglesNeeded + kEventsOfTheEndings + certify::kHistoriesNeeded * kEventsOfAHistory;
  if (envelopes.size() != expected) {
    return make_error(ErrorKind::InternalError, "the sandbox emitted " + std::to_string(envelopes.size()) +
                                                    " events rather than " + std::to_string(expected));
  }
  auto next = envelopes.begin();
  const auto take = [&next](std::size_t count) {
    std::vector<Json> some(std::make_move_iterator(next),
                           std::make_move_iterator(next + static_cast<std::ptrdiff_t>(count)));
    next += static_cast<std::ptrdiff_t>(count);
    return some;
  };
  certify::Events events;
  events.requests = take(certify::kSinglesNeeded);
  events.investors = take(certify::kSinglesNeeded);
  events.endings = take(kEventsOfTheEndings);
  for (std::size_t i = 0; i < certify::kHistoriesNeeded; ++i) {
    events.histories.push_back(take(kEventsOfAHistory));
  }
  return events;
}

}  // namespace

Result<std::unique_ptr<app::Sandbox>> start_certify_sandbox(Log& log) {
  app::ServeOptions options;
  options.port = 0;
  options.clock = ClockMode::Manual;
  options.start_time = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  options.seed = random_seed();
  return app::Sandbox::start(options, log);
}

Result<certify::Events> make_certify_events(app::Sandbox& sandbox) {
  const app::SeededPartner& seeded = sandbox.partner();
  ASSIGN_OR_RETURN(Ed25519PrivateKey key, Ed25519PrivateKey::from_pem(seeded.private_key_pem));
  client::PartnerApi partner(sandbox.local_url(), {seeded.client_id, std::move(key)}, sandbox.url());
  client::ControlApi control(sandbox.local_url());
  RETURN_IF_ERROR(make_all(partner, control));
  ASSIGN_OR_RETURN(std::vector<Json> envelopes, all_envelopes(control));
  return cut(std::move(envelopes));
}

}  // namespace zest::cli
