// The smallest change that makes a body fit; declared in remedy.h.
#include <algorithm>
#include <cctype>

#include "base/json_path.h"
#include "base/nearest.h"
#include "insight/remedy.h"
#include "rules/formats.h"

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
std::optional<std::string> meant_name(const Json& sample, const Json& body, const std::string& path) {
  const Step step = last_step(path);
  const Json* known = reach(sample, in_sample(step.parent));
  const Json* sent = reach(body, step.parent);
  if (known == nullptr || sent == nullptr || !known->is_object() || !sent->is_object()) return std::nullopt;
  std::vector<std::string> candidates;
  for (const auto& [name, value] : known->items()) {
    if (!sent->contains(name)) candidates.push_back(name);
  }
  return nearest(step.name, candidates);
}

// "the SPV's currency is USD" and "must be in USD": the currency that is named.
std::optional<std::string> named_currency(const std::string& message) {
  const auto letter = [&message](std::size_t at) {
    return at < message.size() && std::isalpha(static_cast<unsigned char>(message[at])) != 0;
  };
  for (std::size_t i = 0; i + 3 <= message.size(); ++i) {
    if ((i > 0 && letter(i - 1)) || letter(i + 3)) continue;
    if (rules::is_currency(message.substr(i, 3))) return message.substr(i, 3);
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
  Corrector(const Json& sample, Json& body, std::vector<std::string>& changes)
      : sample_(sample), body_(body), changes_(changes) {}

  bool run(const Json& violations) {
    // Names first: what was misspelt is then no longer missing.
    for (const bool names : {true, false}) {
      for (const Json& violation : violations) {
        if (changes_.size() >= kMostChanges) return false;
        if ((text_member(violation, "code") == "unknown_attribute") == names) take(violation);
      }
    }
    return complete_;
  }

 private:
  void set(const std::string& path, const Json& value) {
    changes_.push_back("set " + (path.empty() ? "the body" : path) + " to " + shown(value));
    if (!set_at(body_, path, value)) complete_ = false;
  }
  void remove(const std::string& path) {
    changes_.push_back("leave out " + path);
    if (!remove_at(body_, path)) complete_ = false;
  }
  void by_hand(const std::string& path, const std::string& message) {
    changes_.push_back("correct " + path + ": " + message);
    complete_ = false;
  }
  void rename(const std::string& path, const std::string& meant) {
    const Step step = last_step(path);
    const Json* value = reach(body_, path);
    const Json kept = value == nullptr ? Json() : *value;
    const std::string right = step.parent.empty() ? meant : step.parent + "." + meant;
    changes_.push_back("write " + meant + " instead of " + step.name +
                       (step.parent.empty() ? "" : " in " + step.parent));
    if (!remove_at(body_, path) || !set_at(body_, right, kept)) complete_ = false;
  }

  void take(const Json& violation) {
    const std::string path = text_member(violation, "field");
    const std::string code = text_member(violation, "code");
    const std::string message = text_member(violation, "message");
    if (code == "server_supplied" || code == "institutional_not_supported") return remove(path);
    if (code == "unknown_attribute") {
      const std::optional<std::string> meant = meant_name(sample_, body_, path);
      return meant ? rename(path, *meant) : remove(path);
    }
    if (code == "currency_mismatch") {
      const std::optional<std::string> currency = named_currency(message);
      if (!currency) return by_hand(path, message);
      const Json* value = reach(body_, path);
      return set(value != nullptr && value->is_object() ? path + ".currency" : path, *currency);
    }
    take_value(path, code, message);
  }

  void take_value(const std::string& path, const std::string& code, const std::string& message) {
    const Json* sample = reach(sample_, in_sample(path));
    const Json* sent = reach(body_, path);
    if (code == "required" && sent != nullptr && !sent->is_null() && !sent->empty() && *sent != Json(""))
      return;  // it was misspelt, and is renamed by now
    if (code == "required" && path == "file") {
      if (const auto other = misnamed_file(body_))
        return changes_.push_back("name the part file, not " + *other);
    }
    if (code == "required" && sent == nullptr) {
      if (const std::optional<std::string> other = unknown_name(path))
        return rename(*other, last_step(path).name);
      if (wrap(path)) return;
    }
    if (code == "type" && sample != nullptr && sent != nullptr) {
      if (const std::optional<Json> meant = in_its_type(*sent, *sample)) return set(path, *meant);
    }
    if (sample == nullptr && sent != nullptr && code != "required") return remove(path);
    if (sample == nullptr || (sent != nullptr && *sample == *sent)) return by_hand(path, message);
    set(path, *sample);
  }

  // A member beside the missing one that the sample does not know, by a name that is near: wire_reference.
  std::optional<std::string> unknown_name(const std::string& path) const {
    const Step step = last_step(path);
    const Json* sent = reach(body_, step.parent);
    const Json* known = reach(sample_, in_sample(step.parent));
    if (sent == nullptr || !sent->is_object() || known == nullptr || !known->is_object()) return std::nullopt;
    std::vector<std::string> strangers;
    for (const auto& [name, value] : sent->items()) {
      if (!known->contains(name)) strangers.push_back(name);
    }
    const std::optional<std::string> near = nearest(step.name, strangers);
    if (!near) return std::nullopt;
    return step.parent.empty() ? *near : step.parent + "." + *near;
  }

  // One row that was sent without the list around it.
  bool wrap(const std::string& path) {
    const Json* list = reach(sample_, path);
    if (list == nullptr || !list->is_array() || list->empty() || path.find('.') != std::string::npos)
      return false;
    const Json& row = list->front();
    if (!row.is_object() || !body_.is_object() || body_.empty()) return false;
    for (const auto& [name, value] : body_.items()) {
      if (!row.contains(name)) return false;
    }
    Json wrapped{{path, Json::array({body_})}};
    set("", wrapped);
    return true;
  }

  const Json& sample_;
  Json& body_;
  std::vector<std::string>& changes_;
  bool complete_ = true;
};

}  // namespace

bool correct_body(const Json& violations, const Json& sample, Json& body, std::vector<std::string>& changes) {
  return Corrector(sample, body, changes).run(violations);
}

}  // namespace zest::insight
