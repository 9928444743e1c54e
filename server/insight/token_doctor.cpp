#include "insight/token_doctor.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/crypto.h"
#include "base/nearest.h"
#include "base/url.h"
#include "insight/signature_variants.h"
#include "insight/text_forms.h"
#include "insight/token_mistakes.h"
#include "rules/jwt.h"

namespace zest::insight {
namespace {

using T = TokenMistake;

constexpr double kMillisecondsFrom =
    100'000'000'000.0;                        // seconds of the year 5138: what is larger counts less
constexpr Duration kRecommendedLife{60'000};  // Zest docs: authentication

std::string whole_seconds(Duration duration) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(duration).count()) + " s";
}

std::string in_double_quotes(const std::string& text) {
  constexpr std::size_t kMost = 80;
  return "\"" + (text.size() > kMost ? text.substr(0, kMost) + "…" : text) + "\"";
}

// A sentence begins with a capital, but for the name of a claim.
Finding token_finding(T mistake, const std::string& detail) {
  Finding finding;
  finding.mistakes.push_back(make_mistake(mistake, detail));
  finding.sentence = finding.mistakes.front().sentence + ".";
  const std::string first_word = finding.sentence.substr(0, finding.sentence.find(' '));
  constexpr std::string_view kClaims[] = {"iat", "exp", "aud", "sub", "nbf"};
  if (std::find(std::begin(kClaims), std::end(kClaims), first_word) == std::end(kClaims)) {
    finding.sentence.front() =
        static_cast<char>(std::toupper(static_cast<unsigned char>(finding.sentence.front())));
  }
  return finding;
}

class TokenDoctor {
 public:
  explicit TokenDoctor(const TokenCase& given) : given_(given) {}

  TokenDiagnosis run() {
    diagnosis_.kind = "unknown";
    const std::string token = unwrap(given_.token);
    if (token.rfind("zrt_", 0) == 0) {
      diagnosis_.kind = "refresh token";
      add(T::RefreshToken);
      return std::move(diagnosis_);
    }
    if (!take_apart(token)) return std::move(diagnosis_);
    if (text_member(diagnosis_.claims, "use") == "access") {
      diagnosis_.kind = "access token";
      name_partner(text_member(diagnosis_.claims, "client_id"));
      return std::move(diagnosis_);
    }
    diagnosis_.kind = "assertion";
    look_at_header();
    look_at_claims();
    look_at_audience();
    look_at_times();
    look_at_key();
    return std::move(diagnosis_);
  }

 private:
  void add(T mistake, const std::string& detail = "") {
    diagnosis_.findings.push_back(token_finding(mistake, detail));
  }

  std::string unwrap(const std::string& given) {
    std::string token = trimmed(given);
    bool wrapped = token != given;
    for (const char* before : {"Authorization:", "Bearer ", "bearer ", "assertion="}) {
      if (token.rfind(before, 0) != 0) continue;
      token = trimmed(std::string_view(token).substr(std::string_view(before).size()));
      wrapped = true;
    }
    if (token.size() > 1 && (token.front() == '"' || token.front() == '\'') &&
        token.back() == token.front()) {
      token = token.substr(1, token.size() - 2);
      wrapped = true;
    }
    if (wrapped) add(T::Wrapped);
    return token;
  }

  // Whether header and claims could be read, if need be more patiently than Zest does.
  bool take_apart(const std::string& token) {
    std::vector<std::string> parts;
    for (std::size_t start = 0; start <= token.size();) {
      const std::size_t dot = std::min(token.find('.', start), token.size());
      parts.push_back(token.substr(start, dot - start));
      start = dot + 1;
    }
    if (token.size() > rules::kMaxJwt) {
      add(T::Parts, "it is longer than " + std::to_string(rules::kMaxJwt) + " characters");
      return false;
    }
    if (parts.size() != 3) {
      add(T::Parts,
          parts.size() == 5 ? "it has five: an encrypted JWE" : "it has " + std::to_string(parts.size()));
      if (parts.size() < 2) return false;
    }
    input_ = parts[0] + "." + parts[1];
    diagnosis_.header = read_object(parts[0], "the header");
    diagnosis_.claims = read_object(parts[1], "the payload");
    signature_ = parts.size() > 2 ? decode(parts[2], "the signature") : "";
    return diagnosis_.header.is_object() && diagnosis_.claims.is_object();
  }

