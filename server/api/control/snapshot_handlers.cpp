// Export and restore of the whole state as one document (snapshot/document.h).
#include <utility>

#include "api/control/control.h"
#include "api/control/snapshot.h"
#include "api/pipeline/readers.h"
#include "api/pipeline/uploads.h"
#include "base/id.h"
#include "snapshot/document.h"
#include "snapshot/load.h"
#include "snapshot/save.h"

namespace zest::api {
namespace {

Result<Answer> save_snapshot(const Services& services, Exchange& exchange) {
  const QueryReader query(exchange);
  if (query.error()) return *query.error();
  const http::SpooledFile saved(services.store.uploads().spool_dir() / ("snapshot-" + make_uuid()));
  RETURN_IF_ERROR(snapshot::save(services.store, services.clock, saved.path()));
  Answer answer;
  ASSIGN_OR_RETURN(answer.file, open_file(saved.path()));
  if (!answer.file)
    return make_error(ErrorKind::ServiceUnavailable, "the snapshot was removed while it was made");
  answer.headers.emplace_back("Content-Disposition", "attachment; filename=\"zest-sandbox-snapshot.json\"");
  return answer;
}

Result<Answer> load_snapshot(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  const std::optional<std::string> wanted = query.word("rewind", {"true", "false"});
  if (query.error()) return *query.error();
  ASSIGN_OR_RETURN(const Json json,
                   restore_snapshot(services, exchange.request.body_file.path(), wanted == "true"));
  return json_answer(200, json);
}

}  // namespace

Result<Json> restore_snapshot(const Services& services, const std::filesystem::path& document, bool rewind) {
  ASSIGN_OR_RETURN(const std::unique_ptr<snapshot::Incoming> incoming,
                   snapshot::Incoming::read(services.store, document, services.log));
  const bool rewound = incoming->rewind().value_or(rewind);
  RETURN_IF_ERROR(services.engine.quiesce(
      std::nullopt, [&] { return incoming->take_place(rewound, machine_time(services.clock)); }));
  sweep_uploads(services);
  ASSIGN_OR_RETURN(const auto lanes, services.engine.lanes(std::nullopt));
  services.coverage.begin_anew(std::nullopt);
  services.journal.forget_events();
  Json json{{"restored", true},
            {"createdAt", format_instant(incoming->created_at())},
            {"partners", lanes.size()},
            {"files", incoming->files()},
            {"rewound", rewound}};
  services.events.note("snapshot", std::nullopt, json);
  return json;
}

void add_snapshot_routes(RouteTable& table, const Services& services) {
  Route save = control_route(Operation::SaveSnapshot, "Export the whole state", answers("Snapshot"));
  save.waits = true;
  add_control(table, services, std::move(save), save_snapshot);
  Route load =
      control_route(Operation::LoadSnapshot, "Restore the whole state", {"Snapshot", "SnapshotLoaded"});
  load.query = {
      {"rewind", "Take identifiers and random streams back to the snapshot's, too.", schema::boolean("")}};
  load.body_limit = snapshot::kMaxDocument;
  load.waits = true;
  add_control(table, services, std::move(load), load_snapshot);
}

}  // namespace zest::api
