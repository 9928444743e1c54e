#include "rules/spv_requests.h"

#include "base/nearest.h"
#include "model/codec.h"

namespace zest::rules {
namespace {

Error no_such_request(std::string_view slug) {
  return refusal(Rule::SpvRequestUnknown, ErrorKind::NotFound,
                 "SPV request '" + std::string(slug) + "' was not found");
}

// The caller's request together with the state that `verb` leads to.
struct Step {
  SpvRequest request;
  Instant at{};
};

Result<Step> take_step(Context& context, std::string_view slug, SpvVerb verb, std::string_view participle) {
  ASSIGN_OR_RETURN(SpvRequest request, find_spv_request(context.tx, context.partner.client_id, slug));
  const std::optional<SpvStatus> next = next_status(request.status, verb);
  if (!next) {
    return refusal(Rule::SpvDecidedOnce, ErrorKind::Conflict,
                   "SPV request '" + request.slug + "' is " + std::string(to_string(request.status)) +
                       ", a terminal state: only a pending-review request can be " + std::string(participle));
  }
  const Instant at = transition_instant(context, {request.updated_at});
  request.status = *next;
  request.updated_at = at;
  return Step{std::move(request), at};
}

SpvRequest finish_step(Context& context, SpvRequest request, EventType event) {
  context.tx.remove_timers(context.partner.client_id, TimerKind::AutoApprove, request.slug);
  context.tx.put_spv_request(request);
  emit(context, event, request.updated_at, event_facts(request, request.attributes));
  return request;
}

// The version, or the template of that version, that the caller seems to mean: "; did you mean …?", or "".
std::string meant_template(const Contracts& contracts, const std::string& id, const std::string& version) {
  const std::vector<std::string> names = contracts.names(version, Contracts::Kind::Templates);
  return names.empty() ? did_you_mean(version, contracts.versions()) : did_you_mean(id, names);
}

}  // namespace

SpvSubmission prepare_spv_submission(const Contracts& contracts, std::string template_id,
                                     std::string template_version, Json attributes) {
  SpvSubmission submission;
  submission.contract = contracts.find_template(template_id, template_version);
  if (submission.contract == nullptr)
    submission.meant = meant_template(contracts, template_id, template_version);
  submission.template_id = std::move(template_id);
  submission.template_version = std::move(template_version);
  submission.attributes = std::move(attributes);
  if (submission.contract != nullptr) {
    submission.violations = submission.contract->validate(submission.attributes);
    if (submission.violations.empty()) {
      submission.share_classes = submission.contract->share_classes(submission.attributes);
      submission.told_attributes = submission.attributes;
    }
  }
  return submission;
}

Result<SpvRequest> submit_spv_request(Context& context, SpvSubmission submission) {
  if (submission.contract == nullptr) {
    return refusal(Rule::ContractTemplateUnknown, ErrorKind::NotFound,
                   "template '" + submission.template_id + "' version '" + submission.template_version +
                       "' was not found; GET /v1/contracts lists the versions" + submission.meant);
  }
  if (!submission.violations.empty()) {
    Error error = make_error(ErrorKind::ValidationError,
                             "the attributes break " + std::to_string(submission.violations.size()) +
                                 (submission.violations.size() == 1 ? " rule" : " rules") + " of template '" +
                                 submission.template_id + "' " + submission.template_version);
    error.violations = std::move(submission.violations);
    return error;
  }
  SpvRequest request;
  request.slug = new_id(context, "svr");
  request.client_id = context.partner.client_id;
  request.tenant_slug = context.partner.tenant_slug;
  request.template_id = std::move(submission.template_id);
  request.template_version = std::move(submission.template_version);
  request.attributes = std::move(submission.attributes);
  request.share_classes = std::move(submission.share_classes);
  request.created_at = context.now;
  request.updated_at = context.now;
  context.tx.put_spv_request(request);
  emit(context, EventType::SpvRequestCreated, request.created_at,
       event_facts(request, std::move(submission.told_attributes)));
  if (context.partner.auto_approve) {
    Timer timer;
    timer.client_id = request.client_id;
    timer.kind = TimerKind::AutoApprove;
    timer.due_at = request.created_at + *context.partner.auto_approve;
    timer.sequence = next_sequence(context);
    timer.subject = request.slug;
    context.tx.add_timer(timer);
  }
  return request;
}

Result<SpvRequest> find_spv_request(store::Read& tx, std::string_view client_id, std::string_view slug) {
  std::optional<SpvRequest> request = tx.spv_request(slug);
  if (!request || request->client_id != client_id) return no_such_request(slug);
  return std::move(*request);
}

Result<SpvRequest> cancel_spv_request(Context& context, std::string_view slug) {
  ASSIGN_OR_RETURN(Step step, take_step(context, slug, SpvVerb::Cancel, "cancelled"));
  step.request.cancelled_at = step.at;
  return finish_step(context, std::move(step.request), EventType::SpvRequestCancelled);
}

Result<SpvRequest> approve_spv_request(Context& context, std::string_view slug) {
  ASSIGN_OR_RETURN(Step step, take_step(context, slug, SpvVerb::Approve, "approved"));
  step.request.approved_at = step.at;
  step.request.refs = MaterialisedRefs{new_id(context, "opp"), new_id(context, "veh"), new_id(context, "sp"),
                                       new_id(context, "spc")};
  return finish_step(context, std::move(step.request), EventType::SpvRequestCompleted);
}

Result<SpvRequest> reject_spv_request(Context& context, std::string_view slug, std::string reason) {
  ASSIGN_OR_RETURN(Step step, take_step(context, slug, SpvVerb::Reject, "rejected"));
  step.request.rejection_reason = std::move(reason);
  return finish_step(context, std::move(step.request), EventType::SpvRequestRejected);
}

}  // namespace zest::rules
