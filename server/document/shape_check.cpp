#include "document/shape_check.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/pattern.h"
#include "base/text.h"
#include "base/time.h"
#include "document/values.h"

namespace zest::document {
namespace {

bool is_name(const std::string& text) {
  static const Pattern form = Pattern::compile(kVariableName).value();
  return form.matches(text);
}

bool is_spelt_out(const std::string& text) {
  static const Pattern form = Pattern::compile(kSpeltOutCall).value();
  return form.search(text) == Pattern::Match::Yes;
}

bool is_event_pattern(const std::string& text) {
  if (text.empty() || text.back() != '*') return false;
  const std::string beginning = text.substr(0, text.size() - 1);
  const std::vector<std::string>& types = event_types();
  return std::any_of(types.begin(), types.end(),
                     [&beginning](const std::string& type) { return type.rfind(beginning, 0) == 0; });
}

class ShapeCheck {
 public:
  ShapeCheck(const Language& language, const Source& source, std::vector<Finding>& findings)
      : language_(language), source_(source), findings_(findings) {}

  void object(const std::string& name, const Json& value, const Place& place) {
    if (!value.is_object()) return say(place, "must be an object", "");
    if (const Variant* variant = language_.variant(name)) return choose(*variant, value, place);
    members(*language_.shape(name), value, place);
  }

 private:
  using Kind = Type::Kind;

  void say(const Place& place, const std::string& reason, const std::string& hint) {
    findings_.push_back({source_.position_of(place), reason, hint});
  }

  void choose(const Variant& variant, const Json& value, const Place& place) {
    const std::vector<std::string> words = variant.words();
    if (variant.tag.empty()) {
      for (const Variant::Choice& choice : variant.choices) {
        if (member(value, choice.word)) return object(choice.shape, value, place);
      }
      return no_verb(words, value, place);
    }
    const std::string* word = string_member(value, variant.tag);
    if (!word) {
      return say(place, "needs \"" + variant.tag + "\"", "one of " + join(words));
    }
    for (const Variant::Choice& choice : variant.choices) {
      if (choice.word == *word) return object(choice.shape, value, place);
    }
    say(child(place, variant.tag), "unknown " + variant.tag + " \"" + *word + "\"", suggestion(*word, words));
  }

  void no_verb(const std::vector<std::string>& verbs, const Json& value, const Place& place) {
    for (const auto& entry : value.get_ref<const Json::object_t&>()) {
      if (const std::optional<std::string> meant = nearest(entry.first, verbs)) {
        findings_.push_back({source_.position_of_name(child(place, entry.first)),
                             "unknown step \"" + entry.first + "\"", "did you mean \"" + *meant + "\"?"});
        return;
      }
    }
    say(place, "this step says nothing to do", "one of " + join(verbs));
  }

  void members(const Shape& shape, const Json& value, const Place& place) {
    const std::vector<std::string> names = shape.names();
    for (const auto& [name, inner] : value.get_ref<const Json::object_t&>()) {
      const Place there = child(place, name);
      if (const Member* known = shape.find(name)) {
        check(known->type, inner, there, "\"" + name + "\"");
      } else {
        findings_.push_back(
            {source_.position_of_name(there), "unknown member \"" + name + "\"", suggestion(name, names)});
      }
    }
    for (const Member& each : shape.members) {
      if (each.need == Need::Required && !member(value, each.name)) {
        say(place, "\"" + each.name + "\" is missing", each.help);
      }
    }
  }

  // Whether the value is of the JSON type that `type` is written in.
  static bool looks_like(const Type& type, const Json& value) {
    switch (type.kind) {
      case Kind::Any:
        return true;
      case Kind::Plain:
        return !value.is_object();
      case Kind::Integer:
      case Kind::Number:
        return value.is_number();
      case Kind::Boolean:
        return value.is_boolean();
      case Kind::Null:
        return value.is_null();
      case Kind::List:
        return value.is_array();
      case Kind::Map:
      case Kind::Object:
        return value.is_object();
      case Kind::Either:
        return std::any_of(type.parts.begin(), type.parts.end(),
                           [&value](const Type& part) { return looks_like(part, value); });
      default:
        return value.is_string();
    }
  }

  static bool takes_templates(const Type& type) {
    switch (type.kind) {
      case Kind::Null:
      case Kind::Name:
      case Kind::List:
      case Kind::Map:
      case Kind::Object:
        return false;
      // The one word that tells what an object is cannot wait for the run.
      case Kind::Word:
        return type.words.size() > 1;
      case Kind::Either:
        return std::any_of(type.parts.begin(), type.parts.end(), takes_templates);
      default:
        return true;
    }
  }

