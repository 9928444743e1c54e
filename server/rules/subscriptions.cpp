#include "rules/subscriptions.h"

#include <algorithm>
#include <set>

#include "base/decimal.h"
#include "model/codec.h"
#include "rules/file_urls.h"
#include "rules/formats.h"

namespace zest::rules {
namespace {

Result<SpvRequest> find_spv(Context& context, std::string_view spv_slug) {
  std::optional<SpvRequest> spv = context.tx.spv_request_by_vehicle(spv_slug);
  if (!spv || spv->client_id != context.partner.client_id) {
    return refusal(Rule::SpvNotMaterialised, ErrorKind::NotFound,
                   "SPV '" + std::string(spv_slug) +
                       "' was not found; it exists once its SPV request is approved "
                       "(materialisedRefs.vehicleSlug)");
  }
  return std::move(*spv);
}

Result<Investor> find_investor(Context& context, std::string_view person_id) {
  std::optional<Investor> investor = context.tx.investor(person_id);
  if (!investor || investor->client_id != context.partner.client_id) {
    return refusal(Rule::InvestorUnknown, ErrorKind::NotFound,
                   "investor '" + std::string(person_id) + "' was not found");
  }
  return std::move(*investor);
}

// What the SPV's template lays down for a subscription; a template without a role sets no rule.
struct SpvTerms {
  std::optional<std::string> currency;
  std::optional<Money> minimum_ticket;
  std::vector<ShareClass> share_classes;
};

SpvTerms terms_of(const SpvRequest& spv, const Contracts& contracts) {
  SpvTerms terms;
  terms.share_classes = spv.share_classes;
  if (const Template* contract = contracts.find_template(spv.template_id, spv.template_version)) {
    terms.currency = contract->currency(spv.attributes);
    terms.minimum_ticket = contract->minimum_ticket(spv.attributes);
  }
  return terms;
}

// Collects the violations of one row.
class RowCheck {
 public:
  RowCheck(std::size_t index, std::vector<Violation>& out)
      : prefix_("subscriptions[" + std::to_string(index) + "]."), out_(out) {}
  void add(std::string_view member_path, std::string code, std::string message,
           std::optional<std::string> value) {
    const std::string path = prefix_ + std::string(member_path);
    out_.push_back(Violation{path, path, std::move(code), std::move(message), std::move(value)});
  }

