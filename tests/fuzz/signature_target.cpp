// A Zest-Signature field in the first line, the body in the rest: the receiver's own check and the sender's
// agree on every one. {t}, {v1} and {stale} stand for what a sender would write there.
#include <algorithm>
#include <string>

#include "base/crypto.h"
#include "client/webhook_signature.h"
#include "delivery/signer.h"
#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

constexpr std::int64_t kSignedAt = 1'780'000'000;  // seconds
constexpr std::string_view kSigningSecret = "whsec_0123456789abcdef";

std::string signed_hex(std::int64_t seconds, std::string_view body) {
  return to_hex(hmac_sha256(kSigningSecret, std::to_string(seconds) + "." + std::string(body)));
}

void fill_in(std::string& header, std::string_view mark, const std::string& value) {
  for (std::size_t at = header.find(mark); at != std::string::npos;
       at = header.find(mark, at + value.size())) {
    header.replace(at, mark.size(), value);
  }
}

}  // namespace

FUZZ_TARGET(signature, Bytes) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view body = input.substr(std::min(end + 1, input.size()));
  std::string header(input.substr(0, end));
  fill_in(header, "{t}", std::to_string(kSignedAt));
  fill_in(header, "{v1}", signed_hex(kSignedAt, body));
  fill_in(header, "{stale}", std::to_string(kSignedAt - 301) + ",v1=" + signed_hex(kSignedAt - 301, body));

  const Instant now = instant_from_ms(kSignedAt * 1000);
  const delivery::SignatureCheck check = delivery::check_signature(kSigningSecret, header, body, now);
  const Result<void> verified = client::verify_webhook(kSigningSecret, &header, body, now);
  FUZZ_CHECK(verified.ok() == (check == delivery::SignatureCheck::Valid));
  FUZZ_CHECK(verified.ok() || verified.error().kind == ErrorKind::InvalidToken);
  // Another body never passes.
  const std::string other = std::string(body) + "x";
  FUZZ_CHECK(!client::verify_webhook(kSigningSecret, &header, other, now).ok());
  FUZZ_CHECK(delivery::check_signature(kSigningSecret, header, other, now) !=
             delivery::SignatureCheck::Valid);
}

}  // namespace zest::fuzz
