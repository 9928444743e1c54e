#include "client/webhook_signature.h"

#include <charconv>
#include <optional>
#include <vector>

#include "base/crypto.h"

namespace zest::client {
namespace {

constexpr std::int64_t kToleranceSeconds = 300;

struct Parsed {
  std::optional<std::int64_t> timestamp;
  std::string_view timestamp_text;
  std::vector<std::string_view> signatures;  // values of v1
  bool well_formed = true;
};

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

Parsed parse(std::string_view header) {
  Parsed parsed;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    const std::string_view item = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      parsed.well_formed = false;
      continue;
    }
    const std::string_view name = item.substr(0, equals);
    const std::string_view value = item.substr(equals + 1);
    if (name == "t") {
      parsed.timestamp_text = value;
      parsed.timestamp = parse_seconds(value);
    } else if (name == "v1") {
      parsed.signatures.push_back(value);
    }
  }
  return parsed;
}

std::string signature_hex(std::string_view secret, std::string_view timestamp, std::string_view body) {
  std::string message(timestamp);
  message += '.';
  message += body;
  return to_hex(hmac_sha256(secret, message));
}

Error refused(std::string why) { return make_error(ErrorKind::InvalidToken, std::move(why)); }

}  // namespace

Result<void> verify_webhook(std::string_view secret, const std::string* header, std::string_view body,
                            Instant now) {
  if (!header) return refused("the Zest-Signature header is missing");
  const Parsed parsed = parse(*header);
  if (!parsed.well_formed || !parsed.timestamp) {
    return refused("the Zest-Signature header is not of the form t=<unix seconds>,v1=<hex>");
  }
  if (parsed.signatures.empty()) return refused("the Zest-Signature header has no v1 signature");
  const std::string expected = signature_hex(secret, parsed.timestamp_text, body);
  bool matches = false;
  for (const std::string_view signature : parsed.signatures) {
    matches = constant_time_equal(signature, expected) || matches;
  }
  if (!matches) {
    return refused("the v1 signature does not match: another secret, or the body was changed on its way");
  }
  const std::int64_t age = to_ms(now) / 1000 - *parsed.timestamp;
  if (age > kToleranceSeconds) {
    return refused("the signature's t is " + std::to_string(age) + " s old, more than 300 s");
  }
  if (age < -kToleranceSeconds) {
    return refused("the signature's t lies " + std::to_string(-age) + " s ahead, more than 300 s");
  }
  return {};
}

std::string sign_webhook(std::string_view secret, std::string_view body, Instant at) {
  const std::string timestamp = std::to_string(to_ms(at) / 1000);
  return "t=" + timestamp + ",v1=" + signature_hex(secret, timestamp, body);
}

}  // namespace zest::client
