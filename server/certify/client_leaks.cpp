#include "certify/client_leaks.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/json.h"

namespace zest::certify {
namespace {

constexpr std::string_view kTokenBegins = "eyJ";  // {" in base64
constexpr std::string_view kPrivateKey = "-----BEGIN PRIVATE KEY-----";

bool is_of_a_token(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

// Signed, and about this partner: an application has tokens of its own, too.
bool is_token_of(std::string_view token, std::string_view client_id) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || second + 1 >= token.size()) return false;
  const Result<std::string> claims = base64url_decode(token.substr(first + 1, second - first - 1));
  if (!claims.ok()) return false;
  const Result<Json> read = parse_json(*claims);
  return read.ok() && text_member(*read, "sub") == client_id;
}

}  // namespace

std::string secret_in(std::string_view text, std::string_view client_id, std::string_view webhook_secret) {
  if (!webhook_secret.empty() && text.find(webhook_secret) != std::string_view::npos)
    return "the webhook secret";
  if (text.find(kPrivateKey) != std::string_view::npos) return "a private key";
  for (std::size_t at = text.find(kTokenBegins); at != std::string_view::npos;
       at = text.find(kTokenBegins, at)) {
    const auto end =
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_of_a_token);
    const std::string_view token = text.substr(at, static_cast<std::size_t>(end - text.begin()) - at);
    if (is_token_of(token, client_id)) return "a token or assertion of " + std::string(client_id);
    at += token.size();
  }
  return "";
}

}  // namespace zest::certify
