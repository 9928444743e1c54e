// The Partner API as a partner application calls it: one function per operation, tokens fetched and renewed
// when needed. Bodies are JSON as documented; see the API reference for their members. Thread-safety: none,
// one per thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/time.h"
#include "client/connection.h"

namespace zest::client {

struct Credentials {
  std::string client_id;
  Ed25519PrivateKey key;
  std::string issuer = "https://api.partner.example";
};

struct Tokens {
  std::string access;
  std::string refresh;
  Instant renew_at{};  // wall; a little before the access token expires
};

struct UploadFile {
  std::string name;
  std::string content_type;
  std::string bytes;
};

struct Funding {
  std::string amount;  // decimal string
  std::string currency;
  std::string wire_reference;
};

// A multipart/form-data body of fields and one file, and its content type.
struct MultipartBody {
  std::string content_type;
  std::string bytes;
};
MultipartBody multipart_body(const std::vector<std::pair<std::string, std::string>>& fields,
                             const UploadFile& file);

class PartnerApi {
 public:
  using Key = std::optional<std::string>;  // Idempotency-Key

  // Assertions name `base_url` as their audience unless `audience` says otherwise.
  PartnerApi(std::string base_url, Credentials credentials, const std::string& audience = "");

  Connection& connection() { return connection_; }
  const std::string& client_id() const { return credentials_.client_id; }

  // A fresh pair by assertion, or by the refresh token at hand. Both replace the pair that later calls use.
  Result<Tokens> request_tokens();
  Result<Tokens> refresh_tokens();
  void forget_tokens() { tokens_.reset(); }
  const std::optional<Tokens>& tokens() const { return tokens_; }

  // The same in steps, for callers that judge the answer themselves: the calls, and what a success among
  // them means.
  Request token_request() const;
  static Request refresh_request(const std::string& refresh_token);
  Result<Tokens> take_tokens(const Json& answer);

  // Sends with the bearer token; any answer is a reply. The door for calls that have no function here.
  Result<Reply> exchange(Request request);
  // The same, where everything but a success is an error.
  Result<Json> call(Request request);

  Result<Json> token_info();
  Result<Json> contracts();
  Result<Json> samples(const std::string& version);
  Result<Json> sample(const std::string& version, const std::string& name);

  Result<Json> submit_spv_request(const Json& submission, const Key& key);
  Result<Json> spv_requests(const Query& query = {});
  Result<Json> spv_request(const std::string& slug);
  Result<Json> cancel_spv_request(const std::string& slug);

  Result<Json> create_investors(const Json& rows, const Key& key = {});
  Result<Json> create_subscriptions(const std::string& spv_slug, const Json& rows, const Key& key = {});
  Result<Json> upload_form(const std::string& spv_slug, const std::string& person_id, const UploadFile& file);
  Result<Json> upload_funding(const std::string& spv_slug, const std::string& person_id,
                              const UploadFile& file, const Funding& funding);

 private:
  Result<Tokens> token_call(const Request& request);
  Result<Json> send(Request request, const Json& body, const Key& key);
  Result<Json> upload(Request request, const MultipartBody& body);

  Connection connection_;
  Credentials credentials_;
  std::string audience_;
  std::optional<Tokens> tokens_;
};

}  // namespace zest::client
