// A language in which people write JSON files, as one table of shapes: the checker of files, the JSON Schema
// and the completion of editors all read it. Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zest::document {

// What a value may be. A text with a template (${name}) passes for every kind but objects and lists: what it
// stands for is known at run time only.
struct Type {
  enum class Kind {
    Any,
    Plain,  // anything but an object
    Text,
    Duration,  // 30s, 5m, PT12H
    Integer,   // least to most, or one of `numbers`
    Number,    // above 0, at most 1
    Boolean,
    Null,
    Word,          // one of `words`
    Operation,     // one of `words`, or METHOD /path
    Event,         // an event type
    EventPattern,  // the same, or with a trailing *
    Path,          // a path into an answer: results[0].zestPersonId
    Pattern,       // a regular expression (ECMAScript)
    Name,          // of a variable
    List,          // least to most elements of parts[0]
    Map,           // an object whose members' values are parts[0]
    Object,        // of the shape `shape`
    Either,        // one of `parts`
  };
  Kind kind = Kind::Any;
  std::vector<std::string> words = {};
  std::vector<std::int64_t> numbers = {};
  std::int64_t least = 0;
  std::int64_t most = INT64_MAX;
  std::vector<Type> parts = {};
  std::string shape = {};
};

enum class Need { Optional, Required };

struct Member {
  std::string name;
  Type type;
  std::string help;
  Need need = Need::Optional;
};

// An object with these members and no others.
struct Shape {
  std::string name;
  std::string help;
  std::vector<Member> members;
  const Member* find(std::string_view member) const;
  std::vector<std::string> names() const;
};

// An object that is one of several shapes, told apart by one member: by which one there is (a step's first
// verb in order), or by the word that it holds ("type" of an action).
struct Variant {
  std::string name;
  std::string help;
  std::string tag;  // the member that holds the word; "": the members' names themselves
  struct Choice {
    std::string word;
    std::string shape;
  };
  std::vector<Choice> choices;
  std::vector<std::string> words() const;
};

struct Vocabulary {
  std::vector<Shape> shapes;
  std::vector<Variant> variants;
};

class Language {
 public:
  // `root`: the shape that a whole file has.
  Language(std::string root, const std::vector<Vocabulary>& parts);

  const std::string& root() const { return root_; }
  const std::vector<Shape>& shapes() const { return shapes_; }
  const std::vector<Variant>& variants() const { return variants_; }
  const Shape* shape(std::string_view name) const;
  const Variant* variant(std::string_view name) const;

 private:
  std::string root_;
  std::vector<Shape> shapes_;
  std::vector<Variant> variants_;
};

// In words: "a duration such as 30s", "one of healthy, down".
std::string describe(const Type& type);

// A call that is spelt out: "POST /v1/anything".
inline constexpr const char* kSpeltOutCall = "^(GET|POST|PUT|PATCH|DELETE|HEAD) /";
// A variable's name.
inline constexpr const char* kVariableName = "^[A-Za-z_][A-Za-z0-9_-]*$";

namespace types {
Type any();
Type plain();
Type text();
Type duration();
Type integer(std::int64_t least, std::int64_t most = INT64_MAX);
Type number(std::vector<std::int64_t> numbers);
Type probability();
Type boolean();
Type null();
Type word(std::vector<std::string> words);
Type operation(std::vector<std::string> ids);
Type event();
Type event_pattern();
Type path();
Type pattern();
Type name();
Type list(Type of, std::int64_t least = 0, std::int64_t most = INT64_MAX);
Type map(Type of);
Type object(std::string shape);
Type either(std::vector<Type> parts);
Type events();  // one pattern or a list of them
Type range();   // a number, or {"min", "max"}
}  // namespace types

// Zest docs: webhooks/events.
const std::vector<std::string>& event_types();

}  // namespace zest::document
