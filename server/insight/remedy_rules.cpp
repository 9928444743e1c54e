#include "insight/remedy_rules.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "model/rule_catalogue.h"

namespace zest::insight {
namespace {

// What mostly lies behind a fault of JSON, by the words of the reader; "" for none.
std::string usual_reason(const std::string& detail) {
  static constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
      {"expected a member name in quotes", "a comma before }, or names in single quotes or in none"},
      {"expected a value",
       "a comma before ], single quotes, or NaN, undefined or None in the place of a value"},
      {"invalid UTF-8", "text in Latin-1 or UTF-16"},
      {"unexpected end of input",
       "a text that was cut off, or a Content-Length that counts letters, not bytes"},
  };
  for (const auto& [words, reason] : kReasons) {
    if (detail.find(words) != std::string::npos) return " (mostly: " + std::string(reason) + ")";
  }
  return "";
}

constexpr std::size_t kLongestShownKey = 60;

class RuleSpeaker {
 public:
  RuleSpeaker(const CallFacts& facts, bool upload, Remedy& remedy)
      : facts_(facts), upload_(upload), remedy_(remedy) {}

  void run() {
    const std::string detail = text_member(facts_.row, "errorDetail");
    switch (facts_.rule) {
      case Rule::HttpContentType:
        say((upload_
                 ? "send the file as a part of a multipart/form-data body, not as the body itself or in JSON"
                 : "send the header Content-Type: application/json and a JSON body") +
            type_that_came(facts_));
        break;
      case Rule::HttpBody:
        say("correct the body: " + detail + usual_reason(detail));
        break;
      case Rule::UploadType:
        say("give the part `file` the Content-Type of its document: application/pdf, image/jpeg, image/png "
            "or "
            "image/webp" +
            part_type_that_came());
        break;
      case Rule::AuthBearer:
        say(std::string(row_of(facts_.rule).fix));
        say_authorization(detail);
        break;
      case Rule::IdempotencyKeyForm:
        say(std::string(row_of(facts_.rule).fix));
        say_key();
        break;
      case Rule::PreferHeader:
        say(std::string(row_of(facts_.rule).fix));
        say("the header was Prefer: " + sent_header(facts_.row, "Prefer"));
        break;
      case Rule::IdempotencyConflict:
        say_first_use();
        break;
      case Rule::ContractTemplateUnknown:
        mend_template();
        break;
      case Rule::ContractUnknown:
      case Rule::HttpPath:
      case Rule::HttpMethod:
      case Rule::HttpQuery:
      case Rule::SpvRequestUnknown:
      case Rule::SpvNotMaterialised:
      case Rule::InvestorUnknown:
      case Rule::SubscriptionUnknown:
      case Rule::SubscriptionOnePerInvestor:
      case Rule::FormBeforeFunding:
      case Rule::SubscriptionCompletedFinal:
      case Rule::SpvDecidedOnce:
      case Rule::AuthProvisioned:
        break;  // what follows says it
      default:
        if (member(facts_.row, "validationErrors") == nullptr) say(std::string(row_of(facts_.rule).fix));
    }
    if (facts_.rule == Rule::InjectedFault) say_fault();
    say_other_header(detail);
  }

 private:
  void say(std::string change) { remedy_.changes.push_back(std::move(change)); }

  // A refusal that names the header that was sent instead.
  void say_other_header(const std::string& detail) {
    constexpr std::string_view kMark = " is another header";
    const std::size_t end = detail.find(kMark);
    if (end == std::string::npos) return;
    const std::size_t start = detail.rfind(' ', end - 1);
    const std::string sent = detail.substr(start + 1, end - start - 1);
    const bool key = facts_.rule == Rule::IdempotencyKeyRequired;
    say("call the header " + std::string(key ? "Idempotency-Key" : "Authorization") + ", not " + sent);
  }

  // What the header held, without the token.
  void say_authorization(const std::string& detail) {
    const std::string sent = sent_header(facts_.row, "Authorization");
    if (sent.empty() || detail.find("holds no token") != std::string::npos) return;
    const std::size_t space = sent.find(' ');
    if (detail.find("scheme") == std::string::npos) return say("the header was sent as " + sent);
    say(space == std::string::npos
            ? "the header began with no scheme: write Bearer and a space before the token"
            : "write Bearer where the header had the scheme " + sent.substr(0, space));
  }

  void say_key() {
    const std::string sent = sent_header(facts_.row, "Idempotency-Key");
    const bool is_long = sent.size() > kLongestShownKey;
    say("the key was \"" + sent.substr(0, kLongestShownKey) + (is_long ? "…" : "") + "\"" +
        (is_long ? ", " + std::to_string(sent.size()) + " characters" : ""));
  }

  std::string part_type_that_came() const {
    const Json* file = member(facts_.row, "file");
    const std::string type = file == nullptr ? "" : text_member(*file, "contentType");
    return type.empty() ? "; it came without one" : "; it came as " + type;
  }

  void say_fault() {
    const std::string fault = text_member(facts_.row, "fault");
    if (fault.empty() || fault.find('=') != std::string::npos || fault.rfind("prefer", 0) == 0) return;
    say("the fault was put on by the chaos rule " + fault + ": `zest-sandbox chaos remove " + fault +
        "` takes it away");
    remedy_.enough = false;
  }

  void say_first_use() {
    if (!facts_.first_use.is_null()) {
      say("the key was used first at " + text_member(facts_.first_use, "wallTime") + " for " +
          text_member(facts_.first_use, "method") + " " + text_member(facts_.first_use, "path"));
    }
    say(std::string(row_of(facts_.rule).fix));
  }

  void mend_template() {
    const rules::Contracts& contracts = *facts_.contracts;
    if (!remedy_.body.is_object()) return;
    const std::string id = text_member(remedy_.body, "templateId");
    const std::string version = text_member(remedy_.body, "templateVersion");
    std::string right_version = version;
    if (contracts.list(version, rules::Contracts::Kind::Templates) == nullptr &&
        !contracts.versions().empty()) {
      right_version = contracts.versions().back();
      remedy_.body["templateVersion"] = right_version;
      say("set templateVersion to \"" + right_version + "\"");
    }
    std::vector<std::string> names;
    for (const Json& each : *contracts.list(right_version, rules::Contracts::Kind::Templates))
      names.push_back(text_member(each, "id"));
    if (std::find(names.begin(), names.end(), id) != names.end()) return;
    const std::optional<std::string> near = nearest(id, names);
    if (!near && names.empty()) return;
    remedy_.body["templateId"] = near.value_or(names.front());
    say("set templateId to \"" + near.value_or(names.front()) + "\"");
  }

  const CallFacts& facts_;
  const bool upload_;
  Remedy& remedy_;
};

}  // namespace

std::string type_that_came(const CallFacts& facts) {
  const std::string header = sent_header(facts.row, "Content-Type");
  const std::string sent = header.empty() ? text_member(facts.row, "contentType") : header;
  return sent.empty() ? "; it came without the header" : "; it came as " + sent;
}

void say_by_rule(const CallFacts& facts, bool upload, Remedy& remedy) {
  RuleSpeaker(facts, upload, remedy).run();
}

}  // namespace zest::insight
