// Investors in bulk, with a result per row. Zest docs: investors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/investor.h"
#include "protocol/statuses.h"
#include "rules/context.h"

namespace zest::rules {

struct RowError {
  std::string code;  // a validation code
  std::string field;
  std::string message;
};

// One row as it came: its values, or why it cannot be used.
struct InvestorRow {
  Investor values;  // without person_id, client_id and created_at
  std::optional<RowError> error;
};

struct InvestorResult {
  std::string partner_investor_id;  // "" when the row has no usable one
  RowStatus status = RowStatus::Failed;
  std::string person_id;          // unless failed
  std::optional<RowError> error;  // only when failed; never retryable
};

// Checks the rows of `investors` by themselves (everything but what needs the clock or the store).
std::vector<InvestorRow> prepare_investors(const Json& rows);
// One result per row in order. Event investor.created for each created row only.
std::vector<InvestorResult> create_investors(Context& context, const std::vector<InvestorRow>& rows);

}  // namespace zest::rules
