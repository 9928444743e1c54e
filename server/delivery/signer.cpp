#include "delivery/signer.h"

#include <charconv>
#include <optional>

#include "base/crypto.h"

namespace zest::delivery {
namespace {

std::int64_t unix_seconds(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

std::string signature_hex(std::string_view secret, std::string_view timestamp, std::string_view body) {
  std::string message(timestamp);
  message.append(".").append(body);
  return to_hex(hmac_sha256(secret, message));
}

}  // namespace

std::string zest_signature(std::string_view secret, Instant signed_at, std::string_view body) {
  const std::string timestamp = std::to_string(unix_seconds(signed_at));
  return "t=" + timestamp + ",v1=" + signature_hex(secret, timestamp, body);
}

std::vector<std::pair<std::string, std::string>> webhook_headers(const Event& event,
                                                                 std::string_view signature) {
  return {{"Content-Type", "application/json"},
          {"Zest-Signature", std::string(signature)},
          {"Zest-Event-Id", event.id},
          {"Zest-Event-Type", event.type},
          {"User-Agent", "ZestWebhooks/1.0"}};
}

std::string_view to_string(SignatureCheck check) {
  switch (check) {
    case SignatureCheck::Valid:
      return "valid";
    case SignatureCheck::MissingHeader:
      return "the Zest-Signature header is missing";
    case SignatureCheck::Malformed:
      return "the Zest-Signature header is malformed";
    case SignatureCheck::NoKnownVersion:
      return "the Zest-Signature header has no v1 signature";
    case SignatureCheck::Mismatch:
      return "the signature does not match the body and the secret";
    case SignatureCheck::Stale:
      return "the signature's timestamp is more than 300 s old";
    case SignatureCheck::Future:
      return "the signature's timestamp is more than 300 s in the future";
  }
  return "";
}

SignatureCheck check_signature(std::string_view secret, std::string_view header, std::string_view body,
                               Instant now) {
  if (header.empty()) return SignatureCheck::MissingHeader;
  std::optional<std::string_view> timestamp;
  std::vector<std::string_view> candidates;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    const std::string_view item = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return SignatureCheck::Malformed;
    const std::string_view name = item.substr(0, equals);
    if (name == "t") timestamp = item.substr(equals + 1);
    if (name == "v1") candidates.push_back(item.substr(equals + 1));
  }
  std::int64_t seconds = 0;
  if (!timestamp || timestamp->empty()) return SignatureCheck::Malformed;
  const auto parsed = std::from_chars(timestamp->data(), timestamp->data() + timestamp->size(), seconds);
  if (parsed.ec != std::errc{} || parsed.ptr != timestamp->data() + timestamp->size())
    return SignatureCheck::Malformed;
  if (candidates.empty()) return SignatureCheck::NoKnownVersion;
  const std::string expected = signature_hex(secret, *timestamp, body);
  bool matches = false;
  for (const std::string_view candidate : candidates)
    matches = constant_time_equal(candidate, expected) || matches;
  if (!matches) return SignatureCheck::Mismatch;
  // Compared rather than subtracted: t may be any number.
  const std::int64_t tolerance =
      std::chrono::duration_cast<std::chrono::seconds>(kSignatureTolerance).count();
  if (seconds < unix_seconds(now) - tolerance) return SignatureCheck::Stale;
  if (seconds > unix_seconds(now) + tolerance) return SignatureCheck::Future;
  return SignatureCheck::Valid;
}

}  // namespace zest::delivery
