// /v1/contracts. Zest docs: contracts.
#include "api/api.h"
#include "rules/contracts.h"

namespace zest::api {
namespace {

using Kind = rules::Contracts::Kind;

struct Shelf {
  Kind kind;
  const char* plural;    // in paths and in the list's answer
  const char* singular;  // in the single one's path and in operation ids
  const char* what;      // for people
};

constexpr Shelf kShelves[] = {{Kind::Templates, "templates", "template", "template"},
                              {Kind::Catalogs, "catalogs", "catalog", "attribute catalog"},
                              {Kind::Primitives, "primitives", "primitive", "primitive type"},
                              {Kind::Samples, "samples", "sample", "sample payload"}};

Result<Answer> list(const rules::Contracts& contracts, const Shelf& shelf, const Exchange& exchange) {
  const std::string& version = exchange.parameter("version");
  const std::vector<Json>* documents = contracts.list(version, shelf.kind);
  if (documents == nullptr) {
    return make_error(ErrorKind::NotFound,
                      "there is no contract version '" + version + "'; GET /v1/contracts lists the versions");
  }
  return json_answer(200, Json{{"version", version}, {shelf.plural, *documents}});
}

Result<Answer> get(const rules::Contracts& contracts, const Shelf& shelf, const Exchange& exchange) {
  const std::string& version = exchange.parameter("version");
  const std::string& name = exchange.parameter(std::string(shelf.singular) + "_name");
  const Json* document = contracts.find(version, shelf.kind, name);
  if (document == nullptr) {
    return make_error(ErrorKind::NotFound, "there is no " + std::string(shelf.what) + " '" + name +
                                               "' in version '" + version + "'; GET /v1/contracts/" +
                                               shelf.plural + "/" + version + " lists them");
  }
  return json_answer(200, *document);
}

Route contract_route(std::string path, std::string operation_id, std::string summary) {
  Route route;
  route.method = "GET";
  route.path = std::move(path);
  route.operation_id = std::move(operation_id);
  route.summary = std::move(summary);
  route.tag = "Contracts";
  return route;
}

}  // namespace

void add_contract_routes(RouteTable& table, const Services& services) {
  const rules::Contracts& contracts = services.contracts;
  Route versions = contract_route("/v1/contracts", "list_contract_versions_v1_contracts_get",
                                  "List the versions of the contracts");
  versions.handle = [&contracts](Exchange&) -> Result<Answer> {
    return json_answer(200, Json{{"versions", contracts.versions()}});
  };
  table.add(std::move(versions));

  for (const Shelf& shelf : kShelves) {
    const std::string plural = shelf.plural;
    const std::string singular = shelf.singular;
    Route listing = contract_route("/v1/contracts/" + plural + "/{version}",
                                   "list_" + plural + "_v1_contracts_" + plural + "__version__get",
                                   "List every " + std::string(shelf.what) + " of a version");
    listing.errors = {404};
    listing.handle = [&contracts, &shelf](Exchange& exchange) { return list(contracts, shelf, exchange); };
    table.add(std::move(listing));

    Route single = contract_route(
        "/v1/contracts/" + plural + "/{version}/{" + singular + "_name}",
        "get_" + singular + "_v1_contracts_" + plural + "__version___" + singular + "_name__get",
        "Get one " + std::string(shelf.what));
    single.errors = {404};
    single.handle = [&contracts, &shelf](Exchange& exchange) { return get(contracts, shelf, exchange); };
    table.add(std::move(single));
  }
}

}  // namespace zest::api