  std::string decode(const std::string& part, const std::string& which) {
    const Result<std::string> strict = base64url_decode(part);
    if (strict.ok()) return *strict;
    add(T::Encoding, which);
    std::string plain = part;
    std::replace(plain.begin(), plain.end(), '+', '-');
    std::replace(plain.begin(), plain.end(), '/', '_');
    plain.erase(std::find(plain.begin(), plain.end(), '='), plain.end());
    const Result<std::string> patient = base64url_decode(plain);
    return patient.ok() ? *patient : part;
  }

  Json read_object(const std::string& part, const std::string& which) {
    Result<Json> json = parse_json(decode(part, which));
    if (json.ok() && json->is_object()) return std::move(json).value();
    add(T::Json, which);
    return nullptr;
  }

  void name_partner(const std::string& client_id) {
    for (const Partner& partner : given_.partners) {
      if (partner.client_id == client_id) diagnosis_.partner = &partner;
    }
  }

  void look_at_header() {
    const Json* algorithm = member(diagnosis_.header, "alg");
    if (algorithm == nullptr || *algorithm != Json("EdDSA")) {
      add(T::Algorithm, algorithm == nullptr ? "the header has no alg" : "alg is " + dump_json(*algorithm));
    }
    if (diagnosis_.header.contains("crit")) add(T::Critical);
  }

  // The claim as a text that is there; what is wrong with it is told.
  std::string text_claim(const char* name) {
    const Json* value = member(diagnosis_.claims, name);
    if (value == nullptr) {
      add(T::ClaimMissing, name);
    } else if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
      add(T::ClaimType, std::string(name) + " must be a text that is not empty");
    } else {
      return value->get<std::string>();
    }
    return "";
  }

  // "; it is signed with the key of client_b", for a partner that is not named.
  std::string signer_text() const {
    if (signature_.size() != 64) return "";
    for (const Partner& partner : given_.partners) {
      if (ed25519_verify(partner.public_key, input_, signature_)) {
        return "; it is signed with the key of " + partner.client_id;
      }
    }
    return "";
  }

  void look_at_claims() {
    text_claim("iss");
    const std::string subject = text_claim("sub");
    const std::string client_id = text_claim("client_id");
    if (!subject.empty() && !client_id.empty() && subject != client_id) {
      add(T::Subject, "sub is " + in_double_quotes(subject) + ", client_id " + in_double_quotes(client_id));
    }
    name_partner(client_id.empty() ? subject : client_id);
    if (!client_id.empty() && diagnosis_.partner == nullptr) {
      std::vector<std::string> known;
      for (const Partner& partner : given_.partners) known.push_back(partner.client_id);
      const std::optional<std::string> meant = nearest(client_id, known);
      add(T::UnknownClient,
          in_double_quotes(client_id) + signer_text() + (meant ? "; did you mean " + *meant + "?" : ""));
    }
    const Json* jti = member(diagnosis_.claims, "jti");
    if (jti != nullptr && !jti->is_string()) add(T::ClaimType, "jti must be a text");
  }

