// How texts are put together, digests made and written; declared in signature_variants.h.
#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/utf8.h"
#include "insight/signature_variants.h"
#include "insight/text_forms.h"

namespace zest::insight {

const std::vector<JoiningVariant>& joining_variants() {
  static const std::vector<JoiningVariant> kVariants = {
      {Joining::BodyOnly, SignatureMistake::TimestampLeftOut, "the body alone"},
      {Joining::NoDot, SignatureMistake::DotMissing, "nothing between t and the body"},
      {Joining::DotBody, SignatureMistake::TimestampLeftOut, "a dot and the body"},
      {Joining::Colon, SignatureMistake::DotMissing, "a colon in its place"},
      {Joining::Comma, SignatureMistake::DotMissing, "a comma in its place"},
      {Joining::NewLine, SignatureMistake::DotMissing, "a newline in its place"},
      {Joining::Space, SignatureMistake::DotMissing, "a space in its place"},
      {Joining::Dash, SignatureMistake::DotMissing, "a dash in its place"},
      {Joining::Pipe, SignatureMistake::DotMissing, "a | in its place"},
      {Joining::Ampersand, SignatureMistake::DotMissing, "a & in its place"},
      {Joining::BodyFirst, SignatureMistake::MessageParts, "<body>.<t>"},
      {Joining::BodyFirstNoDot, SignatureMistake::MessageParts, "<body><t>"},
      {Joining::IdTimestampBody, SignatureMistake::MessageParts, "<event id>.<t>.<body>, as Svix signs"},
      {Joining::TimestampIdBody, SignatureMistake::MessageParts, "<t>.<event id>.<body>"},
      {Joining::UrlBody, SignatureMistake::MessageParts, "<URL><body>, as Twilio and Square sign"},
      {Joining::UrlDotBody, SignatureMistake::MessageParts, "<URL>.<body>"},
      {Joining::TimestampUrlBody, SignatureMistake::MessageParts, "<t>.<URL>.<body>"},
      {Joining::PathBody, SignatureMistake::MessageParts, "<path><body>"},
      {Joining::TimestampPathBody, SignatureMistake::MessageParts, "<t>.<path>.<body>"},
      {Joining::MethodPathTimestampBody, SignatureMistake::MessageParts,
       "<t>POST<path><body>, as exchanges sign"},
      {Joining::VersionDots, SignatureMistake::MessageParts, "v1.<t>.<body>"},
      {Joining::VersionColons, SignatureMistake::MessageParts, "v1:<t>:<body>, as Slack signs with v0"},
      {Joining::NamedTimestamp, SignatureMistake::MessageParts, "t=<t>.<body>"},
      {Joining::WholeHeader, SignatureMistake::MessageParts, "<the whole header>.<body>"},
      {Joining::TimestampOnly, SignatureMistake::MessageParts, "t alone"},
      {Joining::DotAtTheEnd, SignatureMistake::MessageParts, "<t>.<body>."},
  };
  return kVariants;
}

namespace {

// "/webhooks?x=1" of "https://host/webhooks?x=1".
std::string_view path_of(std::string_view url) {
  const std::size_t host = url.find("://");
  const std::size_t slash = host == std::string_view::npos ? url.find('/') : url.find('/', host + 3);
  return slash == std::string_view::npos ? "/" : url.substr(slash);
}

}  // namespace

std::optional<std::string> joined(Joining joining, const JoinedParts& parts) {
  const auto& [timestamp, body, event_id, header, url] = parts;
  std::string text;
  const auto put = [&text](std::initializer_list<std::string_view> pieces) {
    for (const std::string_view piece : pieces) text += piece;
    return std::move(text);
  };
  // Pieces that take the address of the endpoint, or a part of it.
  const std::string_view path = path_of(url);
  const auto put_known = [&](std::initializer_list<std::string_view> pieces) -> std::optional<std::string> {
    if (parts.url.empty()) return std::nullopt;
    return put(pieces);
  };
  text.reserve(timestamp.size() + body.size() + header.size() + event_id.size() + 8);
  switch (joining) {
    case Joining::Documented:
      return put({timestamp, ".", body});
    case Joining::BodyOnly:
      return put({body});
    case Joining::DotBody:
      return put({".", body});
    case Joining::NoDot:
      return put({timestamp, body});
    case Joining::Colon:
      return put({timestamp, ":", body});
    case Joining::Comma:
      return put({timestamp, ",", body});
    case Joining::NewLine:
      return put({timestamp, "\n", body});
    case Joining::Space:
      return put({timestamp, " ", body});
    case Joining::Dash:
      return put({timestamp, "-", body});
    case Joining::Pipe:
      return put({timestamp, "|", body});
    case Joining::Ampersand:
      return put({timestamp, "&", body});
    case Joining::BodyFirst:
      return put({body, ".", timestamp});
    case Joining::BodyFirstNoDot:
      return put({body, timestamp});
    case Joining::IdTimestampBody:
      return put({event_id, ".", timestamp, ".", body});
    case Joining::TimestampIdBody:
      return put({timestamp, ".", event_id, ".", body});
    case Joining::UrlBody:
      return put_known({url, body});
    case Joining::UrlDotBody:
      return put_known({url, ".", body});
    case Joining::TimestampUrlBody:
      return put_known({timestamp, ".", url, ".", body});
    case Joining::PathBody:
      return put_known({path, body});
    case Joining::TimestampPathBody:
      return put_known({timestamp, ".", path, ".", body});
    case Joining::MethodPathTimestampBody:
      return put_known({timestamp, "POST", path, body});
    case Joining::VersionDots:
      return put({"v1.", timestamp, ".", body});
    case Joining::VersionColons:
      return put({"v1:", timestamp, ":", body});
    case Joining::NamedTimestamp:
      return put({"t=", timestamp, ".", body});
    case Joining::WholeHeader:
      return put({header, ".", body});
    case Joining::TimestampOnly:
      return put({timestamp});
    case Joining::DotAtTheEnd:
      return put({timestamp, ".", body, "."});
  }
  return text;
}

const std::vector<MakingVariant>& making_variants() {
  static const std::vector<MakingVariant> kVariants = {
      {Making::Hmac, Digest::Sha1, SignatureMistake::Algorithm, "HMAC-SHA1"},
      {Making::Hmac, Digest::Sha512, SignatureMistake::Algorithm, "HMAC-SHA512"},
      {Making::Hmac, Digest::Sha384, SignatureMistake::Algorithm, "HMAC-SHA384"},
      {Making::Hmac, Digest::Sha224, SignatureMistake::Algorithm, "HMAC-SHA224"},
      {Making::Hmac, Digest::Md5, SignatureMistake::Algorithm, "HMAC-MD5"},
      {Making::Hmac, Digest::Sha3_256, SignatureMistake::Algorithm, "HMAC-SHA3-256"},
      {Making::Swapped, Digest::Sha256, SignatureMistake::KeyAndMessageSwapped, ""},
      {Making::HashSecretFirst, Digest::Sha256, SignatureMistake::HashWithoutHmac,
       "SHA-256 of secret and message"},
      {Making::HashSecretLast, Digest::Sha256, SignatureMistake::HashWithoutHmac,
       "SHA-256 of message and secret"},
      {Making::HashSecretDot, Digest::Sha256, SignatureMistake::HashWithoutHmac,
       "SHA-256 of secret, a dot and message"},
      {Making::HashOnly, Digest::Sha256, SignatureMistake::HashWithoutHmac,
       "SHA-256 of the message, without the secret"},
      {Making::HashSecretFirst, Digest::Sha1, SignatureMistake::HashWithoutHmac,
       "SHA-1 of secret and message"},
      {Making::HashSecretFirst, Digest::Md5, SignatureMistake::HashWithoutHmac, "MD5 of secret and message"},
      {Making::HashSecretLast, Digest::Md5, SignatureMistake::HashWithoutHmac, "MD5 of message and secret"},
      {Making::HmacOfHmac, Digest::Sha256, SignatureMistake::HashedTwice, "the HMAC of the HMAC"},
      {Making::HmacOfHmacHex, Digest::Sha256, SignatureMistake::HashedTwice,
       "the HMAC of the HMAC's hex digits"},
      {Making::HashOfHmac, Digest::Sha256, SignatureMistake::HashedTwice, "SHA-256 of the HMAC"},
      {Making::HashOfHmacHex, Digest::Sha256, SignatureMistake::HashedTwice,
       "SHA-256 of the HMAC's hex digits"},
      {Making::HmacOfHash, Digest::Sha256, SignatureMistake::HashedTwice,
       "the HMAC of the message's SHA-256"},
      {Making::HmacOfHashHex, Digest::Sha256, SignatureMistake::HashedTwice,
       "the HMAC of the hex digits of the message's SHA-256"},
      {Making::HmacOfUtf16, Digest::Sha256, SignatureMistake::MessageCharset,
       "as UTF-16, t and dot included"},
      {Making::HmacOfUtf16Big, Digest::Sha256, SignatureMistake::MessageCharset,
       "as big-endian UTF-16, t and dot included"},
      {Making::HmacOfJavaUtf16, Digest::Sha256, SignatureMistake::MessageCharset,
       "as Java's UTF-16, with a byte order mark, t and dot included"},
      {Making::HmacOfBase64, Digest::Sha256, SignatureMistake::BodyBase64,
       "encoded in base64, t and dot included"},
      {Making::HmacOfHex, Digest::Sha256, SignatureMistake::BodyEscaped,
       "encoded in hex, t and dot included"},
  };
  return kVariants;
}

namespace {
constexpr const char* kJavaUtf16Mark = "\xFE\xFF";  // before big-endian text
}

std::string made(Making making, Digest digest, std::string_view secret, std::string_view message) {
  switch (making) {
    case Making::Hmac:
      return hmac(digest, secret, message);
    case Making::Swapped:
      return hmac(digest, message, secret);
    case Making::HashSecretFirst:
      return hash(digest, std::string(secret).append(message));
    case Making::HashSecretLast:
      return hash(digest, std::string(message).append(secret));
    case Making::HashSecretDot:
      return hash(digest, std::string(secret).append(".").append(message));
    case Making::HashOnly:
      return hash(digest, message);
    case Making::HmacOfHmac:
      return hmac(digest, secret, hmac(digest, secret, message));
    case Making::HmacOfHmacHex:
      return hmac(digest, secret, to_hex(hmac(digest, secret, message)));
    case Making::HashOfHmac:
      return hash(digest, hmac(digest, secret, message));
    case Making::HashOfHmacHex:
      return hash(digest, to_hex(hmac(digest, secret, message)));
    case Making::HmacOfHash:
      return hmac(digest, secret, hash(digest, message));
    case Making::HmacOfHashHex:
      return hmac(digest, secret, to_hex(hash(digest, message)));
    case Making::HmacOfUtf16:
    case Making::HmacOfUtf16Big: {
      const auto points = code_points(message);
      return points ? hmac(digest, secret, utf16(*points, making == Making::HmacOfUtf16)) : "";
    }
    case Making::HmacOfJavaUtf16: {
      const auto points = code_points(message);
      return points ? hmac(digest, secret, kJavaUtf16Mark + utf16(*points, false)) : "";
    }
    case Making::HmacOfBase64:
      return hmac(digest, secret, base64_encode(message));
    case Making::HmacOfHex:
      return hmac(digest, secret, to_hex(message));
  }
  return "";
}

namespace {

using Notes = std::vector<Variant>;

void add_note(Notes& notes, SignatureMistake mistake, std::string detail) {
  notes.push_back({mistake, std::move(detail), ""});
}

// What stands around the digest, taken away.
std::string unwrapped(std::string text, Notes& notes) {
  const std::string bare = trimmed(text);
  if (bare != text) add_note(notes, SignatureMistake::DigestForm, "with white space around it");
  text = bare;
  for (const auto& [open, close] : {std::pair{"b'", "'"}, std::pair{"\"", "\""}, std::pair{"'", "'"}}) {
    const std::string_view end(close);
    if (!starts_with(text, open) || text.size() < end.size() + std::string_view(open).size()) continue;
    if (text.substr(text.size() - end.size()) != end) continue;
    text =
        text.substr(std::string_view(open).size(), text.size() - end.size() - std::string_view(open).size());
    add_note(notes, SignatureMistake::DigestForm, "with quotes around it");
  }
  if (starts_with(text, "t=") && text.find("v1=") != std::string::npos) {
    text = text.substr(text.find("v1=") + 3);
    add_note(notes, SignatureMistake::DigestPrefix, "the whole header");
  }
  // openssl and the tools of shells: "HMAC-SHA2-256(stdin)= 5f…".
  if (const std::size_t equals = text.rfind(")= "); equals != std::string::npos) {
    text = text.substr(equals + 3);
    add_note(notes, SignatureMistake::DigestPrefix, "the name that openssl prints before it");
  }
  for (const char* prefix :
       {"v1=", "v0=", "v2=", "v1,", "sha256=", "sha1=", "sha512=", "hmac-sha256=", "0x", "0X"}) {
    if (!starts_with(text, prefix)) continue;
    text = text.substr(std::string_view(prefix).size());
    add_note(notes, SignatureMistake::DigestPrefix, prefix);
    break;
  }
  return text;
}

constexpr bool is_digest_length(std::size_t bytes) {
  return bytes == 16 || bytes == 20 || bytes == 28 || bytes == 32 || bytes == 48 || bytes == 64;
}

void read_hex(const std::string& text, const Notes& notes, std::vector<Reading>& found) {
  const std::string digits = without_all(text, "-: ");
  if (!is_hex(digits) || digits.size() % 2 != 0) return;
  Reading reading{notes, from_hex(lower(digits)).ok() ? *from_hex(lower(digits)) : ""};
  if (digits != text)
    add_note(reading.mistakes, SignatureMistake::DigestForm, "with marks between the bytes");
  if (lower(digits) != digits) add_note(reading.mistakes, SignatureMistake::DigestUpperCase, "");
  // Hex or base64 that was written in hex once more.
  Reading twice = reading;
  if (is_hex(reading.raw) && reading.raw.size() % 2 == 0) {
    twice.raw = *from_hex(lower(reading.raw));
    add_note(twice.mistakes, SignatureMistake::DigestForm, "in hex twice");
    found.push_back(std::move(twice));
  }
  found.push_back(std::move(reading));
}

void read_base64(const std::string& text, const Notes& notes, std::vector<Reading>& found) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\n";
  if (text.empty() || text.find_first_not_of(kDigits) != std::string::npos) return;
  Reading reading{notes, loose_base64(text, true)};
  const bool url_safe = text.find_first_of("-_") != std::string::npos;
  add_note(reading.mistakes, SignatureMistake::DigestBase64,
           url_safe             ? "base64url"
           : text.back() == '=' ? ""
                                : "without padding");
  if (is_hex(reading.raw) && reading.raw.size() % 2 == 0) {
    Reading of_hex{notes, *from_hex(lower(reading.raw))};
    add_note(of_hex.mistakes, SignatureMistake::DigestBase64, "of the hex digits");
    if (lower(reading.raw) != reading.raw) add_note(of_hex.mistakes, SignatureMistake::DigestUpperCase, "");
    found.push_back(std::move(of_hex));
  }
  if (is_digest_length(reading.raw.size())) found.push_back(std::move(reading));
}

}  // namespace

