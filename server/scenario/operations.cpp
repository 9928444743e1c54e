#include "scenario/operations.h"

#include <algorithm>
#include <array>

namespace zest::scenario {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};

Operation get(std::string id, std::string path, Operation::Access access) {
  return {std::move(id), "GET", std::move(path), Operation::Content::None, access, false};
}

Operation post(std::string id, std::string path, Operation::Content content) {
  return {std::move(id), "POST", std::move(path), content, Operation::Access::Bearer, false};
}

std::vector<Operation> all_operations() {
  using Access = Operation::Access;
  using Content = Operation::Content;
  const std::string subscription = "/v1/spvs/{spv}/subscription/{person}";
  std::vector<Operation> all = {
      {std::string(kRequestTokens), "POST", "/v1/oauth2/tokens", Content::Form, Access::Open, false},
      {std::string(kRefreshTokens), "POST", "/v1/oauth2/tokens", Content::Form, Access::Open, false},
      get("getOauth2Info", "/v1/oauth2/info", Access::Bearer),
      {"createSpvRequest", "POST", "/v1/spv-requests", Content::Json, Access::Bearer, true},
      get("listSpvRequests", "/v1/spv-requests", Access::Bearer),
      get("getSpvRequest", "/v1/spv-requests/{spvRequest}", Access::Bearer),
      {"cancelSpvRequest", "DELETE", "/v1/spv-requests/{spvRequest}", Content::None, Access::Bearer, false},
      post("bulkCreateInvestors", "/v1/investors", Content::Json),
      post("createSubscriptions", "/v1/spvs/{spv}/subscriptions", Content::Json),
      post("uploadSubscriptionForm", subscription + "/forms", Content::Upload),
      post("uploadFundingReceipt", subscription + "/fundings", Content::Funding),
      get("root", "/", Access::Open),
      get("health_check", "/public/hc", Access::Open),
      get("openapi", "/openapi.json", Access::Open),
      get("swagger", "/docs", Access::Open),
      get("list_contract_versions_v1_contracts_get", "/v1/contracts", Access::Open),
  };
  for (const std::string plural : {"templates", "catalogs", "primitives", "samples"}) {
    const std::string singular = plural.substr(0, plural.size() - 1);
    const std::string path = "/v1/contracts/" + plural + "/{version}";
    all.push_back(get("list_" + plural + "_v1_contracts_" + plural + "__version__get", path, Access::Open));
    all.push_back(
        get("get_" + singular + "_v1_contracts_" + plural + "__version___" + singular + "_name__get",
            path + "/{contract}", Access::Open));
  }
  return all;
}

}  // namespace

std::vector<std::string> Operation::parameters() const {
  std::vector<std::string> names;
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1)) {
    names.push_back(path.substr(open + 1, path.find('}', open) - open - 1));
  }
  return names;
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = all_operations();
  return all;
}

const Operation* find_operation(std::string_view id) {
  const auto found = std::find_if(operations().begin(), operations().end(),
                                  [id](const Operation& each) { return each.id == id; });
  return found == operations().end() ? nullptr : &*found;
}

std::vector<std::string> operation_ids() {
  std::vector<std::string> ids;
  for (const Operation& operation : operations()) ids.push_back(operation.id);
  return ids;
}

std::optional<Operation> spelt_out(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || text.substr(space + 1, 1) != "/") return std::nullopt;
  const std::string_view method = text.substr(0, space);
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) return std::nullopt;
  Operation operation;
  operation.id = text;
  operation.method = method;
  operation.path = text.substr(space + 1);
  operation.content = Operation::Content::Json;
  return operation;
}

}  // namespace zest::scenario
