#include "rules/jwt.h"

#include "base/crypto.h"

namespace zest::rules {
namespace {

Error malformed(std::string_view subject) {
  return refusal(Rule::AuthTokenForm, ErrorKind::InvalidToken,
                 "the token is malformed: " + std::string(subject));
}

Result<Json> decode_object(std::string_view part, std::string_view name) {
  const Result<std::string> text = base64url_decode(part);
  if (!text.ok()) return malformed("its " + std::string(name) + " is not base64url");
  Result<Json> json = parse_json(*text);
  if (!json.ok() || !json->is_object())
    return malformed("its " + std::string(name) + " is not a JSON object");
  return json;
}

}  // namespace

Result<Jwt> parse_jwt(std::string_view text) {
  if (text.size() > kMaxJwt) return malformed("it is longer than " + std::to_string(kMaxJwt) + " characters");
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return malformed("a JWT has three parts, separated by dots");
  }
  Jwt jwt;
  ASSIGN_OR_RETURN(jwt.header, decode_object(text.substr(0, first), "header"));
  ASSIGN_OR_RETURN(jwt.payload, decode_object(text.substr(first + 1, second - first - 1), "payload"));
  Result<std::string> signature = base64url_decode(text.substr(second + 1));
  if (!signature.ok()) return malformed("its signature is not base64url");
  jwt.signature = std::move(*signature);
  jwt.signing_input = std::string(text.substr(0, second));
  return jwt;
}

std::string jwt_signing_input(const Json& header, const Json& payload) {
  return base64url_encode(dump_json(header)) + "." + base64url_encode(dump_json(payload));
}

}  // namespace zest::rules
