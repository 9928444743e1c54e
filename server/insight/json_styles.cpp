#include "insight/json_styles.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/enum_table.h"
#include "base/time.h"
#include "protocol/event_type.h"

namespace zest::insight {
namespace {

using Layout = JsonStyle::Layout;
using Order = JsonStyle::Order;
using Escapes = JsonStyle::Escapes;
using Numbers = JsonStyle::Numbers;
using Texts = JsonStyle::Texts;

constexpr Word<Layout> kLayouts[] = {
    {Layout::Compact, ""},
    {Layout::Spaced, "a space after every comma and colon, as Python's json.dumps writes"},
    {Layout::Indent2, "indented by 2 spaces"},
    {Layout::Indent4, "indented by 4 spaces"},
    {Layout::Tab, "indented by tabs"},
    {Layout::Jackson, "indented with \" : \", as Jackson's pretty printer writes"},
};
static_assert(is_complete(kLayouts));
constexpr Word<Order> kOrders[] = {
    {Order::Kept, ""},
    {Order::Sorted, "keys sorted"},
    {Order::Documented, "keys in another order than they were sent in"},
    {Order::JavaHash, "keys in the order of a java.util.HashMap, as org.json writes them"},
};
static_assert(is_complete(kOrders));
constexpr Word<Escapes> kEscapes[] = {
    {Escapes::Least, ""},
    {Escapes::Ascii, "letters beyond ASCII as \\u00e9, as Python's json.dumps writes"},
    {Escapes::AsciiUpper, "letters beyond ASCII as \\u00E9"},
    {Escapes::Slash, "/ as \\/"},
    {Escapes::AsciiSlash, "/ as \\/ and letters beyond ASCII as \\u00e9, as PHP's json_encode writes"},
    {Escapes::Html, "<, > and & escaped, as Go's json.Marshal and Rails' to_json write"},
    {Escapes::Gson, "<, >, &, = and ' escaped, as Gson writes"},
    {Escapes::DotNet, "+, <, >, &, ' and letters beyond ASCII escaped, as System.Text.Json writes"},
};
static_assert(is_complete(kEscapes));
constexpr Word<Numbers> kNumbers[] = {
    {Numbers::Kept, ""},
    {Numbers::JavaScript, "numbers as JavaScript writes them (1.0 as 1)"},
};
static_assert(is_complete(kNumbers));
constexpr Word<Texts> kTexts[] = {
    {Texts::Kept, ""},
    {Texts::DecimalsTrimmed, "decimals without their trailing zeros (\"1.500\" as \"1.5\")"},
    {Texts::DecimalsAsNumbers, "decimal texts turned into numbers (\"1.500\" as 1.5)"},
    {Texts::DecimalsAsFloats, "decimal texts turned into floats (\"1500.00\" as 1500.0)"},
    {Texts::DecimalsAsFloatTexts, "decimals as floats print (\"1500.00\" as \"1500.0\")"},
    {Texts::NoZeroFraction, "instants without .000, as java.time and date libraries write them"},
    {Texts::ShortFraction,
     "instants without the zeros at the end of their fraction, as Newtonsoft.Json writes"},
    {Texts::Offset, "instants with +00:00 instead of Z, as Python's isoformat writes"},
};
static_assert(is_complete(kTexts));

// The envelope's members, and those of data of any type. Zest docs: webhooks/events.
const std::vector<std::string_view>& documented_order() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names = {"eventId", "eventType", "occurredAt", "data"};
    for (const EventTypeRow& row : kEventTypeTable) {
      for (const std::string_view name : row.data) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
    return names;
  }();
  return kNames;
}

std::size_t documented_place(std::string_view name) {
  const auto& names = documented_order();
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

bool is_decimal(std::string_view text) {
  if (text.empty() || text.size() > 17) return false;
  const std::size_t start = text.front() == '-' ? 1 : 0;
  const std::string_view digits = text.substr(start);
  return !digits.empty() && digits.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(digits.begin(), digits.end(), '.') <= 1 && digits.front() != '.' &&
         digits.back() != '.' && (digits.front() != '0' || digits.size() == 1 || digits[1] == '.');
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// "1500.0", "1.5": as Python, Java and Ruby print a float.
std::string as_float(std::string text) {
  text = without_trailing_zeros(std::move(text));
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

// Where java.util.HashMap keeps a name among so many: its bucket.
std::uint32_t java_bucket(std::string_view name, std::size_t members) {
  std::uint32_t hash = 0;  // String.hashCode, of names in ASCII
  for (const char c : name) hash = hash * 31U + static_cast<unsigned char>(c);
  std::uint32_t buckets = 16;
  while (members > buckets * 3 / 4) buckets *= 2;
  return (hash ^ (hash >> 16U)) & (buckets - 1);
}

std::string javascript_number(double value) {
  if (std::floor(value) == value && std::fabs(value) < 1e21) {
    std::array<char, 32> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed, 0);
    return value == 0 ? "0" : std::string(digits.data(), end.ptr);
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), end.ptr};
}

// "2026-01-01T00:00:00.120Z"
bool is_instant(std::string_view text) {
  return text.size() == 24 && text[10] == 'T' && text[19] == '.' && text.back() == 'Z' &&
         parse_instant(text).ok();
}

class Writer {
 public:
  explicit Writer(const JsonStyle& style) : style_(style) {}

  void value(const Json& json, std::size_t depth) {
    switch (json.type()) {
      case Json::value_t::object:
        return object(json, depth);
      case Json::value_t::array:
        return array(json, depth);
      case Json::value_t::string:
        return text_value(json.get_ref<const std::string&>());
      case Json::value_t::number_float:
      case Json::value_t::number_integer:
      case Json::value_t::number_unsigned:
        if (style_.numbers == Numbers::JavaScript) {
          out_ += javascript_number(json.get<double>());
          return;
        }
        break;
      default:
        break;
    }
    out_ += dump_json(json);
  }

  std::string take() { return std::move(out_); }

 private:
  bool indents() const { return style_.layout >= Layout::Indent2; }

  void new_line(std::size_t depth) {
    if (!indents()) return;
    out_ += '\n';
    if (style_.layout == Layout::Tab) {
      out_.append(depth, '\t');
    } else {
      out_.append(depth * (style_.layout == Layout::Indent4 ? 4 : 2), ' ');
    }
  }

  void comma() { out_ += style_.layout == Layout::Spaced ? ", " : ","; }
  void colon() {
    out_ += style_.layout == Layout::Jackson ? " : " : style_.layout == Layout::Compact ? ":" : ": ";
  }

  std::vector<std::pair<const std::string*, const Json*>> members(const Json& json) const {
    std::vector<std::pair<const std::string*, const Json*>> all;
    for (auto item = json.begin(); item != json.end(); ++item) all.emplace_back(&item.key(), &item.value());
    if (style_.order == Order::Sorted) {
      std::stable_sort(all.begin(), all.end(),
                       [](const auto& a, const auto& b) { return *a.first < *b.first; });
    } else if (style_.order == Order::Documented) {
      std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return documented_place(*a.first) < documented_place(*b.first);
      });
    } else if (style_.order == Order::JavaHash) {
      std::stable_sort(all.begin(), all.end(), [&json](const auto& a, const auto& b) {
        return java_bucket(*a.first, json.size()) < java_bucket(*b.first, json.size());
      });
    }
    return all;
  }

