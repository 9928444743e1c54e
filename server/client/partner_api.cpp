#include "client/partner_api.h"

#include "base/clock.h"
#include "base/id.h"
#include "client/assertion.h"

namespace zest::client {
namespace {

constexpr std::string_view kAssertionGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr Duration kRenewBefore{60'000};

Instant wall_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Request form_request(std::string form) {
  Request request = request_of(Operation::ExchangeTokens);
  request.body = std::move(form);
  request.content_type = "application/x-www-form-urlencoded";
  return request;
}

// A parameter of a header inside a part: quotes and line ends would end it.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') {
      out += "%22";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

MultipartBody multipart_body(const std::vector<std::pair<std::string, std::string>>& fields,
                             const UploadFile& file) {
  const std::string boundary = "zest-sandbox-" + make_uuid();
  MultipartBody body;
  body.content_type = "multipart/form-data; boundary=" + boundary;
  for (const auto& field : fields) {
    body.bytes += "--" + boundary + "\r\nContent-Disposition: form-data; name=" + quoted(field.first) +
                  "\r\n\r\n" + field.second + "\r\n";
  }
  body.bytes += "--" + boundary +
                "\r\nContent-Disposition: form-data; name=\"file\"; filename=" + quoted(file.name) + "\r\n";
  if (!file.content_type.empty()) body.bytes += "Content-Type: " + file.content_type + "\r\n";
  body.bytes += "\r\n" + file.bytes + "\r\n--" + boundary + "--\r\n";
  return body;
}

PartnerApi::PartnerApi(std::string base_url, Credentials credentials, const std::string& audience)
    : connection_(std::move(base_url)),
      credentials_(std::move(credentials)),
      audience_(audience.empty() ? connection_.base_url() : audience) {}

Result<Tokens> PartnerApi::token_call(const Request& request) {
  Result<Json> answer = connection_.call(request);
  if (!answer.ok()) return std::move(answer).error();
  return take_tokens(*answer);
}

Result<Tokens> PartnerApi::take_tokens(const Json& answer) {
  const std::string* access = string_member(answer, "accessToken");
  if (!access) return make_error(ErrorKind::InternalError, "the token answer has no accessToken");
  const std::string* refresh = string_member(answer, "refreshToken");
  const Json* expires_in = member(answer, "expiresIn");
  const std::int64_t seconds =
      expires_in && expires_in->is_number_integer() ? expires_in->get<std::int64_t>() : 3600;
  Tokens tokens;
  tokens.access = *access;
  if (refresh) tokens.refresh = *refresh;
  tokens.renew_at = wall_now() + std::chrono::seconds(seconds) - kRenewBefore;
  tokens_ = tokens;
  return tokens;
}

Request PartnerApi::token_request() const {
  AssertionClaims claims;
  claims.client_id = credentials_.client_id;
  claims.issuer = credentials_.issuer;
  claims.audience = audience_;
  claims.issued_at = wall_now();
  claims.jti = make_uuid();
  return form_request("grant_type=" + http::percent_encode(kAssertionGrant) +
                      "&assertion=" + sign_assertion(credentials_.key, claims));
}

Request PartnerApi::refresh_request(const std::string& refresh_token) {
  return form_request("grant_type=refresh_token&refresh_token=" + http::percent_encode(refresh_token));
}

Result<Tokens> PartnerApi::request_tokens() { return token_call(token_request()); }

Result<Tokens> PartnerApi::refresh_tokens() {
  if (!tokens_ || tokens_->refresh.empty()) {
    return make_error(ErrorKind::InvalidRequest, "there is no refresh token yet");
  }
  return token_call(refresh_request(tokens_->refresh));
}

Result<Reply> PartnerApi::exchange(Request request) {
  if (!tokens_ || wall_now() >= tokens_->renew_at) {
    Result<Tokens> tokens = request_tokens();
    if (!tokens.ok()) return std::move(tokens).error();
  }
  request.headers.emplace_back("Authorization", "Bearer " + tokens_->access);
  return connection_.exchange(request);
}

Result<Json> PartnerApi::call(Request request) {
  ASSIGN_OR_RETURN(Reply reply, success_of(exchange(std::move(request))));
  return std::move(reply.body);
}

Result<Json> PartnerApi::send(Request request, const Json& body, const Key& key) {
  request = with_body(std::move(request), body);
  if (key) request.headers.emplace_back("Idempotency-Key", *key);
  return call(std::move(request));
}

Result<Json> PartnerApi::upload(Request request, const MultipartBody& body) {
  request.body = body.bytes;
  request.content_type = body.content_type;
  return call(std::move(request));
}

Result<Json> PartnerApi::token_info() { return call(request_of(Operation::GetTokenInfo)); }

Result<Json> PartnerApi::contracts() { return connection_.call(request_of(Operation::ListContractVersions)); }

Result<Json> PartnerApi::samples(const std::string& version) {
  return connection_.call(request_of(Operation::ListSamples, {version}));
}

Result<Json> PartnerApi::sample(const std::string& version, const std::string& name) {
  return connection_.call(request_of(Operation::GetSample, {version, name}));
}

Result<Json> PartnerApi::submit_spv_request(const Json& submission, const Key& key) {
  return send(request_of(Operation::CreateSpvRequest), submission, key);
}

Result<Json> PartnerApi::spv_requests(const Query& query) {
  return call(request_of(Operation::ListSpvRequests, {}, query));
}

Result<Json> PartnerApi::spv_request(const std::string& slug) {
  return call(request_of(Operation::GetSpvRequest, {slug}));
}

Result<Json> PartnerApi::cancel_spv_request(const std::string& slug) {
  return call(request_of(Operation::CancelSpvRequest, {slug}));
}

Result<Json> PartnerApi::create_investors(const Json& rows, const Key& key) {
  return send(request_of(Operation::BulkCreateInvestors), Json{{"investors", rows}}, key);
}

Result<Json> PartnerApi::create_subscriptions(const std::string& spv_slug, const Json& rows, const Key& key) {
  return send(request_of(Operation::CreateSubscriptions, {spv_slug}), Json{{"subscriptions", rows}}, key);
}

Result<Json> PartnerApi::upload_form(const std::string& spv_slug, const std::string& person_id,
                                     const UploadFile& file) {
  return upload(request_of(Operation::UploadSubscriptionForm, {spv_slug, person_id}),
                multipart_body({}, file));
}

Result<Json> PartnerApi::upload_funding(const std::string& spv_slug, const std::string& person_id,
                                        const UploadFile& file, const Funding& funding) {
  return upload(request_of(Operation::UploadFundingReceipt, {spv_slug, person_id}),
                multipart_body({{"amount", funding.amount},
                                {"currency", funding.currency},
                                {"wireReference", funding.wire_reference}},
                               file));
}

}  // namespace zest::client
