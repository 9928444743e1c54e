// The smallest change that would make a refused call pass; declared in explanation.h.
#include <algorithm>
#include <cctype>

#include "base/json_path.h"
#include "base/nearest.h"
#include "insight/explanation.h"
#include "model/rule_catalogue.h"

namespace zest::insight {
namespace {

constexpr std::size_t kMostChanges = 20;
constexpr std::size_t kLongestShown = 120;

std::string shown(const Json& value) {
  std::string text = dump_json(value);
  return text.size() > kLongestShown ? text.substr(0, kLongestShown) + "…" : text;
}

// Where a path's last step begins: "a.b[0]" is "a.b" and "[0]", "a.b" is "a" and "b".
struct Step {
  std::string parent;
  std::string name;       // of a member
  std::size_t index = 0;  // of an element
  bool is_element = false;
};
Step last_step(const std::string& path) {
  if (!path.empty() && path.back() == ']') {
    const std::size_t open = path.rfind('[');
    if (open != std::string::npos) {
      const std::string digits = path.substr(open + 1, path.size() - open - 2);
      const bool number =
          !digits.empty() && digits.size() < 7 &&
          std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (number) return {path.substr(0, open), "", static_cast<std::size_t>(std::stoul(digits)), true};
    }
  }
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) return {"", path, 0, false};
  return {path.substr(0, dot), path.substr(dot + 1), 0, false};
}

Json* reach_mutable(Json& document, const std::string& path) {
  return const_cast<Json*>(
      reach(document, path));  // NOLINT(cppcoreguidelines-pro-type-const-cast): it is ours
}

bool set_at(Json& document, const std::string& path, const Json& value) {
  if (path.empty()) {
    document = value;
    return true;
  }
  const Step step = last_step(path);
  Json* parent = reach_mutable(document, step.parent);
  if (parent == nullptr) return false;
  if (step.is_element) {
    if (!parent->is_array() || step.index >= parent->size()) return false;
    (*parent)[step.index] = value;
    return true;
  }
  if (!parent->is_object()) return false;
  (*parent)[step.name] = value;
  return true;
}

bool remove_at(Json& document, const std::string& path) {
  const Step step = last_step(path);
  Json* parent = reach_mutable(document, step.parent);
  if (parent == nullptr || !parent->is_object() || step.is_element) return false;
  return parent->erase(step.name) > 0;
}

// The sample has one element of each list: any index is its first.
std::string in_sample(const std::string& path) {
  std::string first;
  for (std::size_t i = 0; i < path.size(); ++i) {
    first += path[i];
    if (path[i] != '[') continue;
    first += '0';
    while (i + 1 < path.size() && path[i + 1] != ']') ++i;
  }
  return first;
}

// The name that somebody meant who wrote an unknown one: of the sample's members beside it, not sent yet.
std::optional<std::string> meant_name(const CallFacts& facts, const Json& body, const std::string& path) {
  const Step step = last_step(path);
  const Json* known = reach(facts.sample, in_sample(step.parent));
  const Json* sent = reach(body, step.parent);
  if (known == nullptr || sent == nullptr || !known->is_object() || !sent->is_object()) return std::nullopt;
  std::vector<std::string> candidates;
  for (const auto& [name, value] : known->items()) {
    if (!sent->contains(name)) candidates.push_back(name);
  }
  return nearest(step.name, candidates);
}

// "the subscription's currency is USD" and "must be in USD": the currency that is named.
std::optional<std::string> named_currency(const std::string& message) {
  for (std::size_t i = 0; i + 3 <= message.size(); ++i) {
    const auto upper = [&message](std::size_t at) {
      return at < message.size() && message[at] >= 'A' && message[at] <= 'Z';
    };
    const bool word = (i == 0 || !std::isalpha(static_cast<unsigned char>(message[i - 1]))) && upper(i) &&
                      upper(i + 1) && upper(i + 2) && !upper(i + 3);
    if (word) return message.substr(i, 3);
  }
  return std::nullopt;
}

// What somebody meant who sent a value of another type than the sample's: a document that was encoded twice,
// a list without the member that holds it, a number where a text is asked for.
std::optional<Json> in_its_type(const Json& sent, const Json& sample) {
  if (sent.is_string() && (sample.is_object() || sample.is_array())) {
    Result<Json> inner = parse_json(sent.get_ref<const std::string&>());
    if (inner.ok() && inner->type() == sample.type()) return std::move(inner).value();
  }
  if (sent.is_array() && sample.is_object() && sample.size() == 1 && sample.front().is_array()) {
    return Json{{sample.begin().key(), sent}};
  }
  if ((sent.is_number() || sent.is_boolean()) && sample.is_string()) return Json(dump_json(sent));
  return std::nullopt;
}

// The path that a refusal names as the one that was meant; "" for none.
std::string meant_path(const Json& row) {
  const std::string detail = text_member(row, "errorDetail");
  constexpr std::string_view kMark = "did you mean /";
  const std::size_t at = detail.find(kMark);
  if (at == std::string::npos || detail.back() != '?') return "";
  return detail.substr(at + kMark.size() - 1, detail.size() - at - kMark.size());
}

// The part that holds a file and is not called `file`.
std::optional<std::string> misnamed_file(const Json& body) {
  if (!body.is_object()) return std::nullopt;
  for (const auto& [name, part] : body.items()) {
    if (name != "file" && part.is_object() && part.contains("sha256")) return name;
  }
  return std::nullopt;
}

class Corrector {
 public:
  explicit Corrector(const CallFacts& facts) : facts_(facts) {
    if (const Json* body = member(facts.row, "body")) correction_.body = *body;
  }

