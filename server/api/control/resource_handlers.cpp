// Resources that the partner API has no list of: investors and uploads, of one partner or of all.
#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/readers.h"
#include "api/pipeline/request_scope.h"
#include "model/codec.h"

namespace zest::api {
namespace {

Json investor_json(const Investor& investor) {
  Json json{{"zestPersonId", investor.person_id},   {"partnerInvestorId", investor.partner_investor_id},
            {"clientId", investor.client_id},       {"email", investor.email},
            {"firstName", investor.first_name},     {"lastName", investor.last_name},
            {"dateOfBirth", investor.date_of_birth}};
  if (investor.country_of_residence) json["countryOfResidence"] = *investor.country_of_residence;
  json["createdAt"] = format_instant(investor.created_at);
  return json;
}

Result<Answer> list_investors(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  const std::optional<std::string> client_id = query.text("clientId");
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  ASSIGN_OR_RETURN(const auto found,
                   services.store.read([&](store::Read& tx) { return tx.investors(client_id, page); }));
  Json documents = Json::array();
  for (const Investor& investor : found.documents) documents.push_back(investor_json(investor));
  return json_answer(200, list_json(std::move(documents), found.count, page));
}

Result<Answer> show_investor(const Services& services, Exchange& exchange) {
  const std::string& person_id = exchange.parameter("personId");
  ASSIGN_OR_RETURN(const std::optional<Investor> investor,
                   services.store.read([&](store::Read& tx) { return tx.investor(person_id); }));
  if (!investor) return no_such("investor", person_id);
  return json_answer(200, investor_json(*investor));
}

// `url` is signed afresh, so that it works now.
Json upload_json(const store::StoredUpload& stored, const std::string& url) {
  const Subscription& subscription = stored.subscription;
  const bool is_form = stored.kind == store::StoredUpload::Kind::Form;
  const FundingReceipt receipt = subscription.funding.value_or(FundingReceipt{});
  const Upload upload = is_form ? subscription.form.value_or(Upload{}) : receipt.upload;
  Json json{{"kind", is_form ? "form" : "fundingReceipt"},
            {"clientId", subscription.client_id},
            {"subscriptionSlug", subscription.slug},
            {"spvSlug", subscription.spv_slug},
            {"personId", subscription.person_id},
            {"contentType", upload.content_type},
            {"size", upload.size},
            {"sha256", upload.sha256}};
  if (!is_form) {
    json["amount"] = receipt.amount;
    json["currency"] = receipt.currency;
    json["wireReference"] = receipt.wire_reference;
  }
  json["url"] = url;
  json["uploadedAt"] = format_instant(upload.uploaded_at);
  return json;
}

Result<Answer> list_uploads(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  const std::optional<std::string> client_id = query.text("clientId");
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  ASSIGN_OR_RETURN(const auto found,
                   services.store.read([&](store::Read& tx) { return tx.uploads(client_id, page); }));
  const rules::FileUrls urls = services.file_urls.below(base_url_of_call(services, exchange));
  Json documents = Json::array();
  for (const store::StoredUpload& stored : found.documents) {
    const Subscription& subscription = stored.subscription;
    const Upload upload = stored.kind == store::StoredUpload::Kind::Form
                              ? subscription.form.value_or(Upload{})
                              : subscription.funding.value_or(FundingReceipt{}).upload;
    const Result<Instant> now = services.engine.now(subscription.client_id);
    // Its partner was removed a moment ago.
    if (!now.ok()) continue;
    documents.push_back(upload_json(stored, urls.url(subscription.client_id, upload, *now)));
  }
  return json_answer(200, list_json(std::move(documents), found.count, page));
}

}  // namespace

void add_resource_routes(RouteTable& table, const Services& services) {
  Route investors =
      control_route(Operation::ListInvestors, "List the investors, newest first", answers("InvestorPage"));
  investors.query = {client_parameter()};
  add_control(table, services, with_paging(std::move(investors)), list_investors);
  add_control(table, services,
              control_route(Operation::GetInvestor, "Show an investor", answers("Investor"), {404}),
              show_investor);
  Route uploads =
      control_route(Operation::ListUploads,
                    "List the documents of subscriptions, newest first, each with a URL that works now",
                    answers("UploadPage"));
  uploads.query = {client_parameter()};
  add_control(table, services, with_paging(std::move(uploads)), list_uploads);
}

}  // namespace zest::api
