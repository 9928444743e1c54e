// What may have been signed instead: secrets, bodies, timestamps, texts and digests as mistakes make them.
// Thread-safety: free functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "insight/signature_mistakes.h"

namespace zest::insight {

// One input as one mistake makes it.
struct Variant {
  SignatureMistake mistake = SignatureMistake::Unknown;
  std::string detail;  // "with a newline at its end"
  std::string text;
};

std::vector<Variant> secret_variants(const std::string& secret);
// The same bytes wrapped, trimmed, decoded, in another charset.
std::vector<Variant> body_variants(const std::string& body);
// The JSON written again, or a part of it, or printed as languages print objects. At most `budget` bytes in
// all.
std::vector<Variant> document_variants(const std::string& body, std::size_t budget);
// `timestamp` as the header has it.
std::vector<Variant> timestamp_variants(const std::string& timestamp, const std::string& body);

// How the signed text is put together.
enum class Joining {
  Documented,  // <t>.<body>
  BodyOnly,
  DotBody,
  NoDot,
  Colon,
  Comma,
  NewLine,
  Space,
  Dash,
  Pipe,
  Ampersand,
  BodyFirst,
  BodyFirstNoDot,
  IdTimestampBody,
  TimestampIdBody,
  UrlBody,
  UrlDotBody,
  TimestampUrlBody,
  PathBody,
  TimestampPathBody,
  MethodPathTimestampBody,
  VersionDots,
  VersionColons,
  NamedTimestamp,
  WholeHeader,
  TimestampOnly,
  DotAtTheEnd,
};
struct JoiningVariant {
  Joining joining;
  SignatureMistake mistake;
  std::string_view detail;
};
const std::vector<JoiningVariant>& joining_variants();  // Documented is none
struct JoinedParts {
  std::string_view timestamp;
  std::string_view body;
  std::string_view event_id;
  std::string_view header;
  std::string_view url;  // of the endpoint; "" when it is not known
};
// Nothing where a part that it takes is not known.
std::optional<std::string> joined(Joining joining, const JoinedParts& parts);

// How the digest is made of secret and text.
enum class Making {
  Hmac,
  Swapped,
  HashSecretFirst,
  HashSecretLast,
  HashSecretDot,
  HashOnly,
  HmacOfHmac,
  HmacOfHmacHex,
  HashOfHmac,
  HashOfHmacHex,
  HmacOfHash,
  HmacOfHashHex,
  HmacOfUtf16,
  HmacOfUtf16Big,
  HmacOfJavaUtf16,
  HmacOfBase64,
  HmacOfHex,
};
struct MakingVariant {
  Making making;
  Digest digest;
  SignatureMistake mistake;
  std::string_view detail;
};
const std::vector<MakingVariant>& making_variants();  // HMAC-SHA256 is none
std::string made(Making making, Digest digest, std::string_view secret, std::string_view message);

// What a text that was written for a digest may stand for.
struct Reading {
  std::vector<Variant> mistakes;  // in how it was written
  std::string raw;                // the digest's bytes
};
std::vector<Reading> readings(const std::string& written);
// Ways of writing a digest that cannot be read back: by name, for comparing.
std::vector<Variant> lossy_forms(const std::string& digest);

}  // namespace zest::insight
