#include "api/pipeline/call_signs.h"

#include "api/pipeline/errors.h"
#include "api/pipeline/request_scope.h"
#include "insight/warning_signs.h"

namespace zest::api {
namespace {

// Wall; no client gives up sooner. [sandbox]
constexpr Duration kLongWait{1'000};

bool leaves_caller_in_doubt(int status) {
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

void note_query(insight::CallSigns& signs, const Exchange& exchange) {
  if (exchange.query.empty() || !exchange.partner) return;
  std::vector<std::string_view> sent;
  sent.reserve(exchange.query.size());
  for (const auto& [name, value] : exchange.query) sent.emplace_back(name);
  std::vector<std::string> known;
  known.reserve(exchange.route->query.size());
  for (const QueryParameter& parameter : exchange.route->query) known.push_back(parameter.name);
  signs.unknown_parameter = insight::unknown_parameter_in(sent, known);
}

}  // namespace

void note_file(insight::CallSigns& signs, const http::Request& request) {
  for (const http::Part& part : request.parts) {
    if (!part.filename || part.name != "file" || !part.content_type) continue;
    if (!insight::fits_type(*part.content_type, part.beginning))
      signs.file_looks_like = insight::type_of_bytes(part.beginning);
  }
}

void note_request(insight::CallSigns& signs, const Exchange& exchange) {
  note_query(signs, exchange);
  if (exchange.idempotency_key)
    signs.personal_data = insight::personal_data_in(*exchange.idempotency_key, exchange.body);
}

void note_fault(insight::CallSigns& signs, const Fault& fault) {
  signs.answer_lost = fault.drop != Fault::Drop::None || fault.truncate || fault.empty_body ||
                      fault.bytes_per_second > 0 || fault.delay_after_commit >= kLongWait;
}

void note_result(insight::CallSigns& signs, Exchange& exchange, const Result<Answer>& result,
                 Duration waited) {
  if (!result.ok()) return note_end(signs, exchange, error_form(result.error().kind).status, waited);
  static constexpr std::string_view kPending = "\"status\":\"pending-review\"";
  signs.still_pending =
      exchange.route->operation_id == row_of(kOperationTable, Operation::GetSpvRequest).id &&
      result->body.find(kPending) != std::string::npos;
  note_end(signs, exchange, result->status, waited);
}

void note_end(insight::CallSigns& signs, Exchange& exchange, int status, Duration waited) {
  if (!exchange.idempotency_key) return;
  signs.fingerprint = std::move(exchange.fingerprint);
  const bool gone = waited >= kLongWait && exchange.client_gone();
  if (gone || leaves_caller_in_doubt(status)) signs.answer_lost = true;
  if (!signs.answer_lost || !signs.fingerprint.empty()) return;
  // It came to no execution; what its retry would be told by is its body all the same.
  const Result<Json> body = parse_json(exchange.request.body);
  if (body.ok()) signs.fingerprint = fingerprint_of(exchange.request.head, *body);
}

}  // namespace zest::api
