// The Partner API's operations as a scenario's `call` names them: by operation id, as the API's OpenAPI
// document has it. Thread-safety: immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zest::scenario {

struct Operation {
  enum class Content { None, Json, Form, Upload, Funding };
  enum class Access { Open, Bearer };
  std::string id;
  std::string method;
  std::string path;  // members of the step in braces: /v1/spv-requests/{spvRequest}
  Content content = Content::None;
  Access access = Access::Bearer;
  bool needs_key = false;  // Idempotency-Key is required

  std::vector<std::string> parameters() const;  // names in the path
};

const std::vector<Operation>& operations();
const Operation* find_operation(std::string_view id);
std::vector<std::string> operation_ids();

// "POST /v1/anything": a call that is spelt out. Nothing when it is not of that form.
std::optional<Operation> spelt_out(std::string_view text);

// Both are POST /v1/oauth2/tokens; a scenario names what it means.
inline constexpr std::string_view kRequestTokens = "exchangeJwtAssertion";
inline constexpr std::string_view kRefreshTokens = "refreshTokens";

}  // namespace zest::scenario
