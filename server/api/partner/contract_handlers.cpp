// /v1/contracts. Zest docs: contracts.
#include "api/api.h"
#include "base/nearest.h"
#include "rules/contracts.h"

namespace zest::api {
namespace {

using Kind = rules::Contracts::Kind;

struct Shelf {
  Kind kind;
  Operation list;
  Operation single;
  const char* plural;  // in paths and in the list's answer
  const char* name;    // the parameter of the single one's path
  const char* what;    // for people
  const char* all;     // schema of the list
  const char* one;     // schema of a single one
};

constexpr Shelf kShelves[] = {
    {Kind::Templates, Operation::ListTemplates, Operation::GetTemplate, "templates", "template_name",
     "template", "ContractTemplates", "ContractTemplate"},
    {Kind::Catalogs, Operation::ListCatalogs, Operation::GetCatalog, "catalogs", "catalog_name",
     "attribute catalog", "AttributeCatalogs", "AttributeCatalog"},
    {Kind::Primitives, Operation::ListPrimitives, Operation::GetPrimitive, "primitives", "primitive_name",
     "primitive type", "PrimitiveTypes", "PrimitiveType"},
    {Kind::Samples, Operation::ListSamples, Operation::GetSample, "samples", "sample_name", "sample payload",
     "SamplePayloads", "SamplePayload"}};

Result<Answer> list(const rules::Contracts& contracts, const Shelf& shelf, const Exchange& exchange) {
  const std::string& version = exchange.parameter("version");
  const std::vector<Json>* documents = contracts.list(version, shelf.kind);
  if (documents == nullptr) {
    return refusal(Rule::ContractUnknown, ErrorKind::NotFound,
                   "there is no contract version '" + version + "'; GET /v1/contracts lists the versions" +
                       did_you_mean(version, contracts.versions()));
  }
  return json_answer(200, Json{{"version", version}, {shelf.plural, *documents}});
}

Result<Answer> get(const rules::Contracts& contracts, const Shelf& shelf, const Exchange& exchange) {
  const std::string& version = exchange.parameter("version");
  const std::string& name = exchange.parameter(shelf.name);
  const Json* document = contracts.find(version, shelf.kind, name);
  if (document == nullptr) {
    return refusal(Rule::ContractUnknown, ErrorKind::NotFound,
                   "there is no " + std::string(shelf.what) + " '" + name + "' in version '" + version +
                       "'; GET /v1/contracts/" + shelf.plural + "/" + version + " lists them" +
                       (contracts.list(version, shelf.kind) == nullptr
                            ? did_you_mean(version, contracts.versions())
                            : did_you_mean(name, contracts.names(version, shelf.kind))));
  }
  return json_answer(200, *document);
}

Route contract_route(Operation operation, std::string summary) {
  Route route = route_of(operation, std::move(summary));
  route.tag = "Contracts";
  return route;
}

}  // namespace

void add_contract_routes(RouteTable& table, const Services& services) {
  const rules::Contracts& contracts = services.contracts;
  Route versions = contract_route(Operation::ListContractVersions, "List the versions of the contracts");
  versions.response_schema = "ContractVersions";
  versions.handle = [&contracts](Exchange&) -> Result<Answer> {
    return json_answer(200, Json{{"versions", contracts.versions()}});
  };
  table.add(std::move(versions));

  for (const Shelf& shelf : kShelves) {
    Route listing = contract_route(shelf.list, "List every " + std::string(shelf.what) + " of a version");
    listing.response_schema = shelf.all;
    listing.errors = {404};
    listing.handle = [&contracts, &shelf](Exchange& exchange) { return list(contracts, shelf, exchange); };
    table.add(std::move(listing));

    Route single = contract_route(shelf.single, "Get one " + std::string(shelf.what));
    single.response_schema = shelf.one;
    single.errors = {404};
    single.handle = [&contracts, &shelf](Exchange& exchange) { return get(contracts, shelf, exchange); };
    table.add(std::move(single));
  }
}

}  // namespace zest::api
