// A call of the API on its way from its head to its answer. Thread-safety: none; one thread at a time has it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/pipeline/fault.h"
#include "api/pipeline/record.h"
#include "api/pipeline/router.h"
#include "base/json.h"
#include "http/listener.h"
#include "model/partner.h"

namespace zest::api {

// A call whose head was let in, with all that its head told: nothing of it is found twice.
struct Call final : http::AdmittedCall {
  const Route* route = nullptr;
  std::vector<std::pair<std::string, std::string>> path;  // parameters
  std::optional<Partner> partner;
  CallRecord record;
};

// A call whose body is there, until it is answered.
struct Pending {
  Pending(http::Request taken, http::Responder answer_to)
      : request(std::move(taken)),
        responder(std::move(answer_to)),
        call(static_cast<Call&>(
            *request.call)),  // what begin() gave; the listener calls finish() with no other
        exchange(request, call.record.error_id) {}
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  // Whose share of the waiting calls this one takes; "" for those that wait for all partners.
  std::string partner_waited_for() const {
    const Result<Json> body = parse_json(request.body);
    const std::string* client_id = body.ok() ? string_member(*body, "clientId") : nullptr;
    return client_id == nullptr ? std::string() : *client_id;
  }

  // For log and journal, as far as it is known by now.
  void note_outcome() {
    CallRecord& record = call.record;
    record.caller = exchange.caller;
    record.idempotency_key = exchange.idempotency_key;
    record.idempotency_outcome = exchange.idempotency_outcome;
    record.failed_row_ids = exchange.failed_row_ids;
    record.emitted = exchange.emitted;
  }

  http::Request request;
  http::Responder responder;
  Call& call;         // of request
  Exchange exchange;  // refers to request
  std::optional<Fault> fault;
};

}  // namespace zest::api
