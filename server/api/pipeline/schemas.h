// The named schemas of request and response bodies: JSON Schema documents that both check requests and go
// into the OpenAPI documents, so that the two cannot differ. Zest docs: api-reference; errors/validation.
// Thread-safety: immutable once built.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace zest::api {

// Builders of schemas. The keywords that checks of requests understand: $ref, type, enum, properties,
// required, additionalProperties (false), items, minItems, maxItems, minLength, maxLength, minimum, maximum.
namespace schema {

// A member of an object. Without a schema it is one that means the same wherever it stands (members.h).
struct Member {
  Member(const char* shared);  // NOLINT(google-explicit-constructor): lists of members read as lists of names
  Member(const char* of, Json document) : name(of), schema(std::move(document)) {}
  const char* name;
  Json schema;
};
using Members = std::initializer_list<Member>;

Json text(std::string description);
Json text(std::string description, const char* sample);
Json date_time(std::string description);
Json one_of(std::string description, const std::vector<std::string>& values);
Json constant(std::string_view value);
Json integer(std::string description);
Json number(std::string description);
Json boolean(std::string description);
Json any(std::string description);
Json list(std::string description, Json items);
Json object(const Members& required, const Members& optional = {});
Json free_object(std::string description);
Json ref(std::string_view name);  // "#/components/schemas/<name>"
// With its type beside it, as Zest's own document has it for money and attributes.
Json object_ref(std::string_view name);
// A page of such documents: {"documents", "count", "skip", "limit"}.
Json page_of(std::string_view name);

Json with(Json document, const char* keyword, Json value);
Json example(Json document, Json value);
Json described(Json document, std::string description);
// Without any other member than those it names.
Json closed(Json document);

}  // namespace schema

// Whether a request is held to the schema where it stands, or the schema only tells what is expected there
// and the rules judge it (rows that have results of their own).
enum class Enforcement { Checked, Documented };

class Schemas {
 public:
  // In the place of one of that name, if there is one.
  void add(std::string name, Json document, Enforcement enforcement = Enforcement::Checked);
  const Json* find(std::string_view name) const;
  // What the body breaks, in the order of the schema, all of it. Unknown members are tolerated unless the
  // schema says additionalProperties false. `path` is where the value stands, "" at the root.
  std::vector<Violation> check(const Json& document, const Json& value, const std::string& path = "") const;
  // Names of the schemas that `document` refers to, themselves and through others, in order of their
  // definition.
  std::vector<std::string> referred_by(const Json& document) const;
  // A value that fits: the first of its examples, else made of its required members.
  Json example(const Json& document) const;

 private:
  struct Entry {
    std::string name;
    Json document;
    Enforcement enforcement;
  };
  const Entry* entry(std::string_view name) const;
  std::vector<Entry> entries_;
};

// A ValidationError with these violations, and a detail that counts them.
Error violated(std::vector<Violation> violations);

void add_partner_schemas(Schemas& schemas);
void add_webhook_schemas(Schemas& schemas);
void add_chaos_schemas(Schemas& schemas);
void add_state_schemas(Schemas& schemas);
void add_delivery_schemas(Schemas& schemas);
// Every schema that a route may name.
const Schemas& all_schemas();

}  // namespace zest::api
