#include "api/pipeline/checks.h"

#include <gtest/gtest.h>

#include "api/pipeline/schemas.h"

namespace zest::api {
namespace {

http::RequestHead head_of_fields(std::initializer_list<std::pair<const char*, const char*>> fields) {
  http::RequestHead head;
  for (const auto& [name, value] : fields) head.headers.add(name, value);
  return head;
}

Route json_route(BodyKind kind = BodyKind::JsonDocument) {
  Route route;
  route.body = kind;
  return route;
}

bool takes(const Route& route, const http::RequestHead& head) {
  const Result<void> checked = check_content_type(route, head);
  if (!checked.ok()) {
    EXPECT_EQ(checked.error().kind, ErrorKind::InvalidRequest);
    EXPECT_NE(checked.error().detail.find("Content-Type"), std::string::npos);
  }
  return checked.ok();
}

TEST(ContentType, ToleratesParametersAndCase) {
  EXPECT_TRUE(takes(json_route(), head_of_fields({{"content-type", "Application/JSON; charset=utf-8"}})));
  EXPECT_TRUE(takes(json_route(BodyKind::Form),
                    head_of_fields({{"Content-Type", "application/x-www-form-urlencoded"}})));
}

TEST(ContentType, RefusesMissingOtherAndRepeated) {
  EXPECT_FALSE(takes(json_route(), head_of_fields({})));
  EXPECT_FALSE(takes(json_route(), head_of_fields({{"Content-Type", "text/plain"}})));
  EXPECT_FALSE(takes(json_route(), head_of_fields({{"Content-Type", "application/jsonx"}})));
  EXPECT_FALSE(takes(json_route(), head_of_fields({{"Content-Type", "application/json"},
                                                   {"Content-Type", "application/json"}})));
  EXPECT_FALSE(
      takes(json_route(BodyKind::Multipart), head_of_fields({{"Content-Type", "application/json"}})));
}

TEST(ContentType, OptionalBodyNeedsNoneWhenThereIsNoBody) {
  EXPECT_TRUE(takes(json_route(BodyKind::OptionalJson), head_of_fields({{"Content-Length", "0"}})));
  EXPECT_FALSE(takes(json_route(BodyKind::OptionalJson), head_of_fields({{"Content-Length", "2"}})));
}

// The detail of the refusal, or "" when the query is fine.
std::string query_problem(const std::string& query) {
  Route route;
  route.query = paging_parameters();
  route.query.push_back({"status", "", schema::ref("SpvRequestStatus")});
  http::Request request;
  request.head.query = query;
  const ErrorId error_id;
  Exchange exchange(request, error_id);
  const Result<void> checked = read_query(route, exchange);
  return checked.ok() ? "" : checked.error().detail;
}

TEST(Query, AcceptsDeclaredValuesAndIgnoresUnknownOnes) {
  EXPECT_EQ(query_problem(""), "");
  EXPECT_EQ(query_problem("page=1&perPage=100&status=pending-review&colour=red"), "");
}

TEST(Query, ReadsIntegersStrictly) {
  for (const char* text : {"0", "-1", "1.0", "%2B1", "+1", "1+", "1e3", "", "abc", "99999999999999999999"}) {
    EXPECT_NE(query_problem(std::string("page=") + text), "") << text;
  }
  EXPECT_EQ(query_problem("perPage=101"), "query parameter perPage must be at most 100");
  EXPECT_EQ(query_problem("page=1000000001"), "query parameter page must be at most 1000000000");
  EXPECT_EQ(query_problem("page=99999999999999999999"), "query parameter page must be at most 1000000000");
  EXPECT_EQ(query_problem("page=-99999999999999999999"), "query parameter page must be at least 1");
  EXPECT_EQ(query_problem("page=99999999999999999999x"), "query parameter page must be an integer");
  EXPECT_EQ(query_problem("perPage=0"), "query parameter perPage must be at least 1");
}

TEST(Query, NamesTheStates) {
  EXPECT_EQ(query_problem("status=open"),
            "query parameter status must be one of pending-review, approved, rejected, cancelled");
}

TEST(Query, RefusesMalformedEscapes) { EXPECT_NE(query_problem("page=%zz"), ""); }

std::optional<Error> key_problem(KeyUse use,
                                 std::initializer_list<std::pair<const char*, const char*>> fields) {
  Route route;
  route.key = use;
  http::Request request;
  request.head = head_of_fields(fields);
  const ErrorId error_id;
  Exchange exchange(request, error_id);
  Result<void> checked = read_idempotency_key(route, exchange);
  if (checked.ok()) return std::nullopt;
  return std::move(checked).error();
}

TEST(Rules, IdempotencyKeyIsRequiredWhereDocumented) {
  EXPECT_EQ(key_problem(KeyUse::Required, {})->kind, ErrorKind::InvalidRequest);
  EXPECT_FALSE(key_problem(KeyUse::Required, {{"idempotency-key", "k"}}));
  EXPECT_FALSE(key_problem(KeyUse::Optional, {}));
  EXPECT_TRUE(key_problem(KeyUse::Optional, {{"Idempotency-Key", ""}}));
  EXPECT_TRUE(key_problem(KeyUse::Optional, {{"Idempotency-Key", "a b"}}));
  EXPECT_TRUE(key_problem(KeyUse::Required, {{"Idempotency-Key", "a"}, {"Idempotency-Key", "b"}}));
  EXPECT_FALSE(key_problem(KeyUse::None, {{"Idempotency-Key", ""}}));
}

TEST(Rules, UploadTypesAreThoseDocumented) {
  http::Part file;
  EXPECT_EQ(check_upload_type(file).error().kind, ErrorKind::UnsupportedMediaType);
  for (const char* type : {"application/pdf", "image/jpeg", "IMAGE/PNG", "image/webp; q=1"}) {
    file.content_type = type;
    EXPECT_TRUE(check_upload_type(file).ok()) << type;
  }
  for (const char* type : {"image/gif", "application/octet-stream", "", "application/pdfx"}) {
    file.content_type = type;
    EXPECT_FALSE(check_upload_type(file).ok()) << type;
  }
}

}  // namespace
}  // namespace zest::api
