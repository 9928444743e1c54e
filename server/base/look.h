// The one look of everything that a person sees in a browser: the CSS variables of the console, for pages
// that are files of their own. Thread-safety: immutable.
#pragma once

#include <string_view>

namespace zest {

// server/console/style/tokens.css, to stand at the beginning of a <style>.
std::string_view look();

}  // namespace zest
