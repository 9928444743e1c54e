#include "api/pipeline/openapi.h"

#include <gtest/gtest.h>

#include "api/pipeline/schemas.h"

namespace zest::api {
namespace {

RouteTable documented_table() {
  RouteTable made;
  Route create;
  create.method = "POST";
  create.path = "/v1/things/{thing_id}";
  create.operation_id = "createThing";
  create.summary = "Create <a> thing";
  create.tag = "System";
  create.access = Access::BearerProvisioned;
  create.body = BodyKind::JsonDocument;
  create.key = KeyUse::Required;
  create.query = paging_parameters();
  create.request_schema = "InvestorBulkCreate";
  create.response_schema = "SpvRequestResponse";
  create.success = 201;
  create.errors = {400, 401};
  made.add(create);
  Route hidden;
  hidden.method = "GET";
  hidden.path = "/files/{token}";
  hidden.listed = false;
  made.add(hidden);
  Route control;
  control.method = "GET";
  control.path = "/_sandbox/status";
  control.operation_id = "getStatus";
  control.tag = "State";
  control.access = Access::Control;
  made.add(control);
  return made;
}

TEST(OpenApi, ListsTheSurfaceAskedFor) {
  const RouteTable made = documented_table();
  const Json partner = openapi_document(made, Surface::Partner, "http://x");
  EXPECT_EQ(partner["openapi"], "3.1.0");
  EXPECT_EQ(partner["paths"].size(), 1U);
  EXPECT_TRUE(partner["paths"].contains("/v1/things/{thing_id}"));
  const Json control = openapi_document(made, Surface::Control, "http://x");
  EXPECT_EQ(control["paths"].size(), 1U);
  EXPECT_TRUE(control["paths"].contains("/_sandbox/status"));
}

TEST(OpenApi, DescribesAnOperationFromItsRoute) {
  const Json document = openapi_document(documented_table(), Surface::Partner, "http://x");
  const Json& operation = document["paths"]["/v1/things/{thing_id}"]["post"];
  EXPECT_EQ(operation["operationId"], "createThing");
  EXPECT_EQ(dump_json(operation["security"]), R"([{"HTTPBearer":[]}])");
  EXPECT_EQ(operation["parameters"].size(), 4U);
  EXPECT_EQ(operation["parameters"][0]["name"], "thing_id");
  EXPECT_EQ(operation["parameters"][0]["in"], "path");
  EXPECT_EQ(operation["parameters"][1]["schema"]["maximum"], 100);
  EXPECT_EQ(operation["parameters"][3]["name"], "Idempotency-Key");
  EXPECT_EQ(operation["parameters"][3]["required"], true);
  EXPECT_EQ(operation["requestBody"]["content"]["application/json"]["schema"],
            schema::ref("InvestorBulkCreate"));
  EXPECT_EQ(operation["responses"]["201"]["content"]["application/json"]["schema"],
            schema::ref("SpvRequestResponse"));
  EXPECT_EQ(operation["responses"]["401"]["content"]["application/json"]["schema"],
            schema::ref("PartnerErrorResponse"));
  EXPECT_EQ(operation["responses"]["default"]["content"]["application/json"]["schema"],
            schema::ref("PartnerErrorResponse"));
}

TEST(OpenApi, ComponentsHoldWhatIsReferredToAndNothingElse) {
  const Json document = openapi_document(documented_table(), Surface::Partner, "http://x");
  const Json& schemas = document["components"]["schemas"];
  for (const char* name : {"InvestorBulkCreate", "InvestorCreateRow", "SpvRequestResponse",
                           "SpvRequestStatus", "PartnerErrorResponse", "PartnerValidationError"}) {
    EXPECT_TRUE(schemas.contains(name)) << name;
  }
  EXPECT_FALSE(schemas.contains("TokenResponse"));
}

TEST(OpenApi, SurfacesDifferByWholeSegments) {
  EXPECT_EQ(surface_of("/_sandbox"), Surface::Control);
  EXPECT_EQ(surface_of("/admin/services/register-partner"), Surface::Control);
  EXPECT_EQ(surface_of("/administrators"), Surface::Partner);
  EXPECT_EQ(surface_of("/v1/investors"), Surface::Partner);
}

TEST(DocsPage, ListsOperationsEscapedAndLoadsOnlyOurOwnFiles) {
  const std::string page = docs_page(documented_table(), Surface::Partner, "http://x");
  EXPECT_NE(page.find("/v1/things/{thing_id}"), std::string::npos);
  EXPECT_NE(page.find("Create &lt;a&gt; thing"), std::string::npos);
  EXPECT_EQ(page.find("/files/"), std::string::npos);
  for (const std::string_view mark : {"src=\"", "href=\""}) {
    for (std::size_t at = page.find(mark); at != std::string::npos; at = page.find(mark, at + 1)) {
      EXPECT_EQ(page.at(at + mark.size()), '/') << page.substr(at, 80);
    }
  }
  EXPECT_EQ(page.find("<style"), std::string::npos);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
}

}  // namespace
}  // namespace zest::api