  void look_at_audience() {
    const Json* value = member(diagnosis_.claims, "aud");
    std::string audience;
    if (value != nullptr && value->is_array()) {
      if (value->size() != 1 || !value->front().is_string()) {
        return add(T::Audience, "it is a list of " + std::to_string(value->size()) + "; name exactly one");
      }
      audience = value->front().get<std::string>();
    } else {
      audience = text_claim("aud");
    }
    if (audience.empty()) return;
    const Result<void> checked = rules::check_audience(audience, given_.audiences);
    if (checked.ok()) return;
    std::string why = "it is " + in_double_quotes(audience);
    std::string bare = audience;
    while (!bare.empty() && bare.back() == '/') bare.pop_back();
    const auto accepted = [this](const std::string& text) {
      return rules::check_audience(text, given_.audiences).ok();
    };
    const std::size_t scheme = audience.find("://");
    const std::size_t path = scheme == std::string::npos ? scheme : audience.find('/', scheme + 3);
    if (accepted(bare)) {
      why += ": without the slash at its end it would do";
    } else if (path != std::string::npos && accepted(audience.substr(0, path))) {
      why += ": without the path it would do";
    } else if (accepted("http://" + audience)) {
      why += ": with http:// before it it would do";
    } else {
      why += "; " + checked.error().detail;
    }
    add(T::Audience, why);
  }

  std::optional<Instant> time_claim(const char* name, bool required) {
    const Json* value = member(diagnosis_.claims, name);
    if (value == nullptr) {
      if (required) add(T::ClaimMissing, name);
      return std::nullopt;
    }
    if (!value->is_number()) {
      add(T::ClaimType, std::string(name) + " must be a number of seconds since 1970");
      return std::nullopt;
    }
    const double seconds = value->get<double>();
    if (seconds >= kMillisecondsFrom) {
      add(T::Milliseconds, std::string(name) + " is " + dump_json(*value));
      return std::nullopt;
    }
    if (!(seconds >= 0)) {
      add(T::ClaimType, std::string(name) + " is " + dump_json(*value));
      return std::nullopt;
    }
    return instant_from_ms(static_cast<std::int64_t>(std::floor(seconds * 1000.0)));
  }

  void look_at_times() {
    const std::optional<Instant> issued_at = time_claim("iat", true);
    const std::optional<Instant> expires_at = time_claim("exp", true);
    const std::optional<Instant> not_before = time_claim("nbf", false);
    const Instant wall = given_.wall;
    if (issued_at && *issued_at > wall + rules::kClockSkew) {
      add(T::IssuedInFuture, "iat is " + whole_seconds(*issued_at - wall) + " ahead of the sandbox's clock");
    }
    if (issued_at && expires_at) {
      const Duration life = *expires_at - *issued_at;
      if (life <= Duration(0)) {
        add(T::Order);
      } else if (life > rules::kMaxAssertionLifetime) {
        add(T::Lifetime, whole_seconds(life));
      } else if (life > kRecommendedLife) {
        add(T::LongLifetime, whole_seconds(life));
      }
    }
    if (expires_at && *expires_at + rules::kClockSkew <= wall) {
      add(T::Expired, "exp was " + whole_seconds(wall - *expires_at) + " ago by the sandbox's clock");
    }
    if (not_before && *not_before > wall + rules::kClockSkew) {
      add(T::NotYet, "by " + whole_seconds(*not_before - wall));
    }
  }

  void look_at_key() {
    const Partner* partner = diagnosis_.partner;
    if (!given_.own_key.empty() && partner != nullptr && given_.own_key != partner->public_key) {
      add(T::KeyFile, "its thumbprint is " + key_thumbprint(given_.own_key) + ", the registered one's " +
                          key_thumbprint(partner->public_key));
    }
    if (signature_.size() != 64) return look_at_odd_signature();
    if (partner != nullptr && ed25519_verify(partner->public_key, input_, signature_)) return;
    if (partner == nullptr || signed_by_other(input_)) return;
    for (const auto& [text, detail] : other_inputs()) {
      if (ed25519_verify(partner->public_key, text, signature_)) return add(T::SignedInput, detail);
    }
    std::string detail = "none of the partners' keys made it; registered is the key with the thumbprint " +
                         key_thumbprint(partner->public_key);
    const std::string kid = text_member(diagnosis_.header, "kid");
    if (!kid.empty() && kid != key_thumbprint(partner->public_key))
      detail += ", the header's kid is " + in_double_quotes(kid);
    add(T::ForeignKey, detail);
  }

