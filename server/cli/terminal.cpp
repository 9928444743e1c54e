#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/utf8.h"

namespace zest::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;  // a column is not squeezed below this

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t taken = columns(text);
  return taken >= width ? text : text + std::string(width - taken, ' ');
}

// Takes columns from the widest until all fit.
void squeeze(std::vector<std::size_t>& widths, std::size_t available) {
  const auto total = [&widths] {
    std::size_t sum = kGap * (widths.size() - 1);
    for (const std::size_t width : widths) sum += width;
    return sum;
  };
  while (total() > available) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kNarrowest) return;
    --*widest;
  }
}

std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string cell = shortened(printable(i < cells.size() ? cells[i] : std::string()), widths[i]);
    if (i > 0) text += std::string(kGap, ' ');
    text += i + 1 < widths.size() ? padded(cell, widths[i]) : cell;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string Terminal::styled(Style style, std::string_view text) const {
  if (!colour || style == Style::Plain) return std::string(text);
  const char* code = "";
  switch (style) {
    case Style::Plain:
      break;
    case Style::Bold:
      code = "1";
      break;
    case Style::Dim:
      code = "2";
      break;
    case Style::Green:
      code = "32";
      break;
    case Style::Red:
      code = "31";
      break;
    case Style::Yellow:
      code = "33";
      break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

Terminal standard_output(bool colours) {
  Terminal terminal;
  if (isatty(STDOUT_FILENO) == 0) return terminal;
  terminal.colour = colours;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) terminal.width = size.ws_col;
  return terminal;
}

ProgressLine::ProgressLine(std::ostream& errors) : errors_(errors) {
  constexpr std::size_t kUnknownWidth = 80;
  if (isatty(STDERR_FILENO) == 0) return;
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  width_ = known ? size.ws_col : kUnknownWidth;
}

// Blanks instead of a control sequence that clears: every terminal knows them.
void ProgressLine::show(std::string_view text) {
  if (width_ < 2) return;
  const std::string line = shortened(printable(text), width_ - 1);
  errors_ << "\r" << line << std::string(shown_ - std::min(shown_, columns(line)), ' ') << std::flush;
  shown_ = columns(line);
}

ProgressLine::~ProgressLine() {
  if (shown_ > 0) errors_ << "\r" << std::string(shown_, ' ') << "\r" << std::flush;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text, at);
    const std::string_view sequence = text.substr(at, std::max<std::size_t>(length, 1));
    if (length != 0 && !is_control(sequence)) {
      out += sequence;
    } else if (sequence.size() == 1 || sequence.front() == '\xC2') {
      out += '?';
    } else {
      out += unicode_escape(sequence);
    }
    at += sequence.size();
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += printable(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string shortened(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  std::string out;
  std::size_t taken = 0;
  for (const char c : text) {
    if (!is_continuation(c) && ++taken >= width) break;
    out += c;
  }
  return out + "…";
}

std::string table(const Terminal& terminal, const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  widths.reserve(headings.size());
  for (const std::string& heading : headings) widths.push_back(columns(heading));
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < widths.size() && i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns(printable(row[i])));
    }
  }
  if (terminal.width > 0) squeeze(widths, terminal.width);
  std::string text = terminal.styled(Style::Bold, line(headings, widths)) + "\n";
  for (const std::vector<std::string>& row : rows) text += line(row, widths) + "\n";
  return text;
}

std::string fields(const std::vector<std::pair<std::string, std::string>>& lines, std::string_view indent) {
  std::size_t width = 0;
  for (const auto& entry : lines) width = std::max(width, columns(entry.first));
  std::string text;
  for (const auto& entry : lines) {
    text += std::string(indent) + padded(entry.first, width + kGap) + printable(entry.second) + "\n";
  }
  return text;
}

}  // namespace zest::cli
