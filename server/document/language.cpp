#include "document/language.h"

#include <algorithm>

#include "base/text.h"
#include "protocol/event_type.h"

namespace zest::document {
namespace types {
namespace {

Type of_kind(Type::Kind kind) {
  Type type;
  type.kind = kind;
  return type;
}

}  // namespace

Type any() { return of_kind(Type::Kind::Any); }
Type plain() { return of_kind(Type::Kind::Plain); }
Type text() { return of_kind(Type::Kind::Text); }
Type duration() { return of_kind(Type::Kind::Duration); }
Type probability() { return of_kind(Type::Kind::Number); }
Type boolean() { return of_kind(Type::Kind::Boolean); }
Type null() { return of_kind(Type::Kind::Null); }
Type event() { return of_kind(Type::Kind::Event); }
Type event_pattern() { return of_kind(Type::Kind::EventPattern); }
Type path() { return of_kind(Type::Kind::Path); }
Type pattern() { return of_kind(Type::Kind::Pattern); }
Type name() { return of_kind(Type::Kind::Name); }

Type integer(std::int64_t least, std::int64_t most) {
  Type type = of_kind(Type::Kind::Integer);
  type.least = least;
  type.most = most;
  return type;
}

Type number(std::vector<std::int64_t> numbers) {
  Type type = of_kind(Type::Kind::Integer);
  type.numbers = std::move(numbers);
  return type;
}

Type word(std::vector<std::string> words) {
  Type type = of_kind(Type::Kind::Word);
  type.words = std::move(words);
  return type;
}

Type operation(std::vector<std::string> ids) {
  Type type = of_kind(Type::Kind::Operation);
  type.words = std::move(ids);
  return type;
}

Type list(Type of, std::int64_t least, std::int64_t most) {
  Type type = of_kind(Type::Kind::List);
  type.parts.push_back(std::move(of));
  type.least = least;
  type.most = most;
  return type;
}

Type map(Type of) {
  Type type = of_kind(Type::Kind::Map);
  type.parts.push_back(std::move(of));
  return type;
}

Type object(std::string shape) {
  Type type = of_kind(Type::Kind::Object);
  type.shape = std::move(shape);
  return type;
}

Type either(std::vector<Type> parts) {
  Type type = of_kind(Type::Kind::Either);
  type.parts = std::move(parts);
  return type;
}

Type events() { return either({event_pattern(), list(event_pattern(), 1)}); }
Type range() { return either({integer(0), object("range")}); }

}  // namespace types

namespace {

std::string describe_integer(const Type& type) {
  if (!type.numbers.empty()) {
    std::vector<std::string> words;
    for (const std::int64_t number : type.numbers) words.push_back(std::to_string(number));
    return "one of " + join(words);
  }
  const std::string least = std::to_string(type.least);
  if (type.most == INT64_MAX) return "a whole number from " + least;
  return "a whole number from " + least + " to " + std::to_string(type.most);
}

std::string describe_either(const Type& type) {
  std::string text;
  for (const Type& part : type.parts) text += (text.empty() ? "" : ", or ") + describe(part);
  return text;
}

}  // namespace

std::string describe(const Type& type) {
  using Kind = Type::Kind;
  switch (type.kind) {
    case Kind::Any:
      return "any value";
    case Kind::Plain:
      return "any value but an object";
    case Kind::Text:
      return "a text";
    case Kind::Duration:
      return "a duration such as 30s, 5m or 12h";
    case Kind::Integer:
      return describe_integer(type);
    case Kind::Number:
      return "a number above 0, at most 1";
    case Kind::Boolean:
      return "true or false";
    case Kind::Null:
      return "null";
    case Kind::Word:
      return type.words.size() == 1 ? "\"" + type.words[0] + "\"" : "one of " + join(type.words);
    case Kind::Operation:
      return "an operation such as createSpvRequest, or a method and a path";
    case Kind::Event:
      return "an event type such as spv_request.created";
    case Kind::EventPattern:
      return "an event type such as spv_request.created or subscription.*";
    case Kind::Path:
      return "a path such as status or results[0].zestPersonId";
    case Kind::Pattern:
      return "a regular expression";
    case Kind::Name:
      return "a variable's name of letters, digits, _ and -";
    case Kind::List:
      return "a list, each element " + describe(type.parts.front());
    case Kind::Map:
      return "an object";
    case Kind::Object:
      return "an object";
    case Kind::Either:
      return describe_either(type);
  }
  return "";
}

const Member* Shape::find(std::string_view member) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [member](const Member& each) { return each.name == member; });
  return found == members.end() ? nullptr : &*found;
}

std::vector<std::string> Shape::names() const {
  std::vector<std::string> all;
  for (const Member& member : members) all.push_back(member.name);
  return all;
}

std::vector<std::string> Variant::words() const {
  std::vector<std::string> all;
  for (const Choice& choice : choices) all.push_back(choice.word);
  return all;
}

Language::Language(std::string root, const std::vector<Vocabulary>& parts) : root_(std::move(root)) {
  for (const Vocabulary& part : parts) {
    shapes_.insert(shapes_.end(), part.shapes.begin(), part.shapes.end());
    variants_.insert(variants_.end(), part.variants.begin(), part.variants.end());
  }
}

const Shape* Language::shape(std::string_view name) const {
  const auto found =
      std::find_if(shapes_.begin(), shapes_.end(), [name](const Shape& each) { return each.name == name; });
  return found == shapes_.end() ? nullptr : &*found;
}

const Variant* Language::variant(std::string_view name) const {
  const auto found = std::find_if(variants_.begin(), variants_.end(),
                                  [name](const Variant& each) { return each.name == name; });
  return found == variants_.end() ? nullptr : &*found;
}

const std::vector<std::string>& event_types() {
  static const std::vector<std::string> types = texts_of(kEventTypes);
  return types;
}

}  // namespace zest::document
