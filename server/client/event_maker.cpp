#include "client/event_maker.h"

#include "base/id.h"

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
  ASSIGN_OR_RETURN(const Json list,
                   partner.call({.target = "/v1/contracts/samples/" + http::percent_encode(version)}));
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
  Result<void> (EventMaker::*take)();
  const char* emits;
};

struct EventMaker::Recipe {
  const char* ingredient;
  std::string MadeEvent::*subject;
  std::vector<Step> steps;  // the last one emits the event of the recipe
};

const std::vector<EventMaker::Recipe>& EventMaker::recipes() {
  static const std::vector<Recipe> all = [] {
    const Step request{&EventMaker::request_spv, "spv_request.created"};
    const Step approval{&EventMaker::approve, "spv_request.completed"};
    const Step rejection{&EventMaker::reject, "spv_request.rejected"};
    const Step cancellation{&EventMaker::cancel, "spv_request.cancelled"};
    const Step investor{&EventMaker::create_investor, "investor.created"};
    const Step subscription{&EventMaker::subscribe, "subscription.created"};
    const Step form{&EventMaker::upload_form, "signed_subscription_form.uploaded"};
    const Step funding{&EventMaker::upload_funding, "funding_receipt.uploaded"};
    const Step completion{&EventMaker::complete, "subscription.completed"};
    return std::vector<Recipe>{
        {"spvRequest", &MadeEvent::spv_request, {request}},
        {"spvRequest", &MadeEvent::spv_request, {request, approval}},
        {"spvRequest", &MadeEvent::spv_request, {request, rejection}},
        {"spvRequest", &MadeEvent::spv_request, {request, cancellation}},
        {"investor", &MadeEvent::person, {investor}},
        {"subscription", &MadeEvent::subscription, {request, approval, investor, subscription}},
        {"form", &MadeEvent::subscription, {request, approval, investor, subscription, form}},
        {"funding", &MadeEvent::subscription, {request, approval, investor, subscription, form, funding}},
        {"subscription",
         &MadeEvent::subscription,
         {request, approval, investor, subscription, form, funding, completion}}};
  }();
  return all;
}

std::vector<std::string> EventMaker::event_types() {
  std::vector<std::string> types;
  for (const Recipe& recipe : recipes()) types.emplace_back(recipe.steps.back().emits);
  return types;
}

std::string_view own_ingredient(std::string_view event_type) {
  if (event_type.rfind("spv_request.", 0) == 0) return "spvRequest";
  if (event_type == "investor.created") return "investor";
  if (event_type == "signed_subscription_form.uploaded") return "form";
  if (event_type == "funding_receipt.uploaded") return "funding";
  return event_type.rfind("subscription.", 0) == 0 ? "subscription" : "";
}

Result<MadeEvent> EventMaker::make(std::string_view event_type) {
  for (const Recipe& recipe : recipes()) {
    if (event_type != recipe.steps.back().emits) continue;
    made_ = {};
    made_.type = recipe.steps.back().emits;
    for (const Step& step : recipe.steps) {
      RETURN_IF_ERROR((this->*step.take)());
      if (made_.type != step.emits) made_.on_the_way.emplace_back(step.emits);
    }
    made_.subject = made_.*recipe.subject;
    return made_;
  }
  return make_error(ErrorKind::InvalidRequest, "there is no event type \"" + std::string(event_type) + "\"");
}

Result<void> EventMaker::request_spv() {
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
  if (!is_done(answer, request, "approved")) return std::move(answer).error();
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
  ASSIGN_OR_RETURN(const Json answer, partner_.create_investors(Json::array({ingredients_["investor"]})));
  const Json* row = first_of(answer, "results");
  if (!row) return unexpected("POST /v1/investors");
  made_.person = text_member(*row, "zestPersonId");
  const std::string status = text_member(*row, "status");
  if (status == "created") return {};
  if (status == "already_exists" && made_.type != "investor.created") return {};
  if (status == "already_exists") {
    return make_error(ErrorKind::Conflict, "the investor exists already as " + made_.person +
                                               ", so nothing is emitted; set another partnerInvestorId");
  }
  const Json error = row->value("error", Json::object());
  return make_error(ErrorKind::ValidationError, "the investor is refused: " + text_member(error, "field") +
                                                    " " + text_member(error, "message"));
}

Result<void> EventMaker::subscribe() {
  Json row = ingredients_["subscription"];
  if (!row.contains("zestPersonId")) row["zestPersonId"] = made_.person;
  if (!row.contains("shareClassSlug")) row["shareClassSlug"] = made_.share_class;
  ASSIGN_OR_RETURN(const Json answer, partner_.create_subscriptions(made_.spv, Json::array({row})));
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
  ASSIGN_OR_RETURN(const Json emitted, control_.deliveries({{"eventType", "subscription.completed"},
                                                            {"subject", made_.subscription}}));
  if (error.kind == ErrorKind::Conflict && first_of(emitted, "documents")) return {};
  return error;
}

}  // namespace zest::client
