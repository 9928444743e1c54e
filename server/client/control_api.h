// The control plane as tools and tests call it: one function per operation, JSON in and out as documented.
// Thread-safety: calls from any thread once set up.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/connection.h"

namespace zest::client {

class ControlApi {
 public:
  // `admin_token` "" when the sandbox needs none.
  explicit ControlApi(std::string base_url, std::string admin_token = "");

  Connection& connection() { return connection_; }

  Result<Json> ready() const;
  Result<Json> status() const;

  Result<Json> partners() const;
  Result<Json> partner(std::string_view client_id) const;
  Result<Json> register_partner(const Json& partner) const;
  Result<Json> change_partner(std::string_view client_id, const Json& change) const;
  Result<Json> remove_partner(std::string_view client_id) const;
  // An access and a refresh token of the partner, without its key.
  Result<Json> issue_token(std::string_view client_id) const;

  Result<Json> spv_requests(const Query& query = {}) const;
  Result<Json> approve_spv_request(std::string_view slug) const;
  Result<Json> reject_spv_request(std::string_view slug, std::string_view reason) const;
  Result<Json> subscriptions(const Query& query = {}) const;
  Result<Json> complete_subscription(std::string_view slug, const Json& options = Json::object()) const;

  Result<Json> deliveries(const Query& query = {}) const;
  Result<Json> delivery(std::string_view id) const;
  Result<Json> retry_delivery(std::string_view id) const;
  Result<Json> retry_deliveries(const Json& filter) const;
  Result<Json> pause(const Json& scope = Json::object()) const;
  Result<Json> resume(const Json& scope = Json::object()) const;

  Result<Json> clock(const Query& query = {}) const;
  Result<Json> set_clock(const Json& change) const;
  // Returns when everything on the way has settled: may take as long as the receivers do.
  Result<Json> advance(const Json& target) const;
  Result<Json> wait(const Json& condition) const;

  Result<Json> chaos_rules(const Query& query = {}) const;
  Result<Json> add_chaos_rule(const Json& rule) const;
  Result<Json> remove_chaos_rule(std::string_view id) const;
  Result<Json> remove_chaos_rules(const Query& query = {}) const;
  Result<Json> held(const Query& query = {}) const;
  Result<Json> release(std::string_view delivery_id) const;

  Result<Json> requests(const Query& query = {}) const;
  Result<Json> verify_requests(const Json& assertion) const;

  // Calls `on_event` for what happens from now on (`request`, `attempt`, …) until it answers false; blocks
  // until then. Errors: also an is_unreachable one when the stream broke.
  using OnEvent = std::function<bool(std::string_view name, const Json& data)>;
  Result<void> follow(const Query& query, const OnEvent& on_event) const;
  Result<Json> verify_signature(const Json& question) const;
  Result<Json> explain_token(const Json& question) const;
  Result<Json> explain(std::string_view id) const;
  Result<Json> explanations() const;  // the last things that went wrong
  Result<Json> warnings(const Query& query = {}) const;
  Result<Json> coverage(const Query& query = {}) const;

  Result<Json> reset(const Json& scope = Json::object()) const;
  Result<std::string> save_snapshot() const;  // JSON text
  // The same as it comes; false ends the call.
  Result<void> save_snapshot(std::function<bool(std::string_view)> sink) const;
  Result<Json> load_snapshot(const std::string& snapshot, bool rewind = false) const;
  Result<Json> load_snapshot(BodySource snapshot, bool rewind = false) const;

 private:
  Result<Json> send(Request request, const Json& body) const;
  Connection connection_;
};

}  // namespace zest::client
