// Objects made of known members, where many are made. Thread-safety: free functions on values.
#pragma once

#include <string>
#include <utility>

#include "base/json.h"

namespace zest {

inline void append_members(Json::object_t&) {}
template <class Name, class Value, class... Rest>
void append_members(Json::object_t& object, Name&& name, Value&& value, Rest&&... rest) {
  object.emplace_back(std::string(std::forward<Name>(name)), Json(std::forward<Value>(value)));
  append_members(object, std::forward<Rest>(rest)...);
}

// An object of these members, names and values in turn; names differ. What the library's initializer lists
// make, without the arrays and the copies of names that those are made by.
template <class... NamesAndValues>
Json json_object(NamesAndValues&&... names_and_values) {
  Json object = Json::object();
  auto& members = object.get_ref<Json::object_t&>();
  members.reserve(sizeof...(names_and_values) / 2);
  append_members(members, std::forward<NamesAndValues>(names_and_values)...);
  return object;
}

}  // namespace zest
