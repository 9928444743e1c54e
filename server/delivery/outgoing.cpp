#include "delivery/outgoing.h"

#include <algorithm>

#include "base/crypto.h"
#include "delivery/signer.h"

namespace zest::delivery {
namespace {

constexpr std::string_view kSignature = "Zest-Signature";

// Another digit at the end, so that nothing but the comparison can tell.
std::string with_flipped_digit(std::string signature) {
  signature.back() = signature.back() == '0' ? '1' : '0';
  return signature;
}

// Still JSON, and plausible: who parses before verifying is taken in.
std::string with_another_member(const std::string& body) {
  return "{\"tampered\":true," + body.substr(std::min<std::size_t>(1, body.size()));
}

void tamper_with(Outgoing& message, const Event& event, std::string_view secret, Instant signed_at,
                 Tampering what) {
  std::string signature = zest_signature(secret, signed_at, event.body);
  switch (what) {
    case Tampering::Signature:
      signature = with_flipped_digit(std::move(signature));
      break;
    case Tampering::Body:
      message.body = with_another_member(event.body);
      break;
    case Tampering::Secret:
      signature = zest_signature(std::string(secret) + "0", signed_at, event.body);
      break;
    case Tampering::StaleTimestamp:
      signature = zest_signature(secret, signed_at - kTamperedTimestampOffset, event.body);
      break;
    case Tampering::FutureTimestamp:
      signature = zest_signature(secret, signed_at + kTamperedTimestampOffset, event.body);
      break;
    case Tampering::MissingHeader:
      message.headers = webhook_headers(event, "");
      message.headers.erase(std::remove_if(message.headers.begin(), message.headers.end(),
                                           [](const auto& header) { return header.first == kSignature; }),
                            message.headers.end());
      return;
  }
  message.headers = webhook_headers(event, signature);
}

}  // namespace

Outgoing outgoing(const Event& event, std::string_view secret, Instant signed_at,
                  std::optional<Tampering> tampering, bool extra_signature_version) {
  Outgoing message;
  message.body = event.body;
  if (tampering) {
    tamper_with(message, event, secret, signed_at, *tampering);
    return message;
  }
  std::string signature = zest_signature(secret, signed_at, event.body);
  if (extra_signature_version) {
    signature += ",v2=" + to_hex(sha256("v2." + signature));
  }
  message.headers = webhook_headers(event, signature);
  return message;
}

}  // namespace zest::delivery
