#include "api/pipeline/request_scope.h"

#include "rules/idempotency.h"

namespace zest::api {

std::string fingerprint_of(const http::RequestHead& head, const Json& body) {
  // Decoded, so that two spellings of one path are one path.
  const std::optional<std::string> path = http::percent_decode(head.path);
  return rules::request_fingerprint(head.method, path.value_or(head.path), body);
}

Result<Answer> run_idempotent(const Services& services, Exchange& exchange, int success,
                              const std::function<Result<Json>(rules::Context&)>& execute) {
  // Digesting the body is work that the writer need not do.
  if (exchange.idempotency_key) exchange.fingerprint = fingerprint_of(exchange.request.head, exchange.body);
  bool executed = false;
  Result<rules::Reply> reply =
      run_write(services, exchange, [&](rules::Context& context) -> Result<rules::Reply> {
        executed = false;  // the writer may run a body again
        return rules::run_once(context, exchange.idempotency_key, exchange.fingerprint,
                               [&]() -> Result<rules::Reply> {
                                 executed = true;
                                 ASSIGN_OR_RETURN(const Json body, execute(context));
                                 return rules::Reply{success, dump_json(body), false};
                               });
      });
  if (exchange.idempotency_key) {
    const bool refused = !reply.ok() && !executed && reply.error().kind == ErrorKind::Conflict;
    if (refused) exchange.idempotency_outcome = "conflict";
    if (reply.ok()) exchange.idempotency_outcome = reply->replayed ? "replayed" : "executed";
  }
  if (!reply.ok()) return std::move(reply).error();
  Answer answer;
  answer.status = reply->status;
  answer.body = std::move(reply->body);
  if (reply->replayed) answer.headers.emplace_back("Idempotent-Replayed", "true");
  return answer;
}

const std::string& client_of(const Exchange& exchange) {
  static const std::string none;
  return exchange.partner ? exchange.partner->client_id : none;
}

std::string base_url_of_call(const Services& services, const Exchange& exchange) {
  return base_url_of_call(exchange.request.head, services.public_url.get());
}

rules::Audiences audiences_of_call(const Services& services, const Exchange& exchange) {
  const http::RequestHead& head = exchange.request.head;
  const std::string* host = head.headers.find("host");
  return rules::accepted_audiences(services.public_url.get(), head.local_port,
                                   host == nullptr ? std::string() : *host);
}

}  // namespace zest::api