std::vector<Reading> readings(const std::string& written) {
  std::vector<Reading> found;
  Notes notes;
  const std::string text = unwrapped(written, notes);
  read_hex(text, notes, found);
  read_base64(text, notes, found);
  return found;
}

namespace {

// As decoders of UTF-8 read bytes that are none: each run that could not go on becomes one U+FFFD.
std::string decoded_as_utf8(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    if (const std::size_t length = utf8_sequence_length(bytes, at); length > 0) {
      text += bytes.substr(at, length);
      at += length;
      continue;
    }
    text += "\xEF\xBF\xBD";
    const auto lead = static_cast<unsigned char>(bytes[at++]);
    const int more = lead >= 0xF0 && lead <= 0xF4  ? 2
                     : lead >= 0xE0 && lead < 0xF0 ? 1
                                                   : 0;  // before the last one
    for (int i = 0; i < more && at < bytes.size(); ++i, ++at) {
      const auto next = static_cast<unsigned char>(bytes[at]);
      const unsigned least = i > 0 ? 0x80U : lead == 0xE0 ? 0xA0U : lead == 0xF0 ? 0x90U : 0x80U;
      const unsigned most = i > 0 ? 0xBFU : lead == 0xED ? 0x9FU : lead == 0xF4 ? 0x8FU : 0xBFU;
      if (next < least || next > most) break;
    }
  }
  return text;
}

