// The whole HTTP surface: partner API, admin and control plane over one route table, one error envelope, one
// journal. Zest docs: errors. Order of checks, which Zest does not document, so that a call with several
// faults has one answer: HTTP limits, route (404, 405), bearer (401), provisioned (403), content type and
// parse (400), Idempotency-Key (400), body schema (400), and then the handlers': replay or conflict (409),
// resources (404), state (409), contract and row rules (400). Uploads: 413 and 415 as soon as they are known,
// after 403. Thread-safety: called by the listener from several threads.
#pragma once

#include <memory>

#include "api/pipeline/router.h"
#include "api/pipeline/services.h"
#include "http/listener.h"

namespace zest::api {

class Api final : public http::Handler {
 public:
  explicit Api(Services services);
  ~Api() override;  // ends waiting calls' threads; stop the listener first

  std::variant<http::TakeBody, http::Response> begin(const http::RequestHead& head) override;
  void finish(http::Request request, http::Responder responder) override;
  http::Response refuse(http::Refusal refusal, std::string_view what, const http::RequestHead& head,
                        const http::AdmittedCall* call) override;
  // Answers the calls that are delayed on purpose, so that nobody has to wait for them. For the end of the
  // sandbox, before the listener's.
  void stop();

  const RouteTable& routes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Each adds its routes; the handlers keep `services`.
void add_system_routes(RouteTable& table,
                       const Services& services);                    // /, /public/hc, /openapi.json, /files
void add_token_routes(RouteTable& table, const Services& services);  // /v1/oauth2
void add_contract_routes(RouteTable& table, const Services& services);      // /v1/contracts
void add_spv_routes(RouteTable& table, const Services& services);           // /v1/spv-requests
void add_investor_routes(RouteTable& table, const Services& services);      // /v1/investors
void add_subscription_routes(RouteTable& table, const Services& services);  // /v1/spvs/…
void add_partner_routes(RouteTable& table, const Services& services);  // /_sandbox/partners, /admin/services
void add_admin_routes(RouteTable& table, const Services& services);    // approve, reject, complete
void add_delivery_routes(RouteTable& table,
                         const Services& services);  // /_sandbox/webhook-deliveries, pause, resume
void add_clock_routes(RouteTable& table, const Services& services);    // /_sandbox/clock, wait
void add_state_routes(RouteTable& table, const Services& services);    // status, reset, snapshot, login
void add_chaos_routes(RouteTable& table, const Services& services);    // /_sandbox/chaos
void add_mcp_routes(RouteTable& table, const Services& services);      // /_sandbox/mcp
void add_journal_routes(RouteTable& table, const Services& services);  // /_sandbox/requests
void add_console_routes(RouteTable& table,
                        const Services& services);  // /_sandbox/console, /docs, /_sandbox/docs
void add_resource_routes(RouteTable& table, const Services& services);  // /_sandbox/investors, uploads
void add_credential_routes(RouteTable& table,
                           const Services& services);  // tokens without a key, signature check

// The console, for who asks_for_page().
Result<Answer> console_page(const Services& services, const Exchange& exchange);

}  // namespace zest::api
