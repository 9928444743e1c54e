#include "base/look.h"

#include "base/embedded.h"

namespace zest {
namespace {

// Over the variables of tokens.css.
constexpr std::string_view kShared = R"(
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem 4rem; background: var(--back); color: var(--ink);
  font: 16px/1.5 var(--sans); }
main { max-width: 60rem; margin: 0 auto; }
h1 { font-size: 1.5rem; margin: 0; } p { margin: .35rem 0; }
code { font: .9em/1.4 var(--mono); overflow-wrap: anywhere; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.1rem 1.3rem; }
.soft { color: var(--soft); font-size: .92rem; }
@media print { body { background: none; padding: 0; } }
)";

}  // namespace

std::string page_of_its_own(std::string_view title, std::string_view style, std::string_view body) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>";
  page.append(title).append("</title>\n<style>\n").append(embedded::look().front().bytes);
  page.append(kShared).append(style).append("</style></head>\n<body><main>\n");
  return page.append(body).append("</main></body></html>\n");
}

}  // namespace zest