std::string as_list(std::string_view digest, const char* open, const char* comma, const char* close,
                    bool is_signed) {
  std::string text;
  for (const char c : digest) {
    const int value = is_signed ? static_cast<int>(static_cast<signed char>(c))
                                : static_cast<int>(static_cast<unsigned char>(c));
    text += (text.empty() ? "" : comma) + std::to_string(value);
  }
  return open + text + close;
}

}  // namespace

std::vector<Variant> lossy_forms(const std::string& digest) {
  std::vector<Variant> forms;
  const auto add = [&forms](const char* detail, std::string text) {
    forms.push_back({SignatureMistake::DigestForm, detail, std::move(text)});
  };
  add("its bytes in reverse", to_hex(std::string(digest.rbegin(), digest.rend())));
  add("as a list of numbers", as_list(digest, "", ",", "", false));
  add("as a list of numbers, as Python prints it", as_list(digest, "[", ", ", "]", false));
  add("as a list of signed numbers, as Java prints it", as_list(digest, "[", ", ", "]", true));
  add("as a list of numbers, as Go prints it", as_list(digest, "[", " ", "]", false));
  add("as bytes that were taken for UTF-8 text", decoded_as_utf8(digest));
  const std::string hex = to_hex(digest);
  std::string unpadded;
  std::string swapped;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    if (hex[i] != '0') unpadded += hex[i];
    unpadded += hex[i + 1];
    swapped.append({hex[i + 1], hex[i]});
  }
  forms.push_back({SignatureMistake::DigestForm, "without the zero of bytes below 16", unpadded});
  forms.push_back({SignatureMistake::DigestForm, "with the digits of each byte swapped", swapped});
  const std::size_t first = hex.find_first_not_of('0');
  forms.push_back({SignatureMistake::DigestForm, "as one big number, without the zeros at its start",
                   first == std::string::npos ? "0" : hex.substr(first)});
  if (!digest.empty() && static_cast<unsigned char>(digest.front()) >= 0x80) {
    // Two's complement, as java.math.BigInteger takes bytes.
    std::string negative;
    unsigned carry = 1;
    for (std::size_t i = digest.size(); i-- > 0;) {
      const unsigned byte = (~static_cast<unsigned>(static_cast<unsigned char>(digest[i])) & 0xFFU) + carry;
      carry = byte >> 8U;
      negative.insert(negative.begin(), static_cast<char>(byte & 0xFFU));
    }
    const std::string digits = to_hex(negative);
    forms.push_back({SignatureMistake::DigestForm, "as a negative number",
                     "-" + digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1))});
  }
  forms.push_back(
      {SignatureMistake::DigestForm, "as bytes that were taken for Latin-1 text", encoded_twice(digest)});
  return forms;
}

}  // namespace zest::insight
