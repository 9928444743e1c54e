// The control plane, called over HTTP on a whole sandbox whose webhooks are answered as a test says.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/world.h"

namespace zest::api {

class ControlTest : public testing::Test {
 protected:
  static constexpr const char* kStart = test::World::kStart;

  void SetUp() override { start(plain_options()); }

  static app::ServeOptions plain_options() { return test::World::with_endpoint(); }
  // Also anew, with other options.
  void start(const app::ServeOptions& options) {
    if (world_) {
      world_->restart(options);
    } else {
      world_.emplace(options);
    }
  }
  void stop() { world_->stop(); }

  app::Sandbox& sandbox() { return world_->sandbox(); }
  test::FakeSender& sender() { return world_->sender(); }
  const std::string& acme() { return world_->seeded().client_id; }

  // Any answer, over HTTP.
  client::Reply call(std::string method, std::string target, std::optional<Json> body = std::nullopt,
                     std::vector<std::pair<std::string, std::string>> headers = {}) {
    return world_->send(std::move(method), std::move(target), std::move(body), std::move(headers));
  }
  client::Reply get(std::string target) { return world_->get(std::move(target)); }
  client::Reply post(std::string target, std::optional<Json> body = Json::object()) {
    return world_->post(std::move(target), std::move(body));
  }
  // The detail of an answer that must be that refusal.
  static std::string refusal(const client::Reply& reply, int status, std::string_view code) {
    EXPECT_EQ(reply.status, status) << reply.text;
    EXPECT_EQ(reply.body.value("code", ""), code);
    EXPECT_FALSE(reply.body.value("errorId", "").empty());
    return reply.body.value("detail", "");
  }

  client::PartnerApi partner() { return world_->fresh_partner(); }
  static Json spv_submission() { return test::spv_submission(); }
  // The slug of a new request; its event is on its way.
  std::string submit_spv() {
    Result<Json> request = partner().submit_spv_request(spv_submission(), "key-" + std::to_string(++keys_));
    EXPECT_TRUE(request.ok()) << (request.ok() ? "" : request.error().detail);
    return request.ok() ? request->value("spvRequestSlug", "") : "";
  }
  // A subscription with form, and with a funding receipt when `funded`; its slug.
  std::string subscribe(bool funded) {
    client::PartnerApi api = partner();
    const client::Reply approved = post("/_sandbox/spv-requests/" + submit_spv() + "/approve");
    const std::string spv = approved.body["materialisedRefs"].value("vehicleSlug", "");
    Result<Json> investors =
        api.create_investors(Json::array({test::investor_row("inv-" + std::to_string(++keys_))}));
    EXPECT_TRUE(investors.ok()) << (investors.ok() ? "" : investors.error().detail);
    const std::string person = investors.ok() ? first_of(*investors).value("zestPersonId", "") : "";
    Result<Json> made = api.create_subscriptions(spv, Json::array({test::subscription_row(person)}));
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().detail);
    const client::UploadFile file{"form.pdf", "application/pdf", "%PDF-1.7 form"};
    EXPECT_TRUE(api.upload_form(spv, person, file).ok());
    if (funded) {
      EXPECT_TRUE(api.upload_funding(spv, person, {"receipt.pdf", "application/pdf", "%PDF-1.7 receipt"},
                                     {"1000.00", "USD", "wire-1"})
                      .ok());
    }
    return made.ok() ? first_of(*made).value("subscriptionSlug", "") : "";
  }
  // The first row of an answer, whatever its list is called.
  static Json first_of(const Json& answer) {
    if (answer.is_array()) return answer.empty() ? Json::object() : answer.front();
    for (const auto& [name, value] : answer.items()) {
      if (value.is_array() && !value.empty()) return value.front();
    }
    return Json::object();
  }
  void settle() { world_->settle(); }
  // Every id of a list's member.
  static std::vector<std::string> column(const client::Reply& reply, const std::string& name) {
    std::vector<std::string> values;
    for (const Json& document : reply.body["documents"]) values.push_back(document.value(name, ""));
    return values;
  }

 private:
  std::optional<test::World> world_;
  int keys_ = 0;
};

}  // namespace zest::api