  void object(const Json& json, std::size_t depth) {
    if (json.empty()) {
      out_ += style_.layout == Layout::Jackson ? "{ }" : "{}";
      return;
    }
    out_ += '{';
    bool first = true;
    for (const auto& [name, item] : members(json)) {
      if (!std::exchange(first, false)) comma();
      new_line(depth + 1);
      text(*name);
      colon();
      value(*item, depth + 1);
    }
    new_line(depth);
    out_ += '}';
  }

  void array(const Json& json, std::size_t depth) {
    const bool in_line = style_.layout == Layout::Jackson;
    if (json.empty()) {
      out_ += in_line ? "[ ]" : "[]";
      return;
    }
    out_ += in_line ? "[ " : "[";
    bool first = true;
    for (const Json& item : json) {
      if (!std::exchange(first, false)) out_ += in_line ? ", " : style_.layout == Layout::Spaced ? ", " : ",";
      if (!in_line) new_line(depth + 1);
      value(item, in_line ? depth : depth + 1);
    }
    if (!in_line) new_line(depth);
    out_ += in_line ? " ]" : "]";
  }

  void text_value(const std::string& given) {
    if (style_.texts == Texts::Kept) return text(given);
    if (style_.texts <= Texts::DecimalsAsFloatTexts) {
      if (!is_decimal(given)) return text(given);
      const bool floats = style_.texts >= Texts::DecimalsAsFloats;
      const std::string written = floats ? as_float(given) : without_trailing_zeros(given);
      const bool quoted =
          style_.texts == Texts::DecimalsTrimmed || style_.texts == Texts::DecimalsAsFloatTexts;
      if (quoted) return text(written);
      out_ += written;
      return;
    }
    if (!is_instant(given)) return text(given);
    std::string seconds = given.substr(0, 19);
    std::string fraction = given.substr(20, 3);
    if (style_.texts == Texts::Offset) {
      return text(seconds + (fraction == "000" ? "" : "." + fraction + "000") + "+00:00");
    }
    if (style_.texts == Texts::ShortFraction || fraction == "000")
      fraction.erase(fraction.find_last_not_of('0') + 1);
    text(seconds + (fraction.empty() ? "" : "." + fraction) + "Z");
  }

