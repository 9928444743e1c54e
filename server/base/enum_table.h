// Constant tables with one row for each value of an enumeration, checked while they are compiled: a value
// without a row, a row too many or one out of order does not compile. Thread-safety: immutable.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zest {

// A list inside a constant, of at most `Most` items; more of them do not compile.
template <class Item, std::size_t Most>
class ConstantList {
 public:
  constexpr ConstantList() = default;
  constexpr ConstantList(std::initializer_list<Item> items) {
    for (const Item& item : items) add(item);
  }
  constexpr void add(const Item& item) { items_[size_++] = item; }
  constexpr const Item* begin() const { return items_.data(); }
  constexpr const Item* end() const { return items_.data() + size_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const Item& operator[](std::size_t index) const { return items_[index]; }

 private:
  std::array<Item, Most> items_{};
  std::size_t size_ = 0;
};

namespace enum_table {
// GCC and clang both write a value that has no name as a cast of its number: "Value = (zest::Color)3".
template <auto Value>
constexpr bool has_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::string_view kBefore = "Value = ";
  text.remove_prefix(text.find(kBefore) + kBefore.size());
  return text.front() != '(';
}
}  // namespace enum_table

// Whether the rows are one for each value, in the order of the values, which count from 0. `key` is the
// member that holds the value: static_assert(is_complete(kColors, &ColorRow::color)).
template <class Row, class Enum, std::size_t Size>
constexpr bool is_complete(const Row (&rows)[Size], Enum Row::*key) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (rows[i].*key != static_cast<Enum>(i)) return false;
  }
  return !enum_table::has_name<static_cast<Enum>(Size)>();
}

// The row of a value in such a table.
template <class Enum, class Row, std::size_t Size>
constexpr const Row& row_of(const Row (&rows)[Size], Enum value) {
  return rows[static_cast<std::size_t>(value)];
}

// All values, in order.
template <class Row, class Enum, std::size_t Size>
constexpr std::array<Enum, Size> values_of(const Row (&)[Size], Enum Row::*) {
  std::array<Enum, Size> values{};
  for (std::size_t i = 0; i < Size; ++i) values[i] = static_cast<Enum>(i);
  return values;
}

// A table of words and nothing else.
template <class Enum>
struct Word {
  Enum value{};
  std::string_view text;
};
template <class Enum, std::size_t Size>
constexpr bool is_complete(const Word<Enum> (&words)[Size]) {
  return is_complete(words, &Word<Enum>::value);
}
template <class Enum, std::size_t Size>
constexpr std::array<Enum, Size> values_of(const Word<Enum> (&words)[Size]) {
  return values_of(words, &Word<Enum>::value);
}

// The value of this name; nothing for another word. For enumerations that have to_string().
template <class Enum, std::size_t Size>
constexpr std::optional<Enum> parse_word(const std::array<Enum, Size>& values, std::string_view word) {
  for (const Enum value : values) {
    if (to_string(value) == word) return value;
  }
  return std::nullopt;
}

// The names of such values.
template <class Values>
std::vector<std::string> texts_of(const Values& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const auto value : values) texts.emplace_back(to_string(value));
  return texts;
}

}  // namespace zest
