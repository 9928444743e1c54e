#include "application/own_only.h"

#include "application/asking.h"
#include "application/url_template.h"
#include "base/crypto.h"
#include "client/event_maker.h"

namespace zest::application {
namespace {

constexpr const char* kBarrierTimeout = "60s";  // wall
constexpr std::size_t kTagBytes = 4;

class OwnOnly {
 public:
  OwnOnly(const Description& description, client::PartnerApi& partner, client::ControlApi& control,
          const std::string& client_id)
      : description_(description), partner_(partner), control_(control), client_id_(client_id) {}

  Result<bool> holds(Resource resource) {
    if (resource == Resource::Subscription) return holds_of_subscriptions();
    const bool request = resource == Resource::SpvRequest;
    const ActionKind kind = request ? ActionKind::RequestSpv : ActionKind::CreateInvestors;
    const Probe* probe = description_.probe(resource);
    if (!probe || !description_.action(kind)) return false;
    ASSIGN_OR_RETURN(const client::MadeEvent others,
                     make(request ? EventType::SpvRequestCompleted : EventType::InvestorCreated, {}));
    ASSIGN_OR_RETURN(const std::string own,
                     make_own(kind, request ? "spvRequestSlug" : "zestPersonId", Json::object()));
    if (own.empty()) return false;
    if (request) RETURN_IF_ERROR(control_.approve_spv_request(own));
    return knows_only(*probe, own, request ? "approved" : "created", others.subject);
  }

 private:
  Result<bool> holds_of_subscriptions() {
    const Probe* probe = description_.probe(Resource::Subscription);
    if (!probe || !description_.action(ActionKind::Subscribe)) return false;
    ASSIGN_OR_RETURN(const client::MadeEvent others, make(EventType::SubscriptionCompleted, {}));
    ASSIGN_OR_RETURN(client::MadeEvent own, make(EventType::SpvRequestCompleted, {}));
    ASSIGN_OR_RETURN(own, make(EventType::InvestorCreated, own));
    const Json names{{"spvRequestSlug", own.spv_request},
                     {"spvSlug", own.spv},
                     {"shareClassSlug", own.share_class},
                     {"zestPersonId", own.person},
                     {"personId", own.person}};
    ASSIGN_OR_RETURN(own.subscription, make_own(ActionKind::Subscribe, "subscriptionSlug", names));
    if (own.subscription.empty()) return false;
    RETURN_IF_ERROR(make(EventType::SubscriptionCompleted, own));
    return knows_only(*probe, own.subscription, "completed", others.subscription);
  }

  Result<bool> knows_only(const Probe& probe, const std::string& own, const std::string& state,
                          const std::string& other) {
    RETURN_IF_ERROR(
        control_.wait({{"until", "idle"}, {"clientId", client_id_}, {"timeout", kBarrierTimeout}}));
    ASSIGN_OR_RETURN(const Json names, names_of_made(own));
    if (!expect_state(probe, names, state).holds) return false;
    ASSIGN_OR_RETURN(const Json other_names, names_of_made(other));
    ASSIGN_OR_RETURN(const std::optional<Json> known, ask(probe.question, other_names));
    return !known;
  }

  Result<client::MadeEvent> make(EventType type, client::MadeEvent given) {
    ASSIGN_OR_RETURN(const Json ingredients, fresh_ingredients());
    return client::EventMaker(partner_, control_, ingredients, std::move(given)).make(type);
  }
  Result<Json> fresh_ingredients() {
    return client::standard_ingredients(partner_, "", "own-only-" + to_hex(random_bytes(kTagBytes)));
  }
  // What the action makes is named so; "" when it made nothing.
  Result<std::string> make_own(ActionKind kind, const char* name, const Json& names) {
    ASSIGN_OR_RETURN(const Json ingredients, fresh_ingredients());
    const Driver driver(description_, control_, client_id_, ingredients);
    ASSIGN_OR_RETURN(const Driven driven, driver.drive(kind, names, fresh_intent()));
    return text_member(driven.names, name);
  }
  // For the URLs of probes: all that the resource's events tell.
  Result<Json> names_of_made(const std::string& subject) {
    Json names = names_of_subject(subject);
    ASSIGN_OR_RETURN(const Json list, control_.deliveries({{"clientId", client_id_}, {"subject", subject}}));
    for (const Json& row : list.value("documents", Json::array())) {
      if (text_member(row, "subject") != subject) continue;
      ASSIGN_OR_RETURN(const Json delivery, control_.delivery(text_member(row, "deliveryId")));
      names.update(names_of(delivery.value("envelope", Json::object())));
    }
    return names;
  }

  const Description& description_;
  client::PartnerApi& partner_;
  client::ControlApi& control_;
  const std::string& client_id_;
};

}  // namespace

bool takes_only_its_own(const Description& description, client::PartnerApi& partner,
                        client::ControlApi& control, const std::string& client_id, Resource resource) {
  // Those of SPV requests and investors that it did not make are not its own, either.
  if (resource == Resource::Subscription) {
    for (const Resource above : {Resource::SpvRequest, Resource::Investor}) {
      if (takes_only_its_own(description, partner, control, client_id, above)) return true;
    }
  }
  const Result<bool> holds = OwnOnly(description, partner, control, client_id).holds(resource);
  return holds.ok() && *holds;
}

}  // namespace zest::application
