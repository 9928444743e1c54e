// The operations of both surfaces: the Partner API and the control plane. The router, the OpenAPI documents,
// the clients and the language of scenarios read this table. Zest docs: api-reference. Thread-safety:
// immutable.
#pragma once

#include <string_view>
#include <vector>

#include "base/enum_table.h"

namespace zest {

// Who may call.
enum class Access {
  Public,
  Bearer,             // a partner's access token: 401
  BearerProvisioned,  // and the application is provisioned: 403
  Control,            // /_sandbox and /admin: the Host/Origin/token guard
};

enum class BodyKind {
  None,
  JsonDocument,
  OptionalJson,
  JsonFile,  // a JSON document of any size; its handler reads it in portions
  Form,
  Multipart
};
enum class KeyUse { None, Optional, Required };  // Idempotency-Key

enum class Operation {
  // The Partner API.
  ShowService,
  CheckHealth,
  GetOpenApiDocument,
  ShowDocs,
  DownloadFile,
  ExchangeTokens,
  GetTokenInfo,
  ListContractVersions,
  ListTemplates,
  GetTemplate,
  ListCatalogs,
  GetCatalog,
  ListPrimitives,
  GetPrimitive,
  ListSamples,
  GetSample,
  ListSpvRequests,
  CreateSpvRequest,
  GetSpvRequest,
  CancelSpvRequest,
  BulkCreateInvestors,
  CreateSubscriptions,
  UploadSubscriptionForm,
  UploadFundingReceipt,
  // The control plane.
  ShowControlPlane,
  GetControlPlaneDocument,
  ShowConsole,
  GetConsoleFile,
  GetConsoleFolderFile,
  ShowControlDocs,
  ListPartners,
  CreatePartner,
  RegisterPartner,
  GetPartner,
  ChangePartner,
  RemovePartner,
  IssueToken,
  ListAllSpvRequests,
  GetAnySpvRequest,
  ApproveSpvRequest,
  RejectSpvRequest,
  ListAllSubscriptions,
  GetAnySubscription,
  CompleteSubscription,
  ListInvestors,
  GetInvestor,
  ListUploads,
  ListDeliveries,
  GetDelivery,
  RetryDelivery,
  RetryDeliveries,
  PauseWebhooks,
  ResumeWebhooks,
  VerifySignature,
  ExplainToken,
  ListExplanations,
  Explain,
  ListWarnings,
  GetCoverage,
  GetClock,
  SetClock,
  AdvanceClock,
  Wait,
  GetLiveness,
  GetReadiness,
  GetStatus,
  Login,
  GetSettings,
  ChangeSettings,
  Reset,
  SaveSnapshot,
  LoadSnapshot,
  GetMetrics,
  StreamEvents,
  ListChaosRules,
  CreateChaosRule,
  RemoveChaosRules,
  GetChaosRule,
  ReplaceChaosRule,
  RemoveChaosRule,
  ListHeldDeliveries,
  ReleaseHeldDelivery,
  ListRequests,
  VerifyRequests,
  CallTool,
  GetGuideForAgents,
};

struct OperationRow {  // NOLINT(clang-analyzer-optin.performance.Padding): its rows are read in this order
  Operation operation;
  std::string_view id;  // operationId
  std::string_view method;
  std::string_view path;  // placeholders in braces, each a whole segment
  Access access = Access::Public;
  BodyKind body = BodyKind::None;
  KeyUse key = KeyUse::None;
};

inline constexpr OperationRow kOperationTable[] = {
    {Operation::ShowService, "root", "GET", "/"},
    {Operation::CheckHealth, "health_check", "GET", "/public/hc"},
    {Operation::GetOpenApiDocument, "openapi", "GET", "/openapi.json"},
    {Operation::ShowDocs, "swagger", "GET", "/docs"},
    {Operation::DownloadFile, "downloadFile", "GET", "/files/{token}"},
    {Operation::ExchangeTokens, "exchangeJwtAssertion", "POST", "/v1/oauth2/tokens", Access::Public,
     BodyKind::Form},
    {Operation::GetTokenInfo, "getOauth2Info", "GET", "/v1/oauth2/info", Access::Bearer},
    {Operation::ListContractVersions, "list_contract_versions_v1_contracts_get", "GET", "/v1/contracts"},
    {Operation::ListTemplates, "list_templates_v1_contracts_templates__version__get", "GET",
     "/v1/contracts/templates/{version}"},
    {Operation::GetTemplate, "get_template_v1_contracts_templates__version___template_name__get", "GET",
     "/v1/contracts/templates/{version}/{template_name}"},
    {Operation::ListCatalogs, "list_catalogs_v1_contracts_catalogs__version__get", "GET",
     "/v1/contracts/catalogs/{version}"},
    {Operation::GetCatalog, "get_catalog_v1_contracts_catalogs__version___catalog_name__get", "GET",
     "/v1/contracts/catalogs/{version}/{catalog_name}"},
    {Operation::ListPrimitives, "list_primitives_v1_contracts_primitives__version__get", "GET",
     "/v1/contracts/primitives/{version}"},
    {Operation::GetPrimitive, "get_primitive_v1_contracts_primitives__version___primitive_name__get", "GET",
     "/v1/contracts/primitives/{version}/{primitive_name}"},
    {Operation::ListSamples, "list_samples_v1_contracts_samples__version__get", "GET",
     "/v1/contracts/samples/{version}"},
    {Operation::GetSample, "get_sample_v1_contracts_samples__version___sample_name__get", "GET",
     "/v1/contracts/samples/{version}/{sample_name}"},
    {Operation::ListSpvRequests, "listSpvRequests", "GET", "/v1/spv-requests", Access::Bearer},
    {Operation::CreateSpvRequest, "createSpvRequest", "POST", "/v1/spv-requests", Access::BearerProvisioned,
     BodyKind::JsonDocument, KeyUse::Required},
    {Operation::GetSpvRequest, "getSpvRequest", "GET", "/v1/spv-requests/{slug}", Access::Bearer},
    {Operation::CancelSpvRequest, "cancelSpvRequest", "DELETE", "/v1/spv-requests/{slug}", Access::Bearer},
    {Operation::BulkCreateInvestors, "bulkCreateInvestors", "POST", "/v1/investors",
     Access::BearerProvisioned, BodyKind::JsonDocument, KeyUse::Optional},
    {Operation::CreateSubscriptions, "createSubscriptions", "POST", "/v1/spvs/{spv_slug}/subscriptions",
     Access::BearerProvisioned, BodyKind::JsonDocument, KeyUse::Optional},
    {Operation::UploadSubscriptionForm, "uploadSubscriptionForm", "POST",
     "/v1/spvs/{spv_slug}/subscription/{person_id}/forms", Access::BearerProvisioned, BodyKind::Multipart},
    {Operation::UploadFundingReceipt, "uploadFundingReceipt", "POST",
     "/v1/spvs/{spv_slug}/subscription/{person_id}/fundings", Access::BearerProvisioned, BodyKind::Multipart},

    {Operation::ShowControlPlane, "controlPlane", "GET", "/_sandbox", Access::Control},
    {Operation::GetControlPlaneDocument, "getControlPlaneDocument", "GET", "/_sandbox/openapi.json",
     Access::Control},
    {Operation::ShowConsole, "console", "GET", "/_sandbox/console"},
    {Operation::GetConsoleFile, "consoleFile", "GET", "/_sandbox/console/{file}"},
    {Operation::GetConsoleFolderFile, "consoleFolderFile", "GET", "/_sandbox/console/{folder}/{file}"},
    {Operation::ShowControlDocs, "controlDocs", "GET", "/_sandbox/docs"},
    {Operation::ListPartners, "listPartners", "GET", "/_sandbox/partners", Access::Control},
    {Operation::CreatePartner, "createPartner", "POST", "/_sandbox/partners", Access::Control,
     BodyKind::JsonDocument},
    {Operation::RegisterPartner, "registerPartner", "POST", "/admin/services/register-partner",
     Access::Control, BodyKind::JsonDocument},
    {Operation::GetPartner, "getPartner", "GET", "/_sandbox/partners/{clientId}", Access::Control},
    {Operation::ChangePartner, "changePartner", "PATCH", "/_sandbox/partners/{clientId}", Access::Control,
     BodyKind::JsonDocument},
    {Operation::RemovePartner, "removePartner", "DELETE", "/_sandbox/partners/{clientId}", Access::Control},
    {Operation::IssueToken, "issueToken", "POST", "/_sandbox/partners/{clientId}/token", Access::Control,
     BodyKind::OptionalJson},
    {Operation::ListAllSpvRequests, "listAllSpvRequests", "GET", "/_sandbox/spv-requests", Access::Control},
    {Operation::GetAnySpvRequest, "getAnySpvRequest", "GET", "/_sandbox/spv-requests/{slug}",
     Access::Control},
    {Operation::ApproveSpvRequest, "approveSpvRequest", "POST", "/_sandbox/spv-requests/{slug}/approve",
     Access::Control, BodyKind::OptionalJson},
    {Operation::RejectSpvRequest, "rejectSpvRequest", "POST", "/_sandbox/spv-requests/{slug}/reject",
     Access::Control, BodyKind::JsonDocument},
    {Operation::ListAllSubscriptions, "listAllSubscriptions", "GET", "/_sandbox/subscriptions",
     Access::Control},
    {Operation::GetAnySubscription, "getAnySubscription", "GET", "/_sandbox/subscriptions/{slug}",
     Access::Control},
    {Operation::CompleteSubscription, "completeSubscription", "POST",
     "/_sandbox/subscriptions/{slug}/complete", Access::Control, BodyKind::OptionalJson},
    {Operation::ListInvestors, "listInvestors", "GET", "/_sandbox/investors", Access::Control},
    {Operation::GetInvestor, "getInvestor", "GET", "/_sandbox/investors/{personId}", Access::Control},
    {Operation::ListUploads, "listUploads", "GET", "/_sandbox/uploads", Access::Control},
    {Operation::ListDeliveries, "listDeliveries", "GET", "/_sandbox/webhook-deliveries", Access::Control},
    {Operation::GetDelivery, "getDelivery", "GET", "/_sandbox/webhook-deliveries/{id}", Access::Control},
    {Operation::RetryDelivery, "retryDelivery", "POST", "/_sandbox/webhook-deliveries/{id}/retry",
     Access::Control, BodyKind::OptionalJson},
    {Operation::RetryDeliveries, "retryDeliveries", "POST", "/_sandbox/webhook-deliveries/retry",
     Access::Control, BodyKind::JsonDocument},
    {Operation::PauseWebhooks, "pauseWebhooks", "POST", "/_sandbox/webhooks/pause", Access::Control,
     BodyKind::OptionalJson},
    {Operation::ResumeWebhooks, "resumeWebhooks", "POST", "/_sandbox/webhooks/resume", Access::Control,
     BodyKind::OptionalJson},
    {Operation::VerifySignature, "verifySignature", "POST", "/_sandbox/verify", Access::Control,
     BodyKind::JsonDocument},
    {Operation::ExplainToken, "explainToken", "POST", "/_sandbox/explain", Access::Control,
     BodyKind::JsonDocument},
    {Operation::ListExplanations, "listExplanations", "GET", "/_sandbox/explain", Access::Control},
    {Operation::Explain, "explain", "GET", "/_sandbox/explain/{id}", Access::Control},
    {Operation::ListWarnings, "listWarnings", "GET", "/_sandbox/warnings", Access::Control},
    {Operation::GetCoverage, "getCoverage", "GET", "/_sandbox/coverage", Access::Control},
    {Operation::GetClock, "getClock", "GET", "/_sandbox/clock", Access::Control},
    {Operation::SetClock, "setClock", "PUT", "/_sandbox/clock", Access::Control, BodyKind::JsonDocument},
    {Operation::AdvanceClock, "advanceClock", "POST", "/_sandbox/clock/advance", Access::Control,
     BodyKind::JsonDocument},
    {Operation::Wait, "wait", "POST", "/_sandbox/wait", Access::Control, BodyKind::OptionalJson},
    {Operation::GetLiveness, "getLiveness", "GET", "/_sandbox/livez"},
    {Operation::GetReadiness, "getReadiness", "GET", "/_sandbox/readyz"},
    {Operation::GetStatus, "getStatus", "GET", "/_sandbox/status", Access::Control},
    {Operation::Login, "login", "POST", "/_sandbox/login", Access::Control, BodyKind::JsonDocument},
    {Operation::GetSettings, "getSettings", "GET", "/_sandbox/settings", Access::Control},
    {Operation::ChangeSettings, "changeSettings", "PUT", "/_sandbox/settings", Access::Control,
     BodyKind::JsonDocument},
    {Operation::Reset, "reset", "POST", "/_sandbox/reset", Access::Control, BodyKind::OptionalJson},
    {Operation::SaveSnapshot, "saveSnapshot", "GET", "/_sandbox/snapshot", Access::Control},
    {Operation::LoadSnapshot, "loadSnapshot", "PUT", "/_sandbox/snapshot", Access::Control,
     BodyKind::JsonFile},
    {Operation::GetMetrics, "getMetrics", "GET", "/_sandbox/metrics", Access::Control},
    {Operation::StreamEvents, "streamEvents", "GET", "/_sandbox/stream", Access::Control},
    {Operation::ListChaosRules, "listChaosRules", "GET", "/_sandbox/chaos/rules", Access::Control},
    {Operation::CreateChaosRule, "createChaosRule", "POST", "/_sandbox/chaos/rules", Access::Control,
     BodyKind::JsonDocument},
    {Operation::RemoveChaosRules, "removeChaosRules", "DELETE", "/_sandbox/chaos/rules", Access::Control},
    {Operation::GetChaosRule, "getChaosRule", "GET", "/_sandbox/chaos/rules/{id}", Access::Control},
    {Operation::ReplaceChaosRule, "replaceChaosRule", "PUT", "/_sandbox/chaos/rules/{id}", Access::Control,
     BodyKind::JsonDocument},
    {Operation::RemoveChaosRule, "removeChaosRule", "DELETE", "/_sandbox/chaos/rules/{id}", Access::Control},
    {Operation::ListHeldDeliveries, "listHeldDeliveries", "GET", "/_sandbox/chaos/held", Access::Control},
    {Operation::ReleaseHeldDelivery, "releaseHeldDelivery", "POST", "/_sandbox/chaos/held/{id}/release",
     Access::Control, BodyKind::OptionalJson},
    {Operation::ListRequests, "listRequests", "GET", "/_sandbox/requests", Access::Control},
    {Operation::VerifyRequests, "verifyRequests", "POST", "/_sandbox/requests/verify", Access::Control,
     BodyKind::JsonDocument},
    {Operation::CallTool, "callTool", "POST", "/_sandbox/mcp", Access::Control, BodyKind::JsonDocument},
    {Operation::GetGuideForAgents, "getGuideForAgents", "GET", "/llms.txt"},
};
static_assert(is_complete(kOperationTable, &OperationRow::operation));

enum class Surface { Partner, Control };
// By the path: /_sandbox, /admin and /llms.txt, which Zest has not, are the control plane.
constexpr Surface surface_of(std::string_view path) {
  for (const std::string_view root :
       {std::string_view("/_sandbox"), std::string_view("/admin"), std::string_view("/llms.txt")}) {
    const bool below =
        path.substr(0, root.size()) == root && (path.size() == root.size() || path[root.size()] == '/');
    if (below) return Surface::Control;
  }
  return Surface::Partner;
}

// Operation ids of the Partner API.
inline std::vector<std::string_view> partner_operation_ids() {
  std::vector<std::string_view> ids;
  for (const OperationRow& row : kOperationTable) {
    if (surface_of(row.path) == Surface::Partner) ids.push_back(row.id);
  }
  return ids;
}

// Calls `take(name)` for each placeholder of a path, in order.
template <class Take>
constexpr void each_placeholder(std::string_view path, Take take) {
  for (std::size_t open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
    take(path.substr(open + 1, path.find('}', open) - open - 1));
  }
}

}  // namespace zest
