#include "api/pipeline/errors.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace zest::api {
namespace {

Json body_of(const http::Response& response) { return parse_json(response.body).value(); }

TEST(Envelope, HasCodeDetailAndErrorId) {
  const http::Response response = error_response(make_error(ErrorKind::NotFound, "no such thing"), "id-1");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"code":"not_found","detail":"no such thing","errorId":"id-1"})");
  EXPECT_EQ(*response.headers.find("Content-Type"), "application/json; charset=utf-8");
  EXPECT_NE(response.headers.find("x-zest-sandbox"), nullptr);
}

TEST(Envelope, ValidationErrorListsItsRows) {
  Error error = make_error(ErrorKind::ValidationError, "two rules");
  error.violations = {
      {"deal_name", "attributes.deal_name", "required", "deal_name is required", std::nullopt},
      {"currency", "attributes.currency", "format", "not a currency", "XXZ"}};
  const Json rows = body_of(error_response(error, "id"))["validationErrors"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(dump_json(rows[0]),
            R"({"attribute":"deal_name","field":"attributes.deal_name","code":"required",)"
            R"("message":"deal_name is required"})");
  EXPECT_EQ(rows[1]["value"], "XXZ");
}

TEST(Envelope, OnlyValidationErrorsHaveRows) {
  EXPECT_FALSE(
      body_of(error_response(make_error(ErrorKind::Conflict, "x"), "id")).contains("validationErrors"));
}

TEST(Envelope, InternalDetailStaysInside) {
  const http::Response response =
      error_response(make_error(ErrorKind::InternalError, "secret path /x"), "id-2");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
  EXPECT_EQ(body_of(response)["errorId"], "id-2");
}

TEST(Envelope, CarriesFurtherMembers) {
  Error error = make_error(ErrorKind::Conflict, "stopped");
  error.extra = {{"interrupted", "true"}, {"open", R"(["wde_1"])"}};
  const Json body = body_of(error_response(error, "id"));
  EXPECT_EQ(body["interrupted"], true);
  EXPECT_EQ(body["open"][0], "wde_1");
}

TEST(Envelope, UnauthorisedTellsTheScheme) {
  EXPECT_EQ(*error_response(make_error(ErrorKind::InvalidToken, "x"), "id").headers.find("WWW-Authenticate"),
            "Bearer");
}

TEST(Rules, EveryErrorKindHasItsDocumentedStatusAndCode) {
  const auto form = [](ErrorKind kind) {
    const ErrorForm of = error_form(kind);
    return std::to_string(of.status) + " " + std::string(of.code);
  };
  EXPECT_EQ(form(ErrorKind::ValidationError), "400 validation_error");
  EXPECT_EQ(form(ErrorKind::InvalidRequest), "400 invalid_request");
  EXPECT_EQ(form(ErrorKind::InvalidToken), "401 invalid_token");
  EXPECT_EQ(form(ErrorKind::Forbidden), "403 forbidden");
  EXPECT_EQ(form(ErrorKind::NotFound), "404 not_found");
  EXPECT_EQ(form(ErrorKind::MethodNotAllowed), "405 invalid_request");
  EXPECT_EQ(form(ErrorKind::Conflict), "409 conflict");
  EXPECT_EQ(form(ErrorKind::PayloadTooLarge), "413 payload_too_large");
  EXPECT_EQ(form(ErrorKind::UnsupportedMediaType), "415 unsupported_media_type");
  EXPECT_EQ(form(ErrorKind::InternalError), "500 internal_error");
  EXPECT_EQ(form(ErrorKind::ServiceUnavailable), "503 service_unavailable");
  EXPECT_EQ(form(ErrorKind::Unauthorized), "401 unauthorized");
  EXPECT_EQ(form(ErrorKind::Timeout), "408 timeout");
}

TEST(Envelope, RefusalsOfTheListenerHaveItToo) {
  const std::string detail = refusal_detail(http::Refusal::FileTooLarge, "", 10 * 1024 * 1024);
  const http::Response response = refusal_response(http::Refusal::FileTooLarge, detail, "id-3");
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(body_of(response)["code"], "payload_too_large");
  EXPECT_NE(body_of(response)["detail"].get<std::string>().find("10485760"), std::string::npos);
  EXPECT_EQ(refusal_form(http::Refusal::HeadersTooLarge).status, 431);
  EXPECT_EQ(refusal_form(http::Refusal::UriTooLong).status, 414);
  EXPECT_EQ(refusal_form(http::Refusal::VersionNotSupported).status, 505);
}

}  // namespace
}  // namespace zest::api
