// What readers and writers of elements share: members that must be there, and those that may. Thread-safety:
// none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/object_reader.h"
#include "base/time.h"

namespace zest::snapshot {

// An element of a section. Like ObjectReader, it goes on after a problem and has the first one in the end.
class Element {
 public:
  Element(const Json& json, const std::string& path, const Names& members)
      : reader_(ObjectReader::at_path(json, path, members)), path_(path) {
    if (json.is_null()) reader_.fail(path + " must be a JSON object");
  }

  std::string text(std::string_view name) { return needed(name, reader_.any_text(name)); }
  Instant instant(std::string_view name) { return needed(name, reader_.instant(name)); }
  Duration duration(std::string_view name) { return needed(name, reader_.duration(name)); }
  bool flag(std::string_view name) { return needed(name, reader_.flag(name)); }
  std::uint64_t counter(std::string_view name) {
    return static_cast<std::uint64_t>(
        needed(name, reader_.integer(name, 0, std::numeric_limits<std::int64_t>::max())));
  }
  std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most) {
    return needed(name, reader_.integer(name, least, most));
  }
  int small(std::string_view name) {
    return static_cast<int>(integer(name, 0, std::numeric_limits<int>::max()));
  }
  // One of a vocabulary, by its parse function.
  template <class Value>
  Value word(std::string_view name, std::optional<Value> (*parse)(std::string_view)) {
    const std::string given = text(name);
    const std::optional<Value> value = parse(given);
    if (!value && !reader_.error()) reader_.fail_member(name, "no such word is known");
    return value.value_or(Value{});
  }
  const Json& any(std::string_view name) {
    static const Json nothing;
    const Json* value = reader_.any(name);
    if (value == nullptr) reader_.require(name);
    return value == nullptr ? nothing : *value;
  }

  std::optional<bool> optional_flag(std::string_view name) { return reader_.flag(name); }
  std::optional<std::string> optional_text(std::string_view name) { return reader_.any_text(name); }
  std::optional<Instant> optional_instant(std::string_view name) { return reader_.instant(name); }
  std::optional<Duration> optional_duration(std::string_view name) { return reader_.duration(name); }
  // A member that is an object itself; nothing when it is absent.
  std::optional<Element> optional_object(std::string_view name, const Names& members) {
    const Json* value = reader_.any(name);
    if (value == nullptr) return std::nullopt;
    return Element(*value, path_ + "." + std::string(name), members);
  }
  Element object(std::string_view name, const Names& members) {
    reader_.require(name);
    static const Json empty = Json::object();
    const Json* value = reader_.any(name);
    return Element(value == nullptr ? empty : *value, path_ + "." + std::string(name), members);
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> found;
    const Json& list = any(name);
    const bool sound = list.is_array() && std::all_of(list.begin(), list.end(),
                                                      [](const Json& entry) { return entry.is_string(); });
    if (!sound) {
      fail_member(name, "must be a list of texts");
      return found;
    }
    for (const Json& entry : list) found.push_back(entry.get<std::string>());
    return found;
  }

  void take_error(const Element& inner) { reader_.take_error(inner.reader_); }
  void fail_member(std::string_view name, std::string_view detail) { reader_.fail_member(name, detail); }
  const std::optional<Error>& error() const { return reader_.error(); }

 private:
  template <class Value>
  Value needed(std::string_view name, std::optional<Value> value) {
    reader_.require(name);
    return value.value_or(Value{});
  }

  ObjectReader reader_;
  std::string path_;
};

template <class Value>
void put_optional(Json& json, const char* name, const std::optional<Value>& value) {
  if (value) json[name] = *value;
}
inline void put_optional(Json& json, const char* name, const std::optional<Instant>& value) {
  if (value) json[name] = format_instant(*value);
}
inline void put_optional(Json& json, const char* name, const std::optional<Duration>& value) {
  if (value) json[name] = format_duration(*value);
}

}  // namespace zest::snapshot
