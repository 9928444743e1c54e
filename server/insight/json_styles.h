// How a program in another language would write a JSON document again that it has parsed: white space, order
// of members, escapes, numbers and dates. For finding out who changed the bytes of a webhook. Thread-safety:
// free functions.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace zest::insight {

struct JsonStyle {
  enum class Layout { Compact, Spaced, Indent2, Indent4, Tab, Jackson };
  // Of members. Documented: as Zest's events write them; JavaHash: as a java.util.HashMap has them.
  enum class Order { Kept, Sorted, Documented, JavaHash };
  enum class Escapes { Least, Ascii, AsciiUpper, Slash, AsciiSlash, Html, Gson, DotNet };
  enum class Numbers { Kept, JavaScript };  // JavaScript: 1.0 becomes 1
  // What happens to texts that look like something else.
  enum class Texts {
    Kept,
    DecimalsTrimmed,
    DecimalsAsNumbers,
    DecimalsAsFloats,
    DecimalsAsFloatTexts,
    NoZeroFraction,
    ShortFraction,
    Offset
  };

  Layout layout = Layout::Compact;
  Order order = Order::Kept;
  Escapes escapes = Escapes::Least;
  Numbers numbers = Numbers::Kept;
  Texts texts = Texts::Kept;
};

std::string write_json(const Json& document, const JsonStyle& style);
// What is peculiar about the style: "indented by 2 spaces, keys sorted". "" for none.
std::string describe(const JsonStyle& style);
// All combinations of up to three peculiarities, the fewest first.
const std::vector<JsonStyle>& json_styles();

}  // namespace zest::insight