 private:
  std::string prefix_;
  std::vector<Violation>& out_;
};

void check_currency(RowCheck& row, const Json& lump_sum, const SpvTerms& terms) {
  const Json* currency = member(lump_sum, "currency");
  if (currency == nullptr) {
    row.add("lumpSum.currency", "required", "currency is required", std::nullopt);
  } else if (!currency->is_string()) {
    row.add("lumpSum.currency", "type", "currency must be a string", value_text(*currency));
  } else if (const std::string& code = currency->get_ref<const std::string&>(); !is_currency(code)) {
    row.add("lumpSum.currency", "format", "currency must be an ISO 4217 code", value_text(*currency));
  } else if (terms.currency && code != *terms.currency) {
    row.add("lumpSum.currency", "currency_mismatch", "the SPV's currency is " + *terms.currency, code);
  }
}

void check_value(RowCheck& row, const Json& lump_sum, const SpvTerms& terms) {
  const Json* value = member(lump_sum, "value");
  if (value == nullptr) {
    row.add("lumpSum.value", "required", "value is required", std::nullopt);
    return;
  }
  if (!value->is_string()) {
    row.add("lumpSum.value", "type", "value must be a decimal string", value_text(*value));
    return;
  }
  const std::string& text = value->get_ref<const std::string&>();
  const Result<Decimal> amount = Decimal::parse(text);
  if (!amount.ok()) {
    row.add("lumpSum.value", "format", "value must be a decimal string such as 50000.00", value_text(*value));
    return;
  }
  if (amount->is_negative() || amount->is_zero()) {
    row.add("lumpSum.value", "min_value", "value must be greater than 0", text);
    return;
  }
  if (!terms.minimum_ticket) return;
  const Result<Decimal> minimum = Decimal::parse(terms.minimum_ticket->value);
  if (minimum.ok() && *amount < *minimum) {
    row.add("lumpSum.value", "min_value", "the SPV's minimum ticket is " + terms.minimum_ticket->value, text);
  }
}

void check_share_class(RowCheck& row, const std::string& slug, const SpvTerms& terms) {
  if (terms.share_classes.empty()) return;
  std::string allowed;
  for (const ShareClass& share_class : terms.share_classes) {
    if (share_class.slug == slug) return;
    allowed += (allowed.empty() ? "" : ", ") + share_class.slug;
  }
  row.add("shareClassSlug", "enum", "shareClassSlug must be one of the SPV's: " + allowed, value_text(slug));
}

std::vector<Violation> check_rows(const std::vector<SubscriptionRow>& rows, const SpvTerms& terms) {
  std::vector<Violation> violations;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RowCheck row(i, violations);
    check_currency(row, rows[i].lump_sum, terms);
    check_value(row, rows[i].lump_sum, terms);
    for (const auto& [name, value] : rows[i].lump_sum.items()) {
      if (name != "currency" && name != "value") {
        row.add("lumpSum." + name, "unknown_attribute", "lumpSum has currency and value only",
                value_text(value));
      }
    }
    check_share_class(row, rows[i].share_class_slug, terms);
  }
  return violations;
}

Error second_subscription(const std::string& person_id, std::string_view spv_slug) {
  return refusal(Rule::SubscriptionOnePerInvestor, ErrorKind::Conflict,
                 "investor '" + person_id + "' already has a subscription to SPV '" + std::string(spv_slug) +
                     "': one per investor and SPV");
}

// The subscription of the pair, with what its transitions refer to.
struct Found {
  Subscription subscription;
  Investor investor;
};

Result<Found> find_pair(Context& context, std::string_view spv_slug, std::string_view person_id) {
  RETURN_IF_ERROR(find_spv(context, spv_slug));
  ASSIGN_OR_RETURN(Investor investor, find_investor(context, person_id));
  std::optional<Subscription> subscription = context.tx.subscription_of(spv_slug, person_id);
  if (!subscription || subscription->client_id != context.partner.client_id) {
    return refusal(Rule::SubscriptionUnknown, ErrorKind::NotFound,
                   "investor '" + std::string(person_id) + "' has no subscription to SPV '" +
                       std::string(spv_slug) + "'");
  }
  return Found{std::move(*subscription), std::move(investor)};
}

Error completed_already(const Subscription& subscription) {
  return refusal(Rule::SubscriptionCompletedFinal, ErrorKind::Conflict,
                 "subscription \'" + subscription.slug + "\' is completed, a terminal state");
}

void start_auto_complete(Context& context, const Subscription& subscription, Instant funded_at) {
  context.tx.remove_timers(subscription.client_id, TimerKind::AutoComplete, subscription.slug);
  if (!context.partner.auto_complete) return;
  Timer timer;
  timer.client_id = subscription.client_id;
  timer.kind = TimerKind::AutoComplete;
  timer.due_at = funded_at + *context.partner.auto_complete;
  timer.sequence = next_sequence(context);
  timer.subject = subscription.slug;
  context.tx.add_timer(timer);
}

void schedule_reconcile(Context& context, Instant after) {
  if (context.tx.has_timer(context.partner.client_id, TimerKind::Reconcile, "")) return;
  Timer timer;
  timer.client_id = context.partner.client_id;
  timer.kind = TimerKind::Reconcile;
  const std::int64_t interval = kReconcileInterval.count();
  timer.due_at = instant_from_ms((to_ms(after) / interval + 1) * interval);
  timer.sequence = next_sequence(context);
  context.tx.add_timer(timer);
}

// URLs of what is replaced were signed until now, and lead to it until they expire.
void keep_replaced(Context& context, const Upload& replaced, const NewUpload& by) {
  const std::string& client_id = context.partner.client_id;
  context.tx.forget_replaced_uploads(client_id, context.now);
  if (replaced.sha256 == by.sha256) return;
  context.tx.keep_replaced_upload({client_id, replaced.sha256, context.now + kFileUrlLifetime});
}

void emit_completed(Context& context, Subscription& subscription, Instant occurred_at) {
  const Investor investor = context.tx.investor(subscription.person_id).value_or(Investor{});
  emit(context, EventType::SubscriptionCompleted, occurred_at, event_facts(subscription, investor));
  subscription.completion_emitted = true;
}

}  // namespace

