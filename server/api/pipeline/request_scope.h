// How handlers use the store: reads whose result may be an error, and writes on behalf of a partner, each one
// transaction at one virtual instant, after which the partner's lane is told of new work.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "api/pipeline/router.h"
#include "api/pipeline/services.h"
#include "rules/context.h"
#include "rules/tokens.h"

namespace zest::api {

// The caller of a Bearer route.
const std::string& client_of(const Exchange& exchange);

// Runs `body(store::Read&) -> Result<T>` on a reader.
template <class Body>
std::invoke_result_t<Body, store::Read&> run_read(const Services& services, Body body) {
  auto result = services.store.read(std::move(body));
  if (!result.ok()) return std::move(result).error();
  return std::move(result).value();
}

// Runs `body(rules::Context&) -> Result<T>` as one transaction of that partner, and wakes its lane after the
// commit.
template <class Body>
std::invoke_result_t<Body, rules::Context&> run_write(const Services& services, const std::string& client_id,
                                                      Body body) {
  using R = std::invoke_result_t<Body, rules::Context&>;
  R result = services.store.write([&](store::Write& tx) -> R {
    ASSIGN_OR_RETURN(rules::Context context, rules::begin(tx, client_id, machine_time(services.clock)));
    return body(context);
  });
  if (result.ok()) services.engine.wake(client_id);
  return result;
}

// The same for the exchange's partner. Says in the exchange which events it emitted.
template <class Body>
std::invoke_result_t<Body, rules::Context&> run_write(const Services& services, Exchange& exchange,
                                                      Body body) {
  EventSpan emitted;
  auto result = run_write(services, client_of(exchange), [&](rules::Context& context) {
    auto done = body(context);
    emitted = context.emitted;
    return done;
  });
  if (result.ok()) exchange.emitted = emitted;
  return result;
}

// Runs `execute` for the exchange's partner, once per Idempotency-Key: its answer is kept with the change, in
// the same transaction, and replayed with `Idempotent-Replayed: true`. Says in the exchange how it went. Zest
// docs: idempotency.
Result<Answer> run_idempotent(const Services& services, Exchange& exchange, int success,
                              const std::function<Result<Json>(rules::Context&)>& execute);

// What an Idempotency-Key stands for: method, path and body, whatever its spelling.
std::string fingerprint_of(const http::RequestHead& head, const Json& body);

// What the links of the answer begin with (public_url.h).
std::string base_url_of_call(const Services& services, const Exchange& exchange);

// What an assertion of this call may be addressed to.
rules::Audiences audiences_of_call(const Services& services, const Exchange& exchange);

}  // namespace zest::api