  Correction run() {
    if (const Json* violations = member(facts_.row, "validationErrors")) {
      // Names first: what was misspelt is then no longer missing.
      for (const bool names : {true, false}) {
        for (const Json& violation : *violations) {
          if (correction_.changes.size() >= kMostChanges) break;
          if ((text_member(violation, "code") == "unknown_attribute") == names) take(violation);
        }
      }
      if (correction_.body.is_null()) correction_.complete = false;
      return std::move(correction_);
    }
    if (facts_.rule == Rule::HttpPath) correction_.path = meant_path(facts_.row);
    if (correction_.path.empty()) {
      correction_.changes.emplace_back(row_of(facts_.rule).fix);
    } else {
      correction_.changes.push_back("call " + correction_.path + " instead of " +
                                    text_member(facts_.row, "path"));
    }
    return std::move(correction_);
  }

 private:
  void set(const std::string& path, const Json& value) {
    correction_.changes.push_back("set " + (path.empty() ? "the body" : path) + " to " + shown(value));
    if (!set_at(correction_.body, path, value)) correction_.complete = false;
  }
  void remove(const std::string& path) {
    correction_.changes.push_back("leave out " + path);
    if (!remove_at(correction_.body, path)) correction_.complete = false;
  }
  void by_hand(const std::string& path, const std::string& message) {
    correction_.changes.push_back("correct " + path + ": " + message);
    correction_.complete = false;
  }

  void take(const Json& violation) {
    const std::string path = text_member(violation, "field");
    const std::string code = text_member(violation, "code");
    const std::string message = text_member(violation, "message");
    if (code == "server_supplied" || code == "institutional_not_supported") return remove(path);
    if (code == "unknown_attribute") {
      const std::optional<std::string> meant = meant_name(facts_, correction_.body, path);
      if (!meant) return remove(path);
      const Step step = last_step(path);
      const Json* value = reach(correction_.body, path);
      const Json kept = value == nullptr ? Json() : *value;
      const std::string right = step.parent.empty() ? *meant : step.parent + "." + *meant;
      correction_.changes.push_back("write " + *meant + " instead of " + step.name + " in " + step.parent);
      if (!remove_at(correction_.body, path) || !set_at(correction_.body, right, kept))
        correction_.complete = false;
      return;
    }
    if (code == "currency_mismatch") {
      const std::optional<std::string> currency = named_currency(message);
      if (!currency) return by_hand(path, message);
      const Json* value = reach(correction_.body, path);
      return set(value != nullptr && value->is_object() ? path + ".currency" : path, *currency);
    }
    const Json* sample = reach(facts_.sample, in_sample(path));
    const Json* sent = reach(correction_.body, path);
    if (code == "required" && sent != nullptr && !sent->is_null()) return;
    if (const auto other = misnamed_file(correction_.body); other && path == "file" && code == "required") {
      correction_.changes.push_back("name the part file, not " + *other);
      return;
    }
    if (code == "type" && sample != nullptr && sent != nullptr) {
      if (const std::optional<Json> meant = in_its_type(*sent, *sample)) return set(path, *meant);
    }
    if (sample == nullptr || (sent != nullptr && *sample == *sent)) return by_hand(path, message);
    set(path, *sample);
  }

  const CallFacts& facts_;
  Correction correction_;
};

}  // namespace

Correction correct(const CallFacts& facts) { return Corrector(facts).run(); }

}  // namespace zest::insight