Result<std::vector<Subscription>> create_subscriptions(Context& context, const Contracts& contracts,
                                                       std::string_view spv_slug,
                                                       const std::vector<SubscriptionRow>& rows) {
  ASSIGN_OR_RETURN(SpvRequest spv, find_spv(context, spv_slug));
  std::vector<Instant> known_since;
  for (const SubscriptionRow& row : rows) {
    ASSIGN_OR_RETURN(Investor investor, find_investor(context, row.person_id));
    known_since.push_back(investor.created_at);
  }
  std::set<std::string_view> people;
  for (const SubscriptionRow& row : rows) {
    if (!people.insert(row.person_id).second || context.tx.subscription_of(spv_slug, row.person_id)) {
      return second_subscription(row.person_id, spv_slug);
    }
  }
  std::vector<Violation> violations = check_rows(rows, terms_of(spv, contracts));
  if (!violations.empty()) {
    Error error = make_error(ErrorKind::ValidationError,
                             "no subscription was created: " + std::to_string(violations.size()) +
                                 (violations.size() == 1 ? " value breaks" : " values break") +
                                 " a rule of SPV '" + std::string(spv_slug) + "'");
    error.violations = std::move(violations);
    return error;
  }
  std::vector<Subscription> created;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SubscriptionRow& row = rows[i];
    Subscription subscription;
    subscription.slug = new_id(context, "sub");
    subscription.client_id = context.partner.client_id;
    subscription.spv_slug = spv_slug;
    subscription.person_id = row.person_id;
    subscription.partner_subscription_id = row.partner_subscription_id;
    subscription.lump_sum =
        Money{*string_member(row.lump_sum, "currency"), *string_member(row.lump_sum, "value")};
    subscription.share_class_slug = row.share_class_slug;
    subscription.created_at = transition_instant(context, {spv.updated_at, known_since[i]});
    subscription.updated_at = subscription.created_at;
    context.tx.put_subscription(subscription);
    emit(context, EventType::SubscriptionCreated, subscription.created_at,
         subscription_result_json(subscription));
    created.push_back(std::move(subscription));
  }
  return created;
}

Result<UploadOutcome> upload_form(Context& context, const FileUrls& urls, std::string_view spv_slug,
                                  std::string_view person_id, const NewUpload& upload) {
  ASSIGN_OR_RETURN(Found found, find_pair(context, spv_slug, person_id));
  Subscription& subscription = found.subscription;
  if (!next_stage(subscription.stage(), SubscriptionVerb::UploadForm)) return completed_already(subscription);
  if (subscription.form && subscription.form->sha256 == upload.sha256) {
    return UploadOutcome{std::move(subscription), std::move(found.investor), false};
  }
  const Instant at = transition_instant(context, {subscription.updated_at});
  if (subscription.form) keep_replaced(context, *subscription.form, upload);
  subscription.form = Upload{upload.sha256, upload.size, upload.content_type, at};
  subscription.updated_at = at;
  context.tx.put_subscription(subscription);
  const std::string url = urls.url(subscription.client_id, *subscription.form, context.now);
  emit(context, EventType::SignedSubscriptionFormUploaded, at, form_facts(subscription, found.investor, url));
  return UploadOutcome{std::move(subscription), std::move(found.investor), true};
}