  void check(const Type& type, const Json& value, const Place& place, const std::string& what) {
    if (value.is_string() && takes_templates(type) && has_template(value.get_ref<const std::string&>()))
      return;
    if (!looks_like(type, value)) return say(place, what + " must be " + describe(type), "");
    switch (type.kind) {
      case Kind::Either:
        return either(type, value, place, what);
      case Kind::List:
        return list(type, value, place, what);
      case Kind::Map:
        return map(type, value, place, what);
      case Kind::Object:
        return object(type.shape, value, place);
      case Kind::Integer:
        return integer(type, value, place, what);
      case Kind::Number:
        if (const double number = value.get<double>(); number <= 0 || number > 1) {
          say(place, what + " must be " + describe(type), "");
        }
        return;
      default:
        if (value.is_string()) text(type, value.get_ref<const std::string&>(), place, what);
    }
  }

  void either(const Type& type, const Json& value, const Place& place, const std::string& what) {
    // The words first: a text that is one of them is that.
    const Type* last = nullptr;
    for (const Type& part : type.parts) {
      if (!looks_like(part, value)) continue;
      std::vector<Finding> trial;
      ShapeCheck(language_, source_, trial).check(part, value, place, what);
      if (trial.empty()) return;
      last = &part;
    }
    const auto fitting = std::count_if(type.parts.begin(), type.parts.end(),
                                       [&value](const Type& part) { return looks_like(part, value); });
    if (fitting != 1 || last == nullptr)
      return say(place, what + " must be " + describe(type), hint_for(type, value));
    check(*last, value, place, what);
  }

  static std::string hint_for(const Type& type, const Json& value) {
    for (const Type& part : type.parts) {
      if (part.kind != Kind::Word || !value.is_string()) continue;
      const auto meant = nearest(value.get_ref<const std::string&>(), part.words);
      if (meant) return "did you mean \"" + *meant + "\"?";
    }
    return "";
  }

  void list(const Type& type, const Json& value, const Place& place, const std::string& what) {
    const auto size = static_cast<std::int64_t>(value.size());
    if (size < type.least) say(place, what + " must not be empty", "");
    if (size > type.most) say(place, what + " has more than " + std::to_string(type.most) + " elements", "");
    for (std::size_t index = 0; index < value.size(); ++index) {
      check(type.parts.front(), value[index], child(place, index),
            what + " element " + std::to_string(index + 1));
    }
  }

  void map(const Type& type, const Json& value, const Place& place, const std::string& what) {
    for (const auto& [name, inner] : value.get_ref<const Json::object_t&>()) {
      check(type.parts.front(), inner, child(place, name), what + " member \"" + name + "\"");
    }
  }

  void integer(const Type& type, const Json& value, const Place& place, const std::string& what) {
    bool fits = value.is_number_integer();
    if (fits && !type.numbers.empty()) {
      fits = std::find(type.numbers.begin(), type.numbers.end(), value.get<std::int64_t>()) !=
             type.numbers.end();
    } else if (fits) {
      const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX;
      fits = !huge && value.get<std::int64_t>() >= type.least && value.get<std::int64_t>() <= type.most;
    }
    if (!fits) say(place, what + " must be " + describe(type), "");
  }

  void text(const Type& type, const std::string& text, const Place& place, const std::string& what) {
    switch (type.kind) {
      case Kind::Duration:
        if (const Result<Duration> parsed = parse_duration(text); !parsed.ok()) {
          say(place, what + ": \"" + text + "\" is no duration", parsed.error().detail);
        }
        return;
      case Kind::Word:
        return word("value", type.words, text, place, what);
      case Kind::Operation:
        if (!is_spelt_out(text)) word("operation", type.words, text, place, what);
        return;
      case Kind::EventPattern:
        if (is_event_pattern(text)) return;
        [[fallthrough]];
      case Kind::Event:
        return word("event type", event_types(), text, place, what);
      case Kind::Path:
        if (!is_json_path(text))
          say(place, what + ": \"" + text + "\" is no path", "such as results[0].status");
        return;
      case Kind::Name:
        if (!is_name(text)) say(place, what + " must be " + describe(type), "");
        return;
      case Kind::Pattern:
        if (const Result<Pattern> pattern = Pattern::compile(text); !pattern.ok()) {
          say(place, what + ": \"" + text + "\" is no regular expression", pattern.error().detail);
        }
        return;
      default:
        return;
    }
  }

  void word(const std::string& kind, const std::vector<std::string>& words, const std::string& text,
            const Place& place, const std::string& what) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return;
    say(place, what + ": unknown " + kind + " \"" + text + "\"", suggestion(text, words));
  }

  const Language& language_;
  const Source& source_;
  std::vector<Finding>& findings_;
};

}  // namespace

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  if (const std::optional<std::string> meant = nearest(word, known))
    return "did you mean \"" + *meant + "\"?";
  return known.empty() ? "" : "there is: " + join(known);
}

void check_shapes(const Language& language, const Source& source, std::vector<Finding>& findings) {
  ShapeCheck(language, source, findings).object(language.root(), source.root(), "");
}

}  // namespace zest::document
