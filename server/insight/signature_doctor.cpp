#include "insight/signature_doctor.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>

#include "insight/signature_search.h"
#include "insight/text_forms.h"

namespace zest::insight {
namespace {

using M = SignatureMistake;
using Explanations = std::vector<std::vector<Variant>>;

constexpr std::int64_t kToleranceSeconds = 300;  // Zest docs: webhooks/signatures
constexpr std::size_t kMostShown = 12;           // bytes of a body around a difference

// The header as a patient reader takes it.
struct Header {
  std::optional<std::string> timestamp;
  std::vector<std::pair<std::string, std::string>> versions;  // name, value
  std::vector<std::string> problems;

  std::optional<std::int64_t> seconds() const {
    std::int64_t value = 0;
    if (!timestamp) return std::nullopt;
    const auto [end, problem] =
        std::from_chars(timestamp->data(), timestamp->data() + timestamp->size(), value);
    if (problem != std::errc() || end != timestamp->data() + timestamp->size() || timestamp->empty())
      return std::nullopt;
    return value;
  }
  std::vector<std::string> values_of(std::string_view version) const {
    std::vector<std::string> values;
    for (const auto& [name, value] : versions) {
      if (name == version) values.push_back(value);
    }
    return values;
  }
};

Header read_header(std::string text) {
  Header header;
  const std::string bare = trimmed(text);
  if (bare != text) header.problems.emplace_back("white space stands around it");
  text = bare;
  if (text.size() > 1 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    header.problems.emplace_back("quotes stand around it");
    text = text.substr(1, text.size() - 2);
  }
  if (const std::size_t colon = text.find(':'); colon != std::string::npos && colon < text.find('=')) {
    header.problems.emplace_back("the header's name stands in its value");
    text = trimmed(std::string_view(text).substr(colon + 1));
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = rest.find_first_of(",;&");
    const std::string_view item = rest.substr(0, comma);
    if (comma != std::string_view::npos && rest[comma] != ',')
      header.problems.emplace_back("its items are not parted by commas");
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      header.problems.emplace_back("an item of it has no =");
      continue;
    }
    const std::string name = trimmed(item.substr(0, equals));
    const std::string value = trimmed(item.substr(equals + 1));
    if (name.size() + value.size() + 1 != item.size())
      header.problems.emplace_back("spaces stand around its items");
    if (name == "t") {
      header.timestamp = value;
    } else {
      header.versions.emplace_back(name, value);
    }
  }
  return header;
}

std::string seconds_text(std::int64_t seconds) { return std::to_string(seconds) + " s"; }

// Printable, and never more of a body than a few bytes.
std::string glimpse(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "its end";
  std::string shown;
  for (const char c : text.substr(at, kMostShown)) shown += c >= ' ' && c <= '~' ? c : '?';
  return "\"" + shown + "\"";
}

// What languages print for an array of bytes, of which the digest cannot be told; "" for anything else.
std::string printed_array(const std::string& computed) {
  static constexpr std::string_view kWords[] = {"System.Byte[]",
                                                "[object ArrayBuffer]",
                                                "[object Uint8Array]",
                                                "[object Object]",
                                                "[object Promise]",
                                                "Array",
                                                "undefined",
                                                "null",
                                                "None",
                                                "nil",
                                                ""};
  const std::string text = trimmed(computed);
  const bool java = starts_with(text, "[B@") && is_hex(text.substr(3));
  if (!java && std::find(std::begin(kWords), std::end(kWords), text) == std::end(kWords)) return "";
  return text.empty() ? "it is empty"
                      : "\"" + text + "\" is what the language prints for a value, not the value";
}

class Doctor {
 public:
  explicit Doctor(const SignatureCase& given) : given_(given) {}

