// The one look of everything that a person sees in a browser, for pages that are files of their own.
// Thread-safety: free functions.
#pragma once

#include <string>
#include <string_view>

namespace zest {

// An HTML page: the console's variables (server/console/style/tokens.css), the rules that all such pages
// share (text, .card, .soft), `style`, and `body` in its <main>. `title` and `body` are markup already.
std::string page_of_its_own(std::string_view title, std::string_view style, std::string_view body);

}  // namespace zest
