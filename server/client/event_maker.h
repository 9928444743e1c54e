// Brings webhook events about the only way there is: by making, through the Partner API and Zest's admin
// calls, the resources that each event tells of. Zest docs: webhooks/events. Thread-safety: that of
// PartnerApi.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/control_api.h"
#include "client/partner_api.h"
#include "protocol/event_type.h"

namespace zest::client {

// What the resources are made of, one object each, as the bodies of the API's calls have them:
//   spvRequest    the attributes of the SPV request
//   rejection     reason
//   investor      a row of POST /v1/investors
//   subscription  a row of POST …/subscriptions; zestPersonId and shareClassSlug follow from the rest unless
//   given form          fileName, contentType, content funding       amount, currency, wireReference,
//   fileName, contentType, content
// and template, templateVersion: what the SPV request is made from.
using Ingredients = Json;

// Ingredients that the sandbox accepts, made of the sample of the template ("": syndicate_secondary, else the
// first one) in the newest version of the contracts. Identifiers of the partner's own end in `suffix`, so
// that they can be told apart. Errors: those of the calls; NotFound when no template of that name has a
// sample.
Result<Ingredients> standard_ingredients(PartnerApi& partner, const std::string& template_id,
                                         const std::string& suffix);

// What there is now. Members that the event does not need are "".
struct MadeEvent {
  EventType type{};
  std::string subject;                // the slug or person id that the event is about
  std::vector<EventType> on_the_way;  // types of the events emitted before it, in order
  std::string spv_request;
  std::string spv;
  std::string share_class;
  std::string person;
  std::string subscription;
};

// One use: makes one event and all that it needs.
class EventMaker {
 public:
  // `given`: an SPV request, a person and a subscription that are there already; what is not given is made.
  EventMaker(PartnerApi& partner, ControlApi& control, Ingredients ingredients, MadeEvent given = {})
      : partner_(partner),
        control_(control),
        ingredients_(std::move(ingredients)),
        given_(std::move(given)) {}

  // Errors: those of the calls, the first one ends it.
  Result<MadeEvent> make(EventType type);

  // The member of Ingredients that an event of this type is about.
  static std::string_view own_ingredient(EventType type);

 private:
  struct Step;
  struct Recipe;
  static const Recipe& recipe_of(EventType type);

  Result<void> request_spv();
  Result<void> approve();
  Result<void> reject();
  Result<void> cancel();
  Result<void> create_investor();
  Result<void> subscribe();
  Result<void> upload_form();
  Result<void> upload_funding();
  Result<void> complete();

  PartnerApi& partner_;
  ControlApi& control_;
  Ingredients ingredients_;
  MadeEvent given_;
  MadeEvent made_;
};

}  // namespace zest::client
