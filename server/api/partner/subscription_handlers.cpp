// /v1/spvs/{spv_slug}/…: subscriptions and their documents. Zest docs: subscriptions, uploads.
#include "rules/subscriptions.h"

#include "api/api.h"
#include "api/pipeline/request_scope.h"
#include "api/pipeline/uploads.h"
#include "model/codec.h"

namespace zest::api {
namespace {

std::vector<rules::SubscriptionRow> rows_of(const Json& body) {
  std::vector<rules::SubscriptionRow> rows;
  for (const Json& each : *member(body, "subscriptions")) {
    rules::SubscriptionRow row;
    row.person_id = *string_member(each, "zestPersonId");
    row.lump_sum = *member(each, "lumpSum");
    row.share_class_slug = *string_member(each, "shareClassSlug");
    if (const std::string* own = string_member(each, "partnerSubscriptionId"))
      row.partner_subscription_id = *own;
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<Answer> create_subscriptions(const Services& services, Exchange& exchange) {
  const std::vector<rules::SubscriptionRow> rows = rows_of(exchange.body);
  const std::string& spv_slug = exchange.parameter("spv_slug");
  return run_idempotent(services, exchange, 201, [&](rules::Context& context) -> Result<Json> {
    ASSIGN_OR_RETURN(const std::vector<Subscription> created,
                     rules::create_subscriptions(context, services.contracts, spv_slug, rows));
    Json results = Json::array();
    for (const Subscription& subscription : created)
      results.push_back(subscription_result_json(subscription));
    return Json{{"results", std::move(results)}};
  });
}

// The file goes to its place before the transaction: a row never refers to bytes that are not there.
Result<rules::NewUpload> keep_file(const Services& services, const UploadParts& parts) {
  RETURN_IF_ERROR(services.store.uploads().keep({{parts.file->file.path(), parts.upload.sha256}}));
  return parts.upload;
}

// Links to a stored document: below the public URL in its webhook, below the address of the call in the
// answer, where the two may differ.
struct Links {
  Links(const Services& services, const Exchange& exchange)
      : in_webhook(services.file_urls.below(services.public_url.get())),
        in_answer(services.file_urls.below(base_url_of_call(services, exchange))) {}
  rules::FileUrls in_webhook;
  rules::FileUrls in_answer;
};

Result<Answer> upload_form(const Services& services, Exchange& exchange) {
  ASSIGN_OR_RETURN(const UploadParts parts, read_form_parts(exchange.request.parts));
  ASSIGN_OR_RETURN(const rules::NewUpload upload, keep_file(services, parts));
  const std::string& client_id = client_of(exchange);
  const Links links(services, exchange);
  ASSIGN_OR_RETURN(
      const Json body, run_write(services, exchange, [&](rules::Context& context) -> Result<Json> {
        ASSIGN_OR_RETURN(const rules::UploadOutcome outcome,
                         rules::upload_form(context, links.in_webhook, exchange.parameter("spv_slug"),
                                            exchange.parameter("person_id"), upload));
        const Upload& stored = *outcome.subscription.form;
        return form_upload_json(outcome.subscription, links.in_answer.url(client_id, stored, context.now));
      }));
  return json_answer(201, body);
}

Result<Answer> upload_funding(const Services& services, Exchange& exchange) {
  ASSIGN_OR_RETURN(const UploadParts parts, read_funding_parts(exchange.request.parts));
  ASSIGN_OR_RETURN(const rules::NewUpload upload, keep_file(services, parts));
  const std::string& client_id = client_of(exchange);
  const Links links(services, exchange);
  ASSIGN_OR_RETURN(
      const Json body, run_write(services, exchange, [&](rules::Context& context) -> Result<Json> {
        ASSIGN_OR_RETURN(const rules::UploadOutcome outcome,
                         rules::upload_funding(context, links.in_webhook, exchange.parameter("spv_slug"),
                                               exchange.parameter("person_id"), upload, parts.funding));
        const Upload& stored = outcome.subscription.funding->upload;
        return funding_upload_json(outcome.subscription, links.in_answer.url(client_id, stored, context.now));
      }));
  return json_answer(201, body);
}

Route subscription_route(Operation operation, std::string summary, std::string tag) {
  Route route = route_of(operation, std::move(summary));
  route.tag = std::move(tag);
  route.success = 201;
  return route;
}

}  // namespace

void add_subscription_routes(RouteTable& table, const Services& services) {
  Route creation =
      subscription_route(Operation::CreateSubscriptions, "Create subscriptions to one SPV", "Subscriptions");
  creation.description =
      "All rows or none: one row that breaks a rule fails the call. An investor has one subscription to an "
      "SPV.";
  creation.request_schema = "SubscriptionBulkCreate";
  creation.response_schema = "SubscriptionBulkResponse";
  creation.errors = {400, 401, 403, 404, 409, 413};
  creation.handle = [&services](Exchange& exchange) { return create_subscriptions(services, exchange); };
  table.add(std::move(creation));

  Route form = subscription_route(Operation::UploadSubscriptionForm, "Upload the signed subscription form",
                                  "Subscription Forms");
  form.description =
      "Stores the signed form of a subscription. The same bytes again change nothing; other bytes replace "
      "the form "
      "until the subscription is completed.";
  form.request_schema = "Body_uploadSubscriptionForm";
  form.response_schema = "FormUploadResponse";
  form.errors = {400, 401, 403, 404, 409, 413, 415};
  form.handle = [&services](Exchange& exchange) { return upload_form(services, exchange); };
  table.add(std::move(form));

  Route funding = subscription_route(Operation::UploadFundingReceipt, "Upload the funding receipt",
                                     "Subscription Fundings");
  funding.description =
      "Stores the receipt of the wire transfer and what it says. The signed form has to be there first.";
  funding.request_schema = "Body_uploadFundingReceipt";
  funding.response_schema = "FundingUploadResponse";
  funding.errors = {400, 401, 403, 404, 409, 413, 415};
  funding.handle = [&services](Exchange& exchange) { return upload_funding(services, exchange); };
  table.add(std::move(funding));
}

}  // namespace zest::api
