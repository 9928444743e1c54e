#include "cli/certify_events.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "application/driver.h"
#include "base/crypto.h"
#include "cli/program.h"
#include "client/event_maker.h"
#include "client/webhook_handler.h"

namespace zest::cli {
namespace {

constexpr std::size_t kEventsOfAHistory = 7;
constexpr std::size_t kEventsOfTheEndings = 4 * certify::kEndings;  // each with the request that it ends
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

Result<client::PartnerApi> seeded_partner(app::Sandbox& sandbox) {
  const app::SeededPartner& seeded = sandbox.partner();
  ASSIGN_OR_RETURN(Ed25519PrivateKey key, Ed25519PrivateKey::from_pem(seeded.private_key_pem));
  return client::PartnerApi(sandbox.local_url(), {seeded.client_id, std::move(key)}, sandbox.url());
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
  for (std::size_t i = 0; i < certify::kEndings; ++i) {
    RETURN_IF_ERROR(make(partner, control, standard, EventType::SpvRequestRejected));
    RETURN_IF_ERROR(make(partner, control, standard, EventType::SpvRequestCancelled));
  }
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

// The envelopes about one subject, in the order of emission.
Result<std::vector<Json>> envelopes_of(client::ControlApi& control, const std::string& subject) {
  ASSIGN_OR_RETURN(const Json list,
                   control.deliveries({{"subject", subject}, {"perPage", std::to_string(kPageSize)}}));
  std::vector<Json> envelopes;
  for (const Json& delivery : list.value("documents", Json::array())) {
    ASSIGN_OR_RETURN(const Json one, control.delivery(text_at(delivery, "deliveryId")));
    envelopes.push_back(one.value("envelope", Json()));
  }
  std::sort(envelopes.begin(), envelopes.end(),
            [](const Json& a, const Json& b) { return text_at(a, "eventId") < text_at(b, "eventId"); });
  return envelopes;
}

// Has an application make what its webhooks then are about.
class OwnMaker {
 public:
  OwnMaker(client::PartnerApi& partner, client::ControlApi& control,
           const application::Description& description, const std::string& client_id)
      : partner_(partner), control_(control), description_(description), client_id_(client_id) {}

  // The identifier of what the action made. Errors: it is not there, or made nothing.
  Result<std::string> made_by(application::ActionKind kind, const char* name,
                              const Json& names = Json::object()) {
    ASSIGN_OR_RETURN(const Json ingredients, fresh_ingredients());
    const application::Driver driver(description_, control_, client_id_, ingredients);
    ASSIGN_OR_RETURN(const application::Driven driven,
                     driver.drive(kind, names, application::fresh_intent()));
    const std::string made = text_at(driven.names, name);
    if (made.empty()) return make_error(ErrorKind::NotFound, "the action made nothing");
    return made;
  }

  // A subscription of an SPV and an investor, which are made where they are not given.
  Result<client::MadeEvent> subscribed(client::MadeEvent given) {
    for (const EventType needed : {EventType::SpvRequestCompleted, EventType::InvestorCreated}) {
      ASSIGN_OR_RETURN(const client::Ingredients ingredients, fresh_ingredients());
      ASSIGN_OR_RETURN(given, client::EventMaker(partner_, control_, ingredients, given).make(needed));
    }
    const Json names{{"spvRequestSlug", given.spv_request},
                     {"spvSlug", given.spv},
                     {"shareClassSlug", given.share_class},
                     {"zestPersonId", given.person},
                     {"personId", given.person}};
    ASSIGN_OR_RETURN(given.subscription,
                     made_by(application::ActionKind::Subscribe, "subscriptionSlug", names));
    return given;
  }

  Result<std::vector<Json>> events_of(EventType type, client::MadeEvent given) {
    ASSIGN_OR_RETURN(const client::Ingredients ingredients, fresh_ingredients());
    ASSIGN_OR_RETURN(const client::MadeEvent made,
                     client::EventMaker(partner_, control_, ingredients, std::move(given)).make(type));
    std::vector<Json> events;
    for (const std::string& subject : {made.spv_request, made.person, made.subscription}) {
      if (subject.empty()) continue;
      ASSIGN_OR_RETURN(const std::vector<Json> some, envelopes_of(control_, subject));
      for (const Json& event : some) {
        if (client::subject_of(event) == subject) events.push_back(event);
      }
    }
    return events;
  }

 private:
  Result<Json> fresh_ingredients() {
    return client::standard_ingredients(partner_, "", "own-" + to_hex(random_bytes(4)));
  }

  client::PartnerApi& partner_;
  client::ControlApi& control_;
  const application::Description& description_;
  const std::string client_id_;
};

// What of it the application makes.
struct Own {
  bool requests = false;
  bool investors = false;
  bool subscriptions = false;
};

Result<void> make_own(OwnMaker& maker, const Own& own, certify::Events& events) {
  using application::ActionKind;
  constexpr const char* kRequest = "spvRequestSlug";
  std::vector<std::vector<Json>> histories;
  for (std::size_t i = 0; i < certify::kHistories; ++i) {
    client::MadeEvent given;
    if (own.requests) {
      ASSIGN_OR_RETURN(given.spv_request, maker.made_by(ActionKind::RequestSpv, kRequest));
    }
    if (own.investors) {
      ASSIGN_OR_RETURN(given.person, maker.made_by(ActionKind::CreateInvestors, "zestPersonId"));
    }
    if (own.subscriptions) {
      ASSIGN_OR_RETURN(given, maker.subscribed(given));
    }
    ASSIGN_OR_RETURN(std::vector<Json> history, maker.events_of(EventType::SubscriptionCompleted, given));
    if (history.size() != kEventsOfAHistory)
      return make_error(ErrorKind::Conflict, "it made something else, too");
    histories.push_back(std::move(history));
  }
  std::vector<Json> endings;
  for (std::size_t i = 0; own.requests && i < certify::kEndings; ++i) {
    for (const EventType type : {EventType::SpvRequestRejected, EventType::SpvRequestCancelled}) {
      client::MadeEvent given;
      ASSIGN_OR_RETURN(given.spv_request, maker.made_by(ActionKind::RequestSpv, kRequest));
      ASSIGN_OR_RETURN(const std::vector<Json> some, maker.events_of(type, given));
      endings.insert(endings.end(), some.begin(), some.end());
    }
  }
  std::move(histories.begin(), histories.end(), events.histories.begin());
  if (endings.size() == events.endings.size()) events.endings = std::move(endings);
  events.own_requests = own.requests;
  events.own_investors = own.investors;
  events.own_subscriptions = own.subscriptions;
  return {};
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
  ASSIGN_OR_RETURN(client::PartnerApi partner, seeded_partner(sandbox));
  client::ControlApi control(sandbox.local_url());
  RETURN_IF_ERROR(make_all(partner, control));
  ASSIGN_OR_RETURN(std::vector<Json> envelopes, all_envelopes(control));
  return cut(std::move(envelopes));
}

void let_application_make(app::Sandbox& sandbox, const application::Description& description,
                          certify::Events& events) {
  using application::ActionKind;
  using application::Resource;
  const auto can = [&description](ActionKind kind, Resource resource) {
    return description.action(kind) != nullptr && description.probe(resource) != nullptr;
  };
  const Own all{can(ActionKind::RequestSpv, Resource::SpvRequest),
                can(ActionKind::CreateInvestors, Resource::Investor),
                can(ActionKind::Subscribe, Resource::Subscription)};
  Result<client::PartnerApi> partner = seeded_partner(sandbox);
  if (!partner.ok()) return;
  client::ControlApi control(sandbox.local_url());
  OwnMaker maker(*partner, control, description, sandbox.partner().client_id);
  // An action that does not work is certify --client's to tell of.
  for (const Own& some : {all, Own{all.requests, all.investors, false}, Own{all.requests, false, false},
                          Own{false, all.investors, false}}) {
    const bool any = some.requests || some.investors || some.subscriptions;
    if (any && make_own(maker, some, events).ok()) return;
  }
}

}  // namespace zest::cli
