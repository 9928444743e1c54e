// Strict reading of JSON objects that people and programs write: what is misspelt or has the wrong type is
// refused, and the detail names it and what is allowed. Reading goes on after a problem; error() has the
// first one, so a caller reads everything and asks once. Thread-safety: none.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"

namespace zest {

using Names = std::vector<std::string_view>;

// The words of an enumeration that has to_string().
template <class Values>
Names words_of(const Values& values) {
  Names words;
  for (const auto value : values) words.push_back(to_string(value));
  return words;
}
// The one of these values that has this name.
template <class Values>
auto value_of(const Values& values, const std::optional<std::string>& word) {
  std::optional<std::decay_t<decltype(*std::begin(values))>> found;
  for (const auto value : values) {
    if (word && to_string(value) == *word) found = value;
  }
  return found;
}

// A name from outside, in quotes; not at any length.
std::string in_quotes(std::string_view name);
// "from 1 to 6"; "of at least 1" when there is no upper bound.
std::string range_text(std::int64_t least, std::int64_t most);
bool is_one_of(const Names& allowed, std::string_view name);
// "a", "a or b", "a, b or c".
std::string join_names(const Names& names, std::string_view last = " or ");

// A JSON object. null counts as an absent member, and as an object without members. Errors: InvalidRequest.
class ObjectReader {
 public:
  // `place` names the object in details ("the body"). The reader keeps a reference to `object`.
  ObjectReader(const Json& object, std::string place, const Names& allowed);
  // An object inside another one, named by its path: details speak of `match.attempt`.
  static ObjectReader at_path(const Json& object, std::string path, const Names& allowed);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  bool is_null(std::string_view name) const;  // present, as null
  const Json* any(std::string_view name) const { return find(name); }

  // Each answers nothing for an absent member and for one that is no such value (then there is an error).
  std::optional<std::string> text(std::string_view name);      // not empty, nor only spaces
  std::optional<std::string> any_text(std::string_view name);  // whatever it holds
  std::optional<bool> flag(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<double> probability(std::string_view name);  // above 0, at most 1
  std::optional<Duration> duration(std::string_view name);
  std::optional<Instant> instant(std::string_view name);
  std::optional<std::string> word(std::string_view name, const Names& words);
  template <class Values>
  auto one_of(std::string_view name, const Values& values) {
    return value_of(values, word(name, words_of(values)));
  }

  // Exactly one of these members; answers which ("" with an error).
  std::string_view exactly_one(const Names& names);
  // An error unless the member is there.
  void require(std::string_view name);

  void fail(std::string detail);  // keeps the first
  // The same, about a member: `"by": <detail>`.
  void fail_member(std::string_view name, std::string_view detail);
  // Takes over the problem of a reader of something inside this object, unless there is one already.
  void take_error(const ObjectReader& inner);
  const std::optional<Error>& error() const { return error_; }

 private:
  const Json* find(std::string_view name) const;
  std::string describe(std::string_view name) const;

  const Json& object_;
  std::string place_;
  bool is_path_ = false;
  std::optional<Error> error_;
};

}  // namespace zest