  SignatureDiagnosis run() {
    if (!given_.header) {
      add(M::HeaderMissing);
      if (given_.computed) look_at_computed_without_header();
      return std::move(diagnosis_);
    }
    header_ = read_header(*given_.header);
    for (const std::string& problem : header_.problems) add(M::HeaderForm, problem);
    const std::optional<std::int64_t> seconds = header_.seconds();
    if (!seconds) {
      add(M::HeaderForm, header_.timestamp ? "its t is no whole number" : "it has no t");
      return std::move(diagnosis_);
    }
    diagnosis_.expected = to_hex(hmac_sha256(given_.secret, *header_.timestamp + "." + given_.body));
    const std::vector<std::string> v1 = header_.values_of("v1");
    if (v1.empty()) add(M::HeaderVersion, "it has no v1");
    diagnosis_.signature_matches = std::find(v1.begin(), v1.end(), diagnosis_.expected) != v1.end();
    const bool in_time = look_at_clock(*seconds);
    if (!v1.empty() && !diagnosis_.signature_matches) look_at_header(v1.front());
    if (given_.computed) look_at_computed();
    diagnosis_.verified = diagnosis_.signature_matches && in_time && header_.problems.empty();
    return std::move(diagnosis_);
  }

 private:
  void add(M mistake, const std::string& detail = "") {
    Finding finding;
    finding.mistakes.push_back(make_mistake(mistake, detail));
    finding.sentence = sentence_of(finding.mistakes);
    diagnosis_.findings.push_back(std::move(finding));
  }

  static std::string sentence_of(const std::vector<Mistake>& mistakes) {
    std::string text;
    for (const Mistake& mistake : mistakes) text += (text.empty() ? "" : "; and ") + mistake.sentence;
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
      text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text + ".";
  }

  // `before` says what the explanations explain, such as "What your code computed follows from this: ".
  bool add_all(const Explanations& explanations, const std::string& before, const std::string& mark) {
    for (const std::vector<Variant>& explanation : explanations) {
      Finding finding;
      for (const Variant& each : explanation) {
        const std::string detail = each.detail.empty() ? "" : mark + each.detail;
        finding.mistakes.push_back(make_mistake(each.mistake, detail));
      }
      if (finding.mistakes.empty()) continue;
      finding.sentence = before + sentence_of(finding.mistakes);
      diagnosis_.findings.push_back(std::move(finding));
    }
    return !explanations.empty();
  }

  bool look_at_clock(std::int64_t seconds) {
    const std::int64_t now = std::chrono::floor<std::chrono::seconds>(given_.now).time_since_epoch().count();
    if (seconds < 0 || seconds > kLastSecond) {
      const bool milliseconds = header_.timestamp->size() == 13;
      add(milliseconds ? M::TimestampMilliseconds : M::HeaderForm, "the header's t is " + *header_.timestamp);
      return false;
    }
    if (now - seconds > kToleranceSeconds) {
      add(M::ClockTooFarOff, "t is " + seconds_text(now - seconds) + " old");
      return false;
    }
    if (seconds - now > kToleranceSeconds) {
      const bool milliseconds = header_.timestamp->size() == 13;
      add(milliseconds ? M::TimestampMilliseconds : M::ClockTooFarOff,
          milliseconds ? "the header's t is " + *header_.timestamp
                       : "t lies " + seconds_text(seconds - now) + " ahead");
      return false;
    }
    return true;
  }

  SignatureInputs inputs(const std::string& body) const {
    SignatureInputs inputs;
    inputs.secret = given_.secret;
    inputs.timestamp = header_.timestamp.value_or("");
    inputs.body = body;
    inputs.event_id = given_.event_id;
    inputs.header = given_.header.value_or("");
    inputs.url = given_.url;
    inputs.now_seconds = std::chrono::floor<std::chrono::seconds>(given_.now).time_since_epoch().count();
    for (const SignatureCase::Known& known : given_.secrets) {
      if (known.text != given_.secret)
        inputs.further_secrets.push_back({M::SecretOfAnother, "that of " + known.name, known.text});
    }
    for (const SignatureCase::Known& known : given_.bodies) {
      if (known.text == body) continue;
      const bool own = known.name == given_.event_id;
      inputs.further_bodies.push_back({own ? M::BodyChanged : M::BodyOfAnotherEvent,
                                       own ? "as it was sent" : "that of " + known.name, known.text});
    }
    return inputs;
  }

  const std::string* sent_body() const {
    for (const SignatureCase::Known& known : given_.bodies) {
      if (known.name == given_.event_id && known.text != given_.body) return &known.text;
    }
    return nullptr;
  }

