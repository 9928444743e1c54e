// SPV requests: submit, cancel, approve, reject. Zest docs: spv-requests.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "model/spv_request.h"
#include "rules/context.h"
#include "rules/contracts.h"

namespace zest::rules {

// A submission with everything that can be said about it before the writer is asked.
struct SpvSubmission {
  std::string template_id;
  std::string template_version;
  Json attributes;
  Json told_attributes;                // the same for the event, so that nothing is copied on the writer
  const Template* contract = nullptr;  // nullptr: there is no such template or version
  std::string meant;                   // of an unknown template: did_you_mean()
  std::vector<Violation> violations;
  std::vector<ShareClass> share_classes;
};

SpvSubmission prepare_spv_submission(const Contracts& contracts, std::string template_id,
                                     std::string template_version, Json attributes);

// Errors: NotFound (template), ValidationError. Event spv_request.created. Starts auto-approve when the
// partner has it.
Result<SpvRequest> submit_spv_request(Context& context, SpvSubmission submission);
// The caller's request. Errors: NotFound, also for another partner's.
Result<SpvRequest> find_spv_request(store::Read& tx, std::string_view client_id, std::string_view slug);
// Each from pending-review only, else Conflict; each emits its event.
Result<SpvRequest> cancel_spv_request(Context& context, std::string_view slug);
Result<SpvRequest> approve_spv_request(Context& context, std::string_view slug);
Result<SpvRequest> reject_spv_request(Context& context, std::string_view slug, std::string reason);

}  // namespace zest::rules
