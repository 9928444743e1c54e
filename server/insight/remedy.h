// How a refused call can be mended: what to change in it, what has to come before it, and lines for a shell
// that do both. Facts in, values out; holds no secrets but what the journal shows of the call.
// Thread-safety: free functions on values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/rule.h"
#include "base/time.h"
#include "model/investor.h"
#include "model/spv_request.h"
#include "model/subscription.h"
#include "protocol/operations.h"
#include "rules/contracts.h"

namespace zest::insight {

// What the partner has in whose name the call can pass. Newest first; what the call names comes before.
struct Holdings {
  std::string client_id;
  bool provisioned = true;
  std::vector<SpvRequest> requests;
  std::vector<Investor> investors;
  std::vector<Subscription> subscriptions;
  std::vector<std::string> partners;  // all client ids, for one that was mistyped
};

struct CallFacts {
  Json row;  // the journal's, with headers and body where they were kept
  Rule rule = Rule::None;
  std::string base_url;
  Instant wall{};  // when the call came
  Holdings holdings;
  const rules::Contracts* contracts = nullptr;  // not null; outlives the value
  Json first_use;  // the row of the first call with the same Idempotency-Key; null when it is not known
};

// The call as it would pass.
struct Remedy {
  std::vector<std::string> changes;         // sentences: `set attributes.currency to "USD"`
  std::vector<std::string> before;          // lines for a shell that come first
  const OperationRow* operation = nullptr;  // nullptr: there is no call to make
  std::string path;                         // with its query
  Json body;                                // of JSON; of multipart its parts
  std::string key;                          // Idempotency-Key, or kFreshKey; "" for none
  bool example = false;                     // the body is a sample: the one that was sent is not kept
  std::string example_of;                   // SPV request that it was sent for; "" for one of nobody's
  bool enough = true;                       // whether all of it makes the call pass, as far as can be told
};

Remedy remedy_of(const CallFacts& facts);

// The lines, one below the other; "" where there is nothing to be called.
std::string shell_lines(const CallFacts& facts, const Remedy& remedy);

// Makes the values of a body that break a rule fit: by the violations of a row of the journal, by `sample`, a
// body that fits, and by what was sent. Appends to `changes`. False: something is left to be done by hand.
bool correct_body(const Json& violations, const Json& sample, Json& body, std::vector<std::string>& changes);

// The query of GET /v1/spv-requests as it would be taken, with its "?"; "" for none.
std::string mended_list_query(std::string_view query, std::vector<std::string>& changes);

// A header field of a refused call as its row shows it, several with commas; "" when it was not sent.
std::string sent_header(const Json& row, std::string_view name);

// The operation of the partner API that the path belongs to, and the values of its placeholders in order;
// nullptr for none.
const OperationRow* operation_at(std::string_view method, std::string_view path,
                                 std::vector<std::string>* values = nullptr);

// Bodies that fit an operation.
Json sample_submission(const rules::Contracts& contracts, std::string_view template_id);
// What the partner's newest SPV request was made with, whose slug goes to `of`: of the template that it uses.
// Where it has none that the contracts would take, a sample.
Json submission_in_place(const CallFacts& facts, std::string& of);
std::string template_named_in(const Json& submission);
Json sample_investors();
// To the SPV of that request; of the share class that is named so, when there is one.
Json sample_subscription(const SpvRequest& of, const rules::Contracts& contracts,
                         const std::string& person_id, const std::string& share_class);
bool is_below_minimum(const SpvRequest& spv, const rules::Contracts& contracts, const std::string& amount);
// `currency` where there is no subscription yet.
Json sample_parts(const Subscription* subscription, const std::string& currency, bool funding);

}  // namespace zest::insight