  bool signed_by_other(const std::string& input) {
    std::vector<std::pair<std::string, std::string>> keys;
    for (const Partner& other : given_.partners) {
      if (&other != diagnosis_.partner) keys.emplace_back(other.public_key, "that of " + other.client_id);
    }
    if (!given_.own_key.empty()) keys.emplace_back(given_.own_key, "that of the key file");
    if (const Json* jwk = member(diagnosis_.header, "jwk")) {
      const Result<std::string> key = parse_ed25519_public_key(dump_json(*jwk));
      if (key.ok()) keys.emplace_back(*key, "that of the header's jwk");
    }
    for (const auto& [key, whose] : keys) {
      if (!ed25519_verify(key, input, signature_)) continue;
      std::string detail = whose + ", thumbprint " + key_thumbprint(key);
      if (diagnosis_.partner != nullptr) {
        detail += "; registered for " + diagnosis_.partner->client_id + " is " +
                  key_thumbprint(diagnosis_.partner->public_key);
      }
      add(T::ForeignKey, detail);
      return true;
    }
    return false;
  }

  std::vector<std::pair<std::string, std::string>> other_inputs() const {
    const std::size_t dot = input_.find('.');
    const std::string payload = input_.substr(dot + 1);
    const std::string sum = sha256(input_);
    const std::string long_sum = hash(Digest::Sha512, input_);
    const Result<std::string> header_text = base64url_decode(input_.substr(0, dot));
    const Result<std::string> payload_text = base64url_decode(payload);
    const std::string decoded_header = header_text.ok() ? *header_text : "";
    const std::string decoded = payload_text.ok() ? *payload_text : "";
    return {{sum, "its SHA-256"},
            {to_hex(sum), "its SHA-256 in hex"},
            {long_sum, "its SHA-512"},
            {to_hex(long_sum), "its SHA-512 in hex"},
            {payload, "the payload's part alone"},
            {decoded, "the payload's JSON"},
            {decoded_header + "." + decoded, "header and payload before their encoding"},
            {decoded_header + decoded, "header and payload before their encoding, without a dot"},
            {input_ + ".", "with a dot at the end"},
            {input_ + "\n", "with a newline at the end"},
            {input_.substr(0, dot) + payload, "without the dot"}};
  }

  void look_at_odd_signature() {
    const std::size_t size = signature_.size();
    const Partner* partner = diagnosis_.partner;
    for (const Result<std::string>& inner :
         {from_hex(signature_), base64_decode(signature_), base64url_decode(signature_)}) {
      if (partner != nullptr && inner.ok() && inner->size() == 64 &&
          ed25519_verify(partner->public_key, input_, *inner)) {
        return add(T::SignatureForm, "it is the right signature as text: encode its bytes, once");
      }
    }
    std::string detail = "it has " + std::to_string(size) + " bytes";
    if (size == 0) detail = "it is empty";
    if (size == 32) detail += ", as HMAC-SHA256 makes them";
    if (size >= 68 && size <= 72) detail += ", as ECDSA makes them";
    if (size == 256 || size == 384 || size == 512) detail += ", as RSA makes them";
    add(T::SignatureForm, detail);
  }

  const TokenCase& given_;
  TokenDiagnosis diagnosis_;
  std::string input_;      // what is signed
  std::string signature_;  // raw bytes
};

}  // namespace

TokenDiagnosis diagnose_token(const TokenCase& given) { return TokenDoctor(given).run(); }

void add_refused_access(TokenDiagnosis& diagnosis, const std::string& detail) {
  diagnosis.findings.push_back(token_finding(T::AccessRefused, detail));
}

void add_spent_jti(TokenDiagnosis& diagnosis) {
  diagnosis.findings.push_back(token_finding(T::JtiSpent, ""));
}

std::string key_thumbprint(std::string_view public_key) {
  return base64url_encode(
      sha256(R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url_encode(public_key) + R"("})"));
}

}  // namespace zest::insight
