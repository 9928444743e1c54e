// The manual page, written off the parser's tree of commands, so that it says what the program does.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace zest::cli {

// In the language of man (roff).
std::string manual_page(const CLI::App& root);

}  // namespace zest::cli
