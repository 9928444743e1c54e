// What the screen can do, and text laid out for it. Thread-safety: plain values and free functions.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace zest::cli {

enum class Style { Plain, Bold, Dim, Green, Red, Yellow };

struct Terminal {
  bool colour = false;
  std::size_t width = 0;  // columns; 0: unlimited (a file or a pipe)

  std::string styled(Style style, std::string_view text) const;
};

// Of standard output; with colours only where it is a terminal and `colours` are wanted.
Terminal standard_output(bool colours);

// One line on a stream that tells how far a long command is; gone with this object. Nothing is written where
// standard error is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::ostream& errors);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(std::string_view text);

 private:
  std::ostream& errors_;
  std::size_t width_ = 0;  // of the terminal; 0: there is none
  std::size_t shown_ = 0;  // columns
};

// Text from a server must not drive the terminal, nor show in another order than it reads: control characters
// and what is no UTF-8 become '?', controls of direction and Unicode's line ends are escaped as \u202e.
std::string printable(std::string_view text);
// The same for text with line ends of its own; it ends with one.
std::string printable_lines(std::string_view text);
// Columns that UTF-8 text takes (one per code point).
std::size_t columns(std::string_view text);
// At most `width` columns, with … in place of what is cut.
std::string shortened(std::string_view text, std::size_t width);

// Headings and rows in aligned columns, two spaces apart. Where the terminal is too narrow, the widest
// columns give way.
std::string table(const Terminal& terminal, const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows);

// "name  value" lines with the values aligned.
std::string fields(const std::vector<std::pair<std::string, std::string>>& lines,
                   std::string_view indent = "");

}  // namespace zest::cli
