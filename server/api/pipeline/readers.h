// The strict readers of the control plane: they hold queries and JSON bodies to what the route declares,
// which is what its OpenAPI document says. Thread-safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/pipeline/router.h"
#include "base/error.h"
#include "base/json.h"
#include "base/object_reader.h"
#include "store/store.h"

namespace zest::api {

// The query of a request. A parameter without a value counts as absent; none comes twice
// (api/checks.h).
class QueryReader {
 public:
  static constexpr std::size_t kDefaultPerPage = 100;
  static constexpr std::size_t kMaxPerPage = 1000;

  QueryReader(const http::FormFields& query, const Names& allowed);
  // Allowed is what the route declares.
  explicit QueryReader(const Exchange& exchange);

  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<std::string> word(std::string_view name, const Names& words);
  template <class Values>
  auto one_of(std::string_view name, const Values& values) {
    return value_of(values, word(name, words_of(values)));
  }
  // page (from 1) and perPage.
  store::Page page();

  void fail(std::string detail);  // keeps the first
  const std::optional<Error>& error() const { return error_; }

 private:
  const http::FormFields& query_;
  std::optional<Error> error_;
};

// The JSON body of a request, held to its route's request schema, or to another one of schemas.h: the members
// that there are, which of them are required, the words and bounds of each. Precondition: they are described
// in the schema itself, not behind a reference. Errors: InvalidRequest.
class BodyReader : public ObjectReader {
 public:
  explicit BodyReader(const Exchange& exchange);
  BodyReader(const Json& body, std::string place, std::string_view schema_name);

  // Between the bounds of the schema.
  std::optional<std::int64_t> integer(std::string_view name);

 private:
  const Json& document_;
};

// {"documents", "count", "skip", "limit"}: `count` is the number of all that match.
Json list_json(Json documents, std::size_t count, store::Page page);

}  // namespace zest::api
