#include "client/event_maker.h"

#include "base/id.h"
#include "protocol/statuses.h"

namespace zest::client {
namespace {

constexpr const char* kUsualTemplate = "syndicate_secondary";

Error unexpected(const std::string& call) {
  return make_error(ErrorKind::InternalError, "the answer of " + call + " is not as documented");
}

const Json* first_of(const Json& answer, std::string_view list) {
  const Json* found = member(answer, list);
  return found && found->is_array() && !found->empty() ? &found->front() : nullptr;
}

// The sample of a template; without a name that of the documentation's examples, else the first.
const Json* choose_sample(const Json& list, const std::string& template_id) {
  const Json* samples = member(list, "samples");
  if (!samples || !samples->is_array()) return nullptr;
  const std::string wanted = template_id.empty() ? kUsualTemplate : template_id;
  for (const Json& sample : *samples) {
    if (text_member(sample, "templateId") == wanted) return &sample;
  }
  return template_id.empty() && !samples->empty() ? &samples->front() : nullptr;
}

Json document(const std::string& name) {
  return Json{{"fileName", name},
              {"contentType", "application/pdf"},
              {"content", "%PDF-1.4\n% " + name + "\n%%EOF\n"}};
}

UploadFile file_of(const Json& ingredient) {
  return {text_member(ingredient, "fileName"), text_member(ingredient, "contentType"),
          text_member(ingredient, "content")};
}

// A transition that has happened by itself meanwhile (autoApprove, autoComplete) is as good.
bool is_done(const Result<Json>& answer, const Json& resource, std::string_view status) {
  return answer.ok() ||
         (answer.error().kind == ErrorKind::Conflict && text_member(resource, "status") == status);
}

}  // namespace

Result<Ingredients> standard_ingredients(PartnerApi& partner, const std::string& template_id,
                                         const std::string& suffix) {
  ASSIGN_OR_RETURN(const Json contracts, partner.contracts());
  const Json* versions = member(contracts, "versions");
  if (!versions || !versions->is_array() || versions->empty() || !versions->back().is_string()) {
    return unexpected("GET /v1/contracts");
  }
  const std::string version = versions->back().get<std::string>();
  ASSIGN_OR_RETURN(const Json list, partner.samples(version));
  const Json* sample = choose_sample(list, template_id);
  if (!sample) {
    return make_error(ErrorKind::NotFound, "the contracts " + version + " have no sample of a template" +
                                               (template_id.empty() ? "" : " \"" + template_id + "\""));
  }
  Ingredients made;
  made["template"] = text_member(*sample, "templateId");
  made["templateVersion"] = text_member(*sample, "templateVersion");
  made["spvRequest"] = sample->value("attributes", Json::object());
  const std::string currency = text_member(made["spvRequest"], "currency");
  const Json sum = {{"currency", currency.empty() ? "USD" : currency}, {"value", "50000.00"}};
  made["rejection"] = {{"reason", "The company is not eligible"}};
  made["investor"] = {{"partnerInvestorId", "investor-" + suffix},
                      {"email", "investor-" + suffix + "@example.com"},
                      {"firstName", "Alice"},
                      {"lastName", "Liddell"},
                      {"dateOfBirth", "1985-04-12"},
                      {"countryOfResidence", "AE"}};
  made["subscription"] = {{"lumpSum", sum}, {"partnerSubscriptionId", "subscription-" + suffix}};
  made["form"] = document("form-" + suffix + ".pdf");
  made["funding"] = document("receipt-" + suffix + ".pdf");
  made["funding"]["amount"] = sum["value"];
  made["funding"]["currency"] = sum["currency"];
  made["funding"]["wireReference"] = "WIRE-" + suffix;
  return made;
}

// One call, and the event that it emits.
struct EventMaker::Step {
  Result<void> (EventMaker::*take)() = nullptr;
  EventType emits{};
};

struct EventMaker::Recipe {
  EventType type;
  std::string_view ingredient;
  std::string MadeEvent::*subject;
  ConstantList<Step, std::size(kEventTypeTable)> steps;  // the last one emits the event of the recipe
};

const EventMaker::Recipe& EventMaker::recipe_of(EventType type) {
  using Type = EventType;
  static constexpr Step kRequest{&EventMaker::request_spv, Type::SpvRequestCreated};
  static constexpr Step kApproval{&EventMaker::approve, Type::SpvRequestCompleted};
  static constexpr Step kRejection{&EventMaker::reject, Type::SpvRequestRejected};
  static constexpr Step kCancellation{&EventMaker::cancel, Type::SpvRequestCancelled};
  static constexpr Step kInvestor{&EventMaker::create_investor, Type::InvestorCreated};
  static constexpr Step kSubscription{&EventMaker::subscribe, Type::SubscriptionCreated};
  static constexpr Step kForm{&EventMaker::upload_form, Type::SignedSubscriptionFormUploaded};
  static constexpr Step kFunding{&EventMaker::upload_funding, Type::FundingReceiptUploaded};
  static constexpr Step kCompletion{&EventMaker::complete, Type::SubscriptionCompleted};
  static constexpr Recipe kRecipes[] = {
      {kRequest.emits, "spvRequest", &MadeEvent::spv_request, {kRequest}},
      {kApproval.emits, "spvRequest", &MadeEvent::spv_request, {kRequest, kApproval}},
      {kRejection.emits, "spvRequest", &MadeEvent::spv_request, {kRequest, kRejection}},
      {kCancellation.emits, "spvRequest", &MadeEvent::spv_request, {kRequest, kCancellation}},
      {kInvestor.emits, "investor", &MadeEvent::person, {kInvestor}},
      {kSubscription.emits,
       "subscription",
       &MadeEvent::subscription,
       {kRequest, kApproval, kInvestor, kSubscription}},
      {kForm.emits, "form", &MadeEvent::subscription, {kRequest, kApproval, kInvestor, kSubscription, kForm}},
      {kFunding.emits,
       "funding",
       &MadeEvent::subscription,
       {kRequest, kApproval, kInvestor, kSubscription, kForm, kFunding}},
      {kCompletion.emits,
       "subscription",
       &MadeEvent::subscription,
       {kRequest, kApproval, kInvestor, kSubscription, kForm, kFunding, kCompletion}},
  };
  static_assert(is_complete(kRecipes, &Recipe::type));
  return row_of(kRecipes, type);
}

std::string_view EventMaker::own_ingredient(EventType type) { return recipe_of(type).ingredient; }

Result<MadeEvent> EventMaker::make(EventType type) {
  const Recipe& recipe = recipe_of(type);
  made_ = given_;
  made_.type = type;
  for (const Step& step : recipe.steps) {
    RETURN_IF_ERROR((this->*step.take)());
    if (step.emits != type) made_.on_the_way.push_back(step.emits);
  }
  made_.subject = made_.*recipe.subject;
  return made_;
}

Result<void> EventMaker::request_spv() {
  if (!made_.spv_request.empty()) return {};
  const Json submission = {{"templateId", ingredients_["template"]},
                           {"templateVersion", ingredients_["templateVersion"]},
                           {"attributes", ingredients_["spvRequest"]}};
  ASSIGN_OR_RETURN(const Json request, partner_.submit_spv_request(submission, make_uuid()));
  made_.spv_request = text_member(request, "spvRequestSlug");
  return {};
}

Result<void> EventMaker::approve() {
  Result<Json> answer = control_.approve_spv_request(made_.spv_request);
  ASSIGN_OR_RETURN(const Json request, partner_.spv_request(made_.spv_request));
  if (!is_done(answer, request, to_string(SpvStatus::Approved))) return std::move(answer).error();
  if (const Json* refs = member(request, "materialisedRefs")) made_.spv = text_member(*refs, "vehicleSlug");
  if (const Json* fees = member(request, "feesAndCarry")) {
    if (const Json* share_class = first_of(*fees, "shareClasses")) {
      made_.share_class = text_member(*share_class, "slug");
    }
  }
  return made_.spv.empty() ? Result<void>(unexpected("GET /v1/spv-requests/" + made_.spv_request))
                           : Result<void>();
}

Result<void> EventMaker::reject() {
  ASSIGN_OR_RETURN(
      const Json answer,
      control_.reject_spv_request(made_.spv_request, text_member(ingredients_["rejection"], "reason")));
  return {};
}

Result<void> EventMaker::cancel() {
  ASSIGN_OR_RETURN(const Json answer, partner_.cancel_spv_request(made_.spv_request));
  return {};
}

Result<void> EventMaker::create_investor() {
  if (!made_.person.empty()) return {};
  ASSIGN_OR_RETURN(const Json answer,
                   partner_.create_investors(Json::array({ingredients_["investor"]}), make_uuid()));
  const Json* row = first_of(answer, "results");
  if (!row) return unexpected("POST /v1/investors");
  made_.person = text_member(*row, "zestPersonId");
  const std::optional<RowStatus> status = parse_word(kRowStatuses, text_member(*row, "status"));
  if (status == RowStatus::Created) return {};
  if (status == RowStatus::AlreadyExists && made_.type != EventType::InvestorCreated) return {};
  if (status == RowStatus::AlreadyExists) {
    return make_error(ErrorKind::Conflict, "the investor exists already as " + made_.person +
                                               ", so nothing is emitted; set another partnerInvestorId");
  }
  const Json error = row->value("error", Json::object());
  return make_error(ErrorKind::ValidationError, "the investor is refused: " + text_member(error, "field") +
                                                    " " + text_member(error, "message"));
}

Result<void> EventMaker::subscribe() {
  if (!made_.subscription.empty()) return {};
  Json row = ingredients_["subscription"];
  if (!row.contains("zestPersonId")) row["zestPersonId"] = made_.person;
  if (!row.contains("shareClassSlug")) row["shareClassSlug"] = made_.share_class;
  ASSIGN_OR_RETURN(const Json answer,
                   partner_.create_subscriptions(made_.spv, Json::array({row}), make_uuid()));
  const Json* created = first_of(answer, "results");
  if (!created) return unexpected("POST /v1/spvs/" + made_.spv + "/subscriptions");
  made_.subscription = text_member(*created, "subscriptionSlug");
  made_.person = text_member(*created, "personId");
  made_.share_class = text_member(*created, "shareClassSlug");
  return {};
}

Result<void> EventMaker::upload_form() {
  ASSIGN_OR_RETURN(const Json answer,
                   partner_.upload_form(made_.spv, made_.person, file_of(ingredients_["form"])));
  return {};
}

Result<void> EventMaker::upload_funding() {
  const Json& funding = ingredients_["funding"];
  ASSIGN_OR_RETURN(const Json answer,
                   partner_.upload_funding(made_.spv, made_.person, file_of(funding),
                                           {text_member(funding, "amount"), text_member(funding, "currency"),
                                            text_member(funding, "wireReference")}));
  return {};
}

Result<void> EventMaker::complete() {
  Result<Json> answer = control_.complete_subscription(made_.subscription);
  if (answer.ok()) return {};
  const Error error = std::move(answer).error();
  // There is no call that shows one subscription; the event tells that it has completed by itself.
  ASSIGN_OR_RETURN(
      const Json emitted,
      control_.deliveries({{"eventType", std::string(to_string(EventType::SubscriptionCompleted))},
                           {"subject", made_.subscription}}));
  if (error.kind == ErrorKind::Conflict && first_of(emitted, "documents")) return {};
  return error;
}

}  // namespace zest::client