  // What became of the body on its way, for who knows what was sent.
  void look_at_change(const std::string& sent) {
    const auto same = [this](const Variant& variant) { return variant.text == given_.body; };
    for (const auto& variants : {document_variants(sent, kDocumentBudget), body_variants(sent)}) {
      const auto found = std::find_if(variants.begin(), variants.end(), same);
      if (found != variants.end()) return add(found->mistake, "yours: " + found->detail);
    }
    const auto [theirs, yours] =
        std::mismatch(sent.begin(), sent.end(), given_.body.begin(), given_.body.end());
    const auto at = static_cast<std::size_t>(theirs - sent.begin());
    add(M::BodyChanged, "at byte " + std::to_string(at) + " it was sent with " + glimpse(sent, at) +
                            " and yours has " + glimpse(given_.body, at) + "; " +
                            std::to_string(sent.size()) + " bytes were sent, yours has " +
                            std::to_string(given_.body.size()));
  }

  void look_at_header(const std::string& v1) {
    const std::string* sent = sent_body();
    if (sent != nullptr && to_hex(hmac_sha256(given_.secret, *header_.timestamp + "." + *sent)) == v1)
      return look_at_change(*sent);
    SignatureSearch search(inputs(given_.body), v1);
    if (add_all(search.run(), "The header follows from other input than yours. ", "what was signed: "))
      return;
    if (sent != nullptr) {
      SignatureSearch with_sent(inputs(*sent), v1);
      if (add_all(with_sent.run(),
                  "The body is not the one that was sent, and the header follows from other input. ",
                  "what was signed: ")) {
        return look_at_change(*sent);
      }
    }
    unexplained("the header's v1", search.gave_up());
  }

  void look_at_computed() {
    const std::string& computed = *given_.computed;
    const std::vector<std::string> v1 = header_.values_of("v1");
    if (std::find(v1.begin(), v1.end(), computed) != v1.end()) return add(M::Comparison);
    if (computed == diagnosis_.expected) return;  // right for this input, which look_at_header() judges
    if (const std::string what = printed_array(computed); !what.empty()) return add(M::DigestForm, what);
    if (is_appended(computed))
      return add(
          M::DigestForm,
          "the text stands before it, as Go's mac.Sum(body) writes: mac.Write(body), then mac.Sum(nil)");
    SignatureSearch search(inputs(given_.body), computed);
    const std::string before = "What your code computed follows from this: ";
    const Explanations found = search.run();
    if (add_all(found, before, "")) return;
    for (const auto& [version, value] : header_.versions) {
      if (version != "v1" && value == trimmed(computed))
        return add(M::HeaderVersion, "it is the header's " + version);
    }
    if (const std::string* sent = sent_body()) {
      SignatureSearch with_sent(inputs(*sent), computed);
      if (add_all(with_sent.run(), "With the body as it was sent: " + before, "")) return;
    }
    unexplained("what your code computed", search.gave_up());
  }

  // hash.Hash.Sum(text) of Go appends the digest of what was written before to the text.
  bool is_appended(const std::string& computed) const {
    const Result<std::string> raw = from_hex(lower(trimmed(computed)));
    if (!raw.ok()) return false;
    const std::string t = *header_.timestamp;
    for (const auto& [text, written] :
         {std::pair{given_.body, t + "."}, std::pair{given_.body, t}, std::pair{given_.body, std::string()},
          std::pair{t + "." + given_.body, std::string()}}) {
      if (*raw == text + hmac_sha256(given_.secret, written)) return true;
    }
    return false;
  }

  // Without a header there is no t: what leaves it out can still be told.
  void look_at_computed_without_header() {
    SignatureSearch search(inputs(given_.body), *given_.computed);
    add_all(search.run(), "What your code computed follows from this: ", "");
  }

  void unexplained(const std::string& what, bool gave_up) {
    add(M::Unknown, "tried with " + what +
                        (gave_up ? "; the body is so large that not every combination was tried" : ""));
  }

  static constexpr std::size_t kDocumentBudget = 16U << 20U;
  const SignatureCase& given_;
  Header header_;
  SignatureDiagnosis diagnosis_;
};

}  // namespace

SignatureDiagnosis diagnose_signature(const SignatureCase& given) { return Doctor(given).run(); }

}  // namespace zest::insight
