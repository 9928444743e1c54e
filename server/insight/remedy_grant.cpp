#include "insight/remedy_grant.h"

#include <cmath>

#include "base/json_path.h"
#include "base/nearest.h"
#include "insight/remedy_rules.h"
#include "model/rule_catalogue.h"

namespace zest::insight {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kUsualLife = 60;  // Zest docs: authentication
constexpr const char* kJwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

// "2 h and 3 s", "90 s": how far two clocks are apart.
std::string apart(std::int64_t seconds) {
  const std::int64_t hours = seconds / kHour;
  if (hours == 0) return std::to_string(seconds) + " s";
  return std::to_string(hours) + " h and " + std::to_string(seconds % kHour) + " s";
}

class Claims {
 public:
  explicit Claims(const CallFacts& facts)
      : claims_(reach(facts.row, "grant.assertion")), now_(to_ms(facts.wall) / 1000) {}

  std::string text(const char* name) const { return claims_ == nullptr ? "" : text_member(*claims_, name); }
  std::optional<std::int64_t> seconds(const char* name) const {
    const Json* value = claims_ == nullptr ? nullptr : member(*claims_, name);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    const double number = value->get<double>();
    if (!(std::fabs(number) < static_cast<double>(kLastSecond))) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  // "exp was 12 s before the sandbox's clock", with the usual reason where it is whole hours.
  std::string off(const char* name, const char* which) const {
    const std::optional<std::int64_t> at = seconds(name);
    if (!at) return "";
    const std::int64_t difference = std::abs(now_ - *at);
    const std::int64_t beyond = difference % kHour;
    const bool zone = difference > kHour / 2 && (beyond < 90 || beyond > kHour - 90);
    return std::string(name) + " was " + apart(difference) + " " + which + " this machine's clock" +
           (zone ? ", whole hours: local time was taken for UTC" : "");
  }
  std::int64_t now() const { return now_; }

 private:
  const Json* claims_;
  std::int64_t now_;
};

void add_claim_changes(const CallFacts& facts, std::vector<std::string>& changes) {
  const Claims claims(facts);
  const auto add = [&changes](std::string change) {
    if (!change.empty()) changes.push_back(std::move(change));
  };
  const auto life = [&] {
    const auto iat = claims.seconds("iat");
    const auto exp = claims.seconds("exp");
    return iat && exp ? *exp - *iat : kUsualLife;
  };
  switch (facts.rule) {
    case Rule::AuthAudience:
      add("set aud to " + quoted(facts.base_url) +
          (claims.text("aud").empty() ? "" : " instead of " + quoted(claims.text("aud"))));
      break;
    case Rule::AuthClock:
      add(claims.off("iat", "ahead of"));
      add("set iat to the present second, in UTC, when the assertion is signed");
      break;
    case Rule::AuthAssertionExpired:
      add(claims.off("exp", "behind"));
      break;
    case Rule::AuthLifetime:
      add("set exp to iat + 60: it was iat " + std::string(life() < 0 ? "- " : "+ ") +
          std::to_string(std::abs(life())));
      break;
    case Rule::AuthSubject:
      add("set sub and client_id to one and the same id: sub was " + quoted(claims.text("sub")) +
          ", client_id " + quoted(claims.text("client_id")));
      break;
    case Rule::AuthUnknownClient: {
      const std::string sent = claims.text("client_id");
      const std::optional<std::string> meant = nearest(sent, facts.holdings.partners);
      add("no partner is called " + quoted(sent) + (meant ? "; did you mean " + *meant + "?" : ""));
      break;
    }
    case Rule::AuthSignature:
      add("the key is not the one that is registered for " + quoted(claims.text("client_id")) +
          ": `zest-sandbox token --client-id " + claims.text("client_id") + " --key YOUR.pem` tries yours");
      break;
    case Rule::AuthAlgorithm:
      add("the header's alg was " + quoted(claims.text("alg")) + ": make it EdDSA, with the Ed25519 key");
      break;
    default:
      add(text_member(facts.row, "errorDetail"));
  }
}

void add_form_changes(const CallFacts& facts, std::vector<std::string>& changes) {
  const Json* body = member(facts.row, "body");
  const std::string grant = body == nullptr ? "" : text_member(*body, "grant_type");
  if (facts.rule == Rule::HttpContentType) {
    changes.push_back(
        "send a form (Content-Type: application/x-www-form-urlencoded): grant_type=…&assertion=…, no JSON" +
        type_that_came(facts));
    return;
  }
  if (!grant.empty() && grant != kJwtBearer && grant != "refresh_token") {
    changes.push_back("send grant_type=" + std::string(kJwtBearer) + " instead of " + quoted(grant) +
                      ", with a signed assertion and no client secret");
    return;
  }
  changes.push_back(text_member(facts.row, "errorDetail"));
  if (body != nullptr && body->is_object() && body->contains("client_assertion"))
    changes.emplace_back("call the field assertion, not client_assertion");
}

}  // namespace

std::vector<std::string> grant_changes(const CallFacts& facts) {
  std::vector<std::string> changes;
  if (facts.rule == Rule::AuthGrantForm || facts.rule == Rule::HttpContentType) {
    add_form_changes(facts, changes);
  } else {
    add_claim_changes(facts, changes);
  }
  const std::string fix(row_of(facts.rule).fix);
  if (!fix.empty() && facts.rule != Rule::AuthAudience && facts.rule != Rule::HttpContentType)
    changes.push_back(fix);
  return changes;
}

}  // namespace zest::insight
