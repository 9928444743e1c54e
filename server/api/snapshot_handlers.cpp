// Export and restore of the whole state: {"version", "createdAt", "tables", "files": {sha256: base64}}.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "api/control.h"
#include "api/readers.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"

namespace zest::api {
namespace {

constexpr std::int64_t kSnapshotVersion = 1;
constexpr std::size_t kMaxSnapshot = 512U * 1024 * 1024;  // bytes

Error internal(std::string detail) { return make_error(ErrorKind::InternalError, std::move(detail)); }

struct Exported {
  Instant at{};  // on the clock that lanes are anchored to
  Json tables;
  std::vector<std::string> uploads;
};

Result<Answer> save_snapshot(const Services& services, Exchange& exchange) {
  QueryReader query(exchange.query, {});
  if (query.error()) return *query.error();
  ASSIGN_OR_RETURN(Exported exported, services.store.read([&](store::Read& tx) {
    return Exported{services.clock.steady(), tx.export_tables(), tx.referenced_uploads()};
  }));
  Json json{{"version", kSnapshotVersion}, {"createdAt", format_instant(exported.at)}};
  json["tables"] = std::move(exported.tables["tables"]);
  json["files"] = Json::object();
  for (const std::string& sha256_hex : exported.uploads) {
    const Result<std::string> bytes = read_file(services.store.upload_path(sha256_hex));
    if (!bytes.ok()) return internal("a stored upload is lost: " + bytes.error().detail);
    json["files"][sha256_hex] = base64_encode(*bytes);
  }
  Answer answer = json_answer(200, json);
  answer.headers.emplace_back("Content-Disposition", "attachment; filename=\"zest-sandbox-snapshot.json\"");
  return answer;
}

struct Snapshot {
  Instant created_at{};
  Json document;                             // {"tables"}
  std::map<std::string, std::string> files;  // bytes by hash
};

Result<Snapshot> read_snapshot(Json& body) {
  ObjectReader reader(body, "the snapshot", {"version", "createdAt", "tables", "files", "rewind"});
  for (const char* name : {"version", "createdAt", "tables"}) reader.require(name);
  const auto version = reader.integer("version", 1, std::numeric_limits<std::int64_t>::max());
  Snapshot snapshot;
  snapshot.created_at = reader.instant("createdAt").value_or(Instant{});
  if (version && *version != kSnapshotVersion) {
    reader.fail_member("version", "this sandbox reads version " + std::to_string(kSnapshotVersion) + " only");
  }
  if (reader.has("files") && !reader.any("files")->is_object())
    reader.fail_member("files", "must be a JSON object");
  if (reader.error()) return *reader.error();
  if (const Json* files = reader.any("files")) {
    for (const auto& [name, text] : files->items()) {
      const Result<std::string> bytes =
          text.is_string() ? base64_decode(text.get_ref<const std::string&>()) : Result<std::string>(Error{});
      if (!bytes.ok()) {
        return make_error(ErrorKind::InvalidRequest, "a file of the snapshot is not base64 text");
      }
      if (to_hex(sha256(*bytes)) != name) {
        return make_error(ErrorKind::InvalidRequest,
                          "a file of the snapshot does not have the hash that names it");
      }
      snapshot.files.emplace(name, *bytes);
    }
  }
  snapshot.document["tables"] = std::move(body["tables"]);
  return snapshot;
}

// Brings the files to their places. A failed restore leaves them there unused; the next sweep takes them.
Result<void> keep_files(const Services& services, const std::map<std::string, std::string>& files) {
  for (const auto& [sha256_hex, bytes] : files) {
    http::SpooledFile spooled(services.store.spool_dir() / ("snapshot-" + make_uuid()));
    {
      std::ofstream file(spooled.path(), std::ios::binary);
      file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      file.close();
      if (!file) return make_error(ErrorKind::ServiceUnavailable, "a file of the snapshot cannot be written");
    }
    RETURN_IF_ERROR(services.store.keep_upload(spooled.path(), sha256_hex));
  }
  return {};
}

// Counters of identifiers and random streams never go backwards: the greater of what is there and what comes.
// Those of partners that the snapshot does not know stay as well, for when such a partner is registered
// again.
void raise_counters(Json& tables, const Json& present) {
  const Json* present_rows = member(present["tables"], "counters");
  if (present_rows == nullptr || !present_rows->is_array()) return;
  Json& rows = tables["counters"];
  if (rows.is_null()) rows = Json::array();
  if (!rows.is_array()) return;  // the import refuses it
  const auto key_of = [](const Json& row) -> std::optional<std::pair<std::string, std::string>> {
    const std::string* client_id = string_member(row, "client_id");
    const std::string* name = string_member(row, "name");
    const Json* value = member(row, "value");
    if (client_id == nullptr || name == nullptr || value == nullptr || !value->is_number_integer())
      return std::nullopt;
    return std::make_pair(*client_id, *name);
  };
  std::map<std::pair<std::string, std::string>, std::size_t> index;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (const auto key = key_of(rows[i])) index.emplace(*key, i);
  }
  for (const Json& row : *present_rows) {
    const auto key = key_of(row);
    if (!key) continue;
    const auto found = index.find(*key);
    if (found == index.end()) {
      rows.push_back(row);
    } else if (Json& value = rows[found->second]["value"]; value < row["value"]) {
      value = row["value"];
    }
  }
}

// The clocks stand where they stood when the snapshot was made.
void anchor_lanes(store::Write& tx, Instant created_at, Instant steady) {
  for (const Partner& partner : tx.partners()) {
    std::optional<Lane> lane = tx.lane(partner.client_id);
    if (!lane) continue;
    lane->clock = lane->clock.anchored(std::max(lane->clock.now(created_at), lane->high_water), steady);
    tx.put_lane(*lane);
  }
}

Result<void> restore(store::Write& tx, const Snapshot& snapshot, const std::set<std::string>& available,
                     bool rewind, Instant steady) {
  Json document = snapshot.document;
  if (!rewind && document["tables"].is_object()) raise_counters(document["tables"], tx.export_tables());
  RETURN_IF_ERROR(tx.import_tables(document));
  for (const std::string& sha256_hex : tx.referenced_uploads()) {
    if (!available.contains(sha256_hex)) {
      return make_error(ErrorKind::InvalidRequest,
                        "the snapshot lacks the file " + sha256_hex + " that it refers to");
    }
  }
  anchor_lanes(tx, snapshot.created_at, steady);
  return {};
}

Result<Answer> load_snapshot(const Services& services, Exchange& exchange) {
  QueryReader query(exchange.query, {"rewind"});
  const std::optional<std::string> wanted = query.word("rewind", {"true", "false"});
  if (query.error()) return *query.error();
  ObjectReader reader(exchange.body, "the snapshot", {"version", "createdAt", "tables", "files", "rewind"});
  const bool rewind = reader.flag("rewind").value_or(wanted == "true");
  if (reader.error()) return *reader.error();
  ASSIGN_OR_RETURN(const Snapshot snapshot, read_snapshot(exchange.body));
  std::set<std::string> available;
  for (const auto& [sha256_hex, bytes] : snapshot.files) available.insert(sha256_hex);
  RETURN_IF_ERROR(keep_files(services, snapshot.files));

  const Result<void> restored = services.engine.quiesce(std::nullopt, [&](store::Write& tx) {
    return restore(tx, snapshot, available, rewind, services.clock.steady());
  });
  services.store.sweep_uploads();
  if (!restored.ok()) return restored.error();
  ASSIGN_OR_RETURN(const auto lanes, services.engine.lanes(std::nullopt));
  Json json{{"restored", true},
            {"createdAt", format_instant(snapshot.created_at)},
            {"partners", lanes.size()},
            {"files", snapshot.files.size()},
            {"rewound", rewind}};
  services.events.note("snapshot", std::nullopt, json);
  return json_answer(200, json);
}

}  // namespace

void add_snapshot_routes(RouteTable& table, const Services& services) {
  Route save = control_route(Operation::SaveSnapshot, "Export the whole state");
  save.waits = true;
  add_control(table, services, std::move(save), save_snapshot);
  Route load = control_route(Operation::LoadSnapshot, "Restore the whole state");
  load.query = {
      {"rewind", "Take identifiers and random streams back to the snapshot's, too.", schema::boolean("")}};
  load.body_limit = kMaxSnapshot;
  load.waits = true;
  add_control(table, services, std::move(load), load_snapshot);
}

}  // namespace zest::api