Result<UploadOutcome> upload_funding(Context& context, const FileUrls& urls, std::string_view spv_slug,
                                     std::string_view person_id, const NewUpload& upload,
                                     const FundingFields& fields) {
  ASSIGN_OR_RETURN(Found found, find_pair(context, spv_slug, person_id));
  Subscription& subscription = found.subscription;
  if (!next_stage(subscription.stage(), SubscriptionVerb::UploadFunding)) {
    if (subscription.stage() == SubscriptionStage::Completed) return completed_already(subscription);
    return refusal(Rule::FormBeforeFunding, ErrorKind::Conflict,
                   "subscription '" + subscription.slug +
                       "' has no signed form on record: upload the form before the funding "
                       "receipt");
  }
  if (fields.currency != subscription.lump_sum.currency) {
    Error error =
        make_error(ErrorKind::ValidationError, "the funding's currency differs from the subscription's");
    error.violations.push_back(Violation{"currency", "currency", "currency_mismatch",
                                         "the subscription's currency is " + subscription.lump_sum.currency,
                                         fields.currency});
    return error;
  }
  const std::optional<FundingReceipt>& known = subscription.funding;
  if (known && known->upload.sha256 == upload.sha256 && known->amount == fields.amount &&
      known->currency == fields.currency && known->wire_reference == fields.wire_reference) {
    return UploadOutcome{std::move(subscription), std::move(found.investor), false};
  }
  if (known) keep_replaced(context, known->upload, upload);
  const Instant at = transition_instant(context, {subscription.updated_at});
  subscription.funding = FundingReceipt{Upload{upload.sha256, upload.size, upload.content_type, at},
                                        fields.amount, fields.currency, fields.wire_reference};
  subscription.updated_at = at;
  context.tx.put_subscription(subscription);
  const std::string url = urls.url(subscription.client_id, subscription.funding->upload, context.now);
  emit(context, EventType::FundingReceiptUploaded, at, funding_facts(subscription, found.investor, url));
  start_auto_complete(context, subscription, at);
  return UploadOutcome{std::move(subscription), std::move(found.investor), true};
}

Result<Subscription> complete_subscription(Context& context, std::string_view slug, Completion completion) {
  std::optional<Subscription> found = context.tx.subscription(slug);
  if (!found || found->client_id != context.partner.client_id) {
    return refusal(Rule::SubscriptionUnknown, ErrorKind::NotFound,
                   "subscription '" + std::string(slug) + "' was not found");
  }
  Subscription& subscription = *found;
  const SubscriptionVerb verb =
      completion.force ? SubscriptionVerb::ForceComplete : SubscriptionVerb::Complete;
  if (!next_stage(subscription.stage(), verb)) {
    if (subscription.stage() == SubscriptionStage::Completed) return completed_already(subscription);
    return refusal(Rule::FundingBeforeCompletion, ErrorKind::Conflict,
                   "subscription '" + subscription.slug +
                       "' has no funding receipt on record; send \"force\": true to complete "
                       "it all the same");
  }
  const Instant at = transition_instant(context, {subscription.updated_at});
  subscription.status = SubscriptionStatus::Completed;
  subscription.completed_at = at;
  subscription.updated_at = at;
  context.tx.remove_timers(subscription.client_id, TimerKind::AutoComplete, subscription.slug);
  if (completion.skip_synchronous_emit) {
    schedule_reconcile(context, std::max(context.now, at));
  } else {
    emit_completed(context, subscription, at);
  }
  context.tx.put_subscription(subscription);
  return std::move(subscription);
}

std::size_t reconcile(Context& context, Instant sweep) {
  std::size_t emitted = 0;
  for (Subscription& subscription : context.tx.completions_to_emit(context.partner.client_id)) {
    // Completed at this instant or, on a clock that stands still, just behind it: the event must come later.
    if (subscription.updated_at >= sweep) {
      schedule_reconcile(context, subscription.updated_at);
      continue;
    }
    emit_completed(context, subscription, sweep);
    context.tx.put_subscription(subscription);
    ++emitted;
  }
  return emitted;
}

}  // namespace zest::rules
