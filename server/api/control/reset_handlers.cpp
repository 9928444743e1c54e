// Back to the seeded state without a restart.
#include <utility>

#include "api/control/control.h"
#include "api/pipeline/readers.h"
#include "api/pipeline/uploads.h"
#include "rules/reset.h"

namespace zest::api {
namespace {

Result<Answer> reset(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  rules::Reset wanted;
  wanted.client_id = reader.text("clientId");
  wanted.partners = reader.flag("partners").value_or(false);
  wanted.tokens = reader.flag("tokens").value_or(false);
  wanted.rewind = reader.flag("rewind").value_or(false);
  const bool keep_coverage = reader.flag("keepCoverage").value_or(false);
  if (reader.error()) return *reader.error();

  rules::Cleared gone;
  RETURN_IF_ERROR(services.engine.quiesce(wanted.client_id, [&]() -> Result<void> {
    ASSIGN_OR_RETURN(gone,
                     rules::reset(services.store, wanted, [&] { return machine_time(services.clock); }));
    return {};
  }));
  if (keep_coverage) {
    services.coverage.begin_anew(wanted.client_id);
  } else {
    services.coverage.clear(wanted.client_id);
  }
  sweep_uploads(services);
  Json cleared = Json::object();
  for (const auto& [kind, count] : gone) cleared[kind] = count;
  cleared["requests"] = services.journal.clear(wanted.client_id);
  services.warnings.clear(wanted.client_id);

  Json json = Json::object();
  if (wanted.client_id) json["clientId"] = *wanted.client_id;
  json["cleared"] = std::move(cleared);
  json["partnersRemoved"] = wanted.partners;
  json["tokensRevoked"] = wanted.tokens;
  json["rewound"] = wanted.rewind;
  services.events.note("reset", wanted.client_id, json);
  return json_answer(200, json);
}

}  // namespace

void add_reset_routes(RouteTable& table, const Services& services) {
  Route route = control_route(Operation::Reset, "Back to the seeded state without a restart",
                              {"Reset", "ResetReport"}, {404});
  route.waits = true;  // for exchanges that are being cancelled
  add_control(table, services, std::move(route), reset);
}

}  // namespace zest::api
