#include "api/pipeline/readers.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "api/pipeline/schemas.h"
#include "base/nearest.h"

namespace zest::api {
namespace {

Names names_of(const std::vector<QueryParameter>& parameters) {
  Names names;
  for (const QueryParameter& parameter : parameters) names.push_back(parameter.name);
  return names;
}

const Json& schema_named(std::string_view name) {
  static const Json nothing = Json::object();
  const Json* document = all_schemas().find(name);
  return document == nullptr ? nothing : *document;
}

Names members_of(const Json& document) {
  Names names;
  if (const Json* properties = member(document, "properties")) {
    for (const auto& [name, ignored] : properties->items()) names.push_back(name);
  }
  return names;
}

bool may_be_null(const Json& document) {
  const Json* types = member(document, "type");
  return types != nullptr && types->is_array() &&
         std::find(types->begin(), types->end(), "null") != types->end();
}

}  // namespace

QueryReader::QueryReader(const Exchange& exchange)
    : QueryReader(exchange.query, names_of(exchange.route->query)) {}

QueryReader::QueryReader(const http::FormFields& query, const Names& allowed) : query_(query) {
  for (const auto& [name, value] : query) {
    if (is_one_of(allowed, name)) continue;
    fail("unknown query parameter " + in_quotes(name) +
         (allowed.empty() ? "; none is allowed" : "; allowed: " + join_names(allowed, ", ")) +
         did_you_mean(name, allowed));
    return;
  }
}

void QueryReader::fail(std::string detail) {
  if (!error_) error_ = make_error(ErrorKind::InvalidRequest, std::move(detail));
}

std::optional<std::string> QueryReader::text(std::string_view name) const {
  const auto found =
      std::find_if(query_.rbegin(), query_.rend(), [&](const auto& field) { return field.first == name; });
  if (found == query_.rend() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::optional<std::int64_t> QueryReader::integer(std::string_view name, std::int64_t least,
                                                 std::int64_t most) {
  const std::optional<std::string> given = text(name);
  if (!given) return std::nullopt;
  std::int64_t number = 0;
  const char* end = given->data() + given->size();
  const auto [stop, problem] = std::from_chars(given->data(), end, number);
  if (problem == std::errc() && stop == end && number >= least && number <= most) return number;
  fail("query parameter " + in_quotes(name) + " must be a whole number " + range_text(least, most));
  return std::nullopt;
}

std::optional<std::string> QueryReader::word(std::string_view name, const Names& words) {
  std::optional<std::string> given = text(name);
  if (!given || is_one_of(words, *given)) return given;
  fail("query parameter " + in_quotes(name) + " must be " + join_names(words) + did_you_mean(*given, words));
  return std::nullopt;
}

store::Page QueryReader::page() {
  constexpr std::int64_t kMaxPage = 1'000'000'000;
  const auto number = static_cast<std::size_t>(integer("page", 1, kMaxPage).value_or(1));
  const auto size = static_cast<std::size_t>(
      integer("perPage", 1, static_cast<std::int64_t>(kMaxPerPage)).value_or(kDefaultPerPage));
  return store::Page{(number - 1) * size, size};
}

BodyReader::BodyReader(const Exchange& exchange)
    : BodyReader(exchange.body, "the body", exchange.route->request_schema) {}

BodyReader::BodyReader(const Json& body, std::string place, std::string_view schema_name)
    : ObjectReader(body, std::move(place), members_of(schema_named(schema_name))),
      document_(schema_named(schema_name)) {
  if (const Json* required = member(document_, "required")) {
    for (const Json& each : *required) {
      const auto& name = each.get_ref<const std::string&>();
      if (!is_null(name) || !may_be_null(document_["properties"][name])) require(name);
    }
  }
}

std::optional<std::int64_t> BodyReader::integer(std::string_view name) {
  const Json* bounds = member(document_["properties"], name);
  const auto bound = [bounds](const char* word, std::int64_t otherwise) {
    const Json* given = bounds == nullptr ? nullptr : member(*bounds, word);
    return given == nullptr ? otherwise : given->get<std::int64_t>();
  };
  return ObjectReader::integer(name, bound("minimum", std::numeric_limits<std::int64_t>::min()),
                               bound("maximum", std::numeric_limits<std::int64_t>::max()));
}

Json list_json(Json documents, std::size_t count, store::Page page) {
  Json json{{"documents", std::move(documents)}};
  json["count"] = count;
  json["skip"] = page.skip;
  json["limit"] = page.limit;
  return json;
}

}  // namespace zest::api
