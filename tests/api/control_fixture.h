// A whole sandbox on a free port with a manual clock, its control plane called over HTTP, and a sender in the
// place of the network that answers as a test says.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/sandbox.h"
#include "base/mutex.h"
#include "client/partner_api.h"
#include "delivery/sender.h"

namespace zest::api {

// Answers every webhook with `status`, or keeps it waiting while it hangs. One thread, like the real one.
class ScriptedSender final : public delivery::Sender {
 public:
  ScriptedSender() : thread_([this] { run(); }) {}
  ~ScriptedSender() override {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }

  Id send(http::Call call, std::function<void(http::Outcome)> done) override {
    const MutexLock lock(mutex_);
    calls_.push_back(std::move(call));
    waiting_.emplace(++last_id_, std::move(done));
    changed_.notify_all();
    return last_id_;
  }
  void cancel(Id id) override {
    const MutexLock lock(mutex_);
    cancelled_.push_back(id);
    changed_.notify_all();
  }

  void answer(int status) {
    const MutexLock lock(mutex_);
    status_ = status;
    changed_.notify_all();
  }
  static constexpr int kHang = 0;

  // Waits until that many webhooks have been sent.
  void await(std::size_t count) {
    const MutexLock lock(mutex_);
    while (calls_.size() < count) changed_.wait(mutex_);
  }
  std::vector<http::Call> calls() const {
    const MutexLock lock(mutex_);
    return calls_;
  }

 private:
  void run() {
    while (true) {
      std::function<void(http::Outcome)> done;
      http::Outcome outcome;
      {
        const MutexLock lock(mutex_);
        while (!stopping_ && cancelled_.empty() && (waiting_.empty() || status_ == kHang))
          changed_.wait(mutex_);
        if (stopping_) return;
        auto entry = waiting_.begin();
        if (!cancelled_.empty()) {
          entry = waiting_.find(cancelled_.back());
          cancelled_.pop_back();
          if (entry == waiting_.end()) continue;
          outcome.failure = http::Failure::Cancelled;
        } else {
          outcome.status = status_;
        }
        done = std::move(entry->second);
        waiting_.erase(entry);
      }
      done(std::move(outcome));
    }
  }

  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  int status_ GUARDED_BY(mutex_) = 200;
  Id last_id_ GUARDED_BY(mutex_) = 0;
  std::vector<http::Call> calls_ GUARDED_BY(mutex_);
  std::vector<Id> cancelled_ GUARDED_BY(mutex_);
  std::map<Id, std::function<void(http::Outcome)>> waiting_ GUARDED_BY(mutex_);
  std::thread thread_;
};

class ControlTest : public testing::Test {
 protected:
  static constexpr const char* kStart = "2026-01-01T00:00:00.000Z";

  void SetUp() override { start(plain_options()); }

  static app::ServeOptions plain_options() {
    app::ServeOptions options;
    options.port = 0;
    options.clock = ClockMode::Manual;
    options.webhook_url = "http://127.0.0.1:1/hooks";
    options.log_level = LogLevel::Off;
    return options;
  }

  void start(const app::ServeOptions& options) {
    sandbox_.reset();
    auto started = app::Sandbox::start(options, log_, {nullptr, &sender_});
    ASSERT_TRUE(started.ok()) << started.error().detail;
    sandbox_ = std::move(*started);
  }

  void stop() { sandbox_.reset(); }

  app::Sandbox& sandbox() { return *sandbox_; }
  ScriptedSender& sender() { return sender_; }
  const std::string& acme() { return sandbox_->partner().client_id; }

  // Any answer, over HTTP.
  client::Reply call(std::string method, std::string target, std::optional<Json> body = std::nullopt,
                     std::vector<std::pair<std::string, std::string>> headers = {}) {
    client::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    if (body) request.body = dump_json(*body);
    Result<client::Reply> reply = client::Connection(sandbox_->local_url()).exchange(request);
    EXPECT_TRUE(reply.ok());
    return reply.ok() ? std::move(*reply) : client::Reply();
  }
  client::Reply get(std::string target) { return call("GET", std::move(target)); }
  client::Reply post(std::string target, std::optional<Json> body = Json::object()) {
    return call("POST", std::move(target), std::move(body));
  }
  // The detail of an answer that must be that refusal.
  static std::string refusal(const client::Reply& reply, int status, std::string_view code) {
    EXPECT_EQ(reply.status, status) << reply.text;
    EXPECT_EQ(reply.body.value("code", ""), code);
    EXPECT_FALSE(reply.body.value("errorId", "").empty());
    return reply.body.value("detail", "");
  }

  client::PartnerApi partner() {
    Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(sandbox_->partner().private_key_pem);
    EXPECT_TRUE(key.ok());
    return client::PartnerApi(sandbox_->local_url(), {acme(), std::move(*key)});
  }
  static Json spv_submission() {
    const Json share_class{{"name", "Class A"}, {"managementFeePercent", "2"}, {"carryPercent", "20"}};
    const Json attributes{{"underlyingCompanySlug", "co_acme"},
                          {"currency", "USD"},
                          {"shareClasses", Json::array({share_class})}};
    return Json{
        {"templateId", "syndicate_secondary"}, {"templateVersion", "1.0.0"}, {"attributes", attributes}};
  }
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
    const Json investor{{"partnerInvestorId", "inv-" + std::to_string(++keys_)},
                        {"email", "ada@example.com"},
                        {"firstName", "Ada"},
                        {"lastName", "Lovelace"},
                        {"dateOfBirth", "1990-12-10"}};
    Result<Json> investors = api.create_investors(Json::array({investor}));
    EXPECT_TRUE(investors.ok()) << (investors.ok() ? "" : investors.error().detail);
    const std::string person = investors.ok() ? first_of(*investors).value("zestPersonId", "") : "";
    const Json row{{"zestPersonId", person},
                   {"lumpSum", {{"currency", "USD"}, {"value", "1000.00"}}},
                   {"shareClassSlug", "sc_classA"}};
    Result<Json> made = api.create_subscriptions(spv, Json::array({row}));
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
  // Nothing is on its way when this returns.
  void settle() {
    EXPECT_EQ(post("/_sandbox/wait", Json{{"until", "idle"}, {"timeout", "30s"}}).status, 200);
  }
  // Every id of a list's member.
  static std::vector<std::string> column(const client::Reply& reply, const std::string& name) {
    std::vector<std::string> values;
    for (const Json& document : reply.body["documents"]) values.push_back(document.value(name, ""));
    return values;
  }

 private:
  Log log_{LogFormat::Text, LogLevel::Off};
  ScriptedSender sender_;
  std::unique_ptr<app::Sandbox> sandbox_;
  int keys_ = 0;
};

}  // namespace zest::api
