// The Partner API's operations as a scenario's `call` names them: by operation id, as the API's OpenAPI
// document has it. Thread-safety: immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/operations.h"

namespace zest::scenario {

// What a `call` means.
struct CallForm {
  std::string id;
  std::string method;
  std::string path;                    // members of the step in braces: /v1/spv-requests/{spvRequest}
  std::optional<Operation> operation;  // nothing for a call that is spelt out
  BodyKind body = BodyKind::None;
  Access access = Access::Bearer;
  bool needs_key = false;  // Idempotency-Key is required

  bool is_upload() const { return body == BodyKind::Multipart; }
};

// Every operation that a scenario can call by its id.
const std::vector<CallForm>& call_forms();
const CallForm* find_call(std::string_view id);
std::vector<std::string> call_ids();

// "POST /v1/anything": a call that is spelt out. Nothing when it is not of that form.
std::optional<CallForm> spelt_out(std::string_view text);

// Both are POST /v1/oauth2/tokens; a scenario names what it means.
inline constexpr std::string_view kRequestTokens = row_of(kOperationTable, Operation::ExchangeTokens).id;
inline constexpr std::string_view kRefreshTokens = "refreshTokens";

}  // namespace zest::scenario