  bool escapes_beyond_ascii() const {
    return style_.escapes == Escapes::Ascii || style_.escapes == Escapes::AsciiUpper ||
           style_.escapes == Escapes::AsciiSlash || style_.escapes == Escapes::DotNet;
  }

  void unit(std::uint32_t code) {
    const bool upper = style_.escapes == Escapes::DotNet || style_.escapes == Escapes::AsciiUpper;
    const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    out_ += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out_ += digits[(code >> shift) & 15U];
  }

  void code_point(std::uint32_t code) {
    if (code < 0x10000) return unit(code);
    unit(0xD800 + ((code - 0x10000) >> 10U));
    unit(0xDC00 + ((code - 0x10000) & 0x3FFU));
  }

  bool ascii(char c) {
    const auto escaped = [this](std::string_view these, char which) {
      return these.find(which) != std::string_view::npos && (unit(static_cast<unsigned char>(which)), true);
    };
    switch (style_.escapes) {
      case Escapes::Html:
        return escaped("<>&", c);
      case Escapes::Gson:
        return escaped("<>&='", c);
      case Escapes::DotNet:
        return escaped("<>&'+`\"", c);
      case Escapes::Slash:
      case Escapes::AsciiSlash:
        if (c == '/') out_ += "\\/";
        return c == '/';
      default:
        return false;
    }
  }

  void text(const std::string& given) {
    out_ += '"';
    for (std::size_t i = 0; i < given.size(); ++i) {
      const char c = given[i];
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80) {
        if (ascii(c)) continue;
        const std::string whole = dump_json(std::string(1, c));  // "\"" with its quotes
        out_.append(whole, 1, whole.size() - 2);
        continue;
      }
      if (!escapes_beyond_ascii()) {
        out_ += c;
        continue;
      }
      const std::size_t more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;  // parse_json took valid UTF-8 only
      std::uint32_t code = byte & (0x3FU >> more);
      for (std::size_t k = 0; k < more; ++k)
        code = (code << 6U) | (static_cast<unsigned char>(given[++i]) & 0x3FU);
      code_point(code);
    }
    out_ += '"';
  }

  const JsonStyle& style_;
  std::string out_;
};

template <class Row, class Enum>
void note(std::string& text, const Row& rows, Enum value) {
  const std::string_view words = row_of(rows, value).text;
  if (words.empty()) return;
  text.append(text.empty() ? "" : ", ").append(words);
}

constexpr int kMostPeculiarities = 3;

int peculiarities(const JsonStyle& style) {
  return (style.layout != Layout::Compact) + (style.order != Order::Kept) +
         (style.escapes != Escapes::Least) + (style.numbers != Numbers::Kept) + (style.texts != Texts::Kept);
}

}  // namespace

std::string write_json(const Json& document, const JsonStyle& style) {
  Writer writer(style);
  writer.value(document, 0);
  return writer.take();
}

std::string describe(const JsonStyle& style) {
  std::string text;
  note(text, kLayouts, style.layout);
  note(text, kOrders, style.order);
  note(text, kEscapes, style.escapes);
  note(text, kNumbers, style.numbers);
  note(text, kTexts, style.texts);
  return text;
}

const std::vector<JsonStyle>& json_styles() {
  static const std::vector<JsonStyle> kStyles = [] {
    std::vector<JsonStyle> all;
    for (const auto& layout : kLayouts) {
      for (const auto& order : kOrders) {
        for (const auto& escapes : kEscapes) {
          for (const auto& numbers : kNumbers) {
            for (const auto& texts : kTexts) {
              const JsonStyle style{layout.value, order.value, escapes.value, numbers.value, texts.value};
              if (peculiarities(style) <= kMostPeculiarities) all.push_back(style);
            }
          }
        }
      }
    }
    std::stable_sort(all.begin(), all.end(), [](const JsonStyle& a, const JsonStyle& b) {
      return peculiarities(a) < peculiarities(b);
    });
    return all;
  }();
  return kStyles;
}

}  // namespace zest::insight
