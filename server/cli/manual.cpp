#include "cli/manual.h"

#include <vector>

#include "base/version.h"

namespace zest::cli {
namespace {

// Text as roff takes it for text: no escapes, no hyphenation of options, no requests at the start of a line.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const bool line_starts = escaped.empty() || escaped.back() == '\n';
    if (line_starts && (c == '.' || c == '\'')) escaped += "\\&";
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string section(const char* name) { return std::string(".SH ") + name + "\n"; }

// Keeps lines as they are.
std::string verbatim(const std::string& text) { return ".nf\n" + roff(text) + "\n.fi\n"; }

std::string command_line(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent ? command_line(*parent) + " " + command.get_name() : command.get_name();
}

std::vector<const CLI::App*> subcommands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::string usage_line(const CLI::App& command) {
  std::string line = ".B " + roff(command_line(command)) + "\n";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = "\\fI" + roff(option->get_name()) + "\\fR";
    line += (option->get_required() ? name : "[" + name + "]") + "\n";
  }
  return line + "[\\fIoptions\\fR]\n";
}

std::string options_text(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) continue;
    text += ".TP\n\\fB" + roff(option->get_name(false, true)) + "\\fR";
    const std::string type = option->get_type_size_max() == 0 ? "" : option->get_type_name();
    if (!type.empty()) text += " \\fI" + roff(type) + "\\fR";
    text += "\n" + roff(option->get_description()) + "\n";
  }
  return text;
}

std::string described(const CLI::App& command) {
  std::string text;
  const std::vector<const CLI::App*> inner = subcommands(command);
  if (inner.empty()) {
    text += ".SS " + roff(command_line(command)) + "\n" + roff(command.get_description()) + ".\n.PP\n" +
            usage_line(command);
    text += options_text(command);
    if (!command.get_footer().empty()) text += ".PP\n" + verbatim(command.get_footer());
  }
  for (const CLI::App* sub : inner) text += described(*sub);
  return text;
}

}  // namespace

std::string manual_page(const CLI::App& root) {
  std::string page = ".TH ZEST\\-SANDBOX 1 \"\" \"zest\\-sandbox " + std::string(version()) + "\" \"\"\n";
  page += section("NAME") + "zest\\-sandbox \\- local sandbox of the Zest Partner API\n";
  page += section("SYNOPSIS") + ".B zest\\-sandbox\n[\\fIcommand\\fR] [\\fIoptions\\fR]\n";
  page += section("DESCRIPTION") + roff(root.get_description()) + "\n.PP\n" + roff(root.get_footer()) + "\n";
  page += section("COMMANDS");
  for (const CLI::App* command : subcommands(root)) page += described(*command);
  page += section("ENVIRONMENT") +
          ".TP\n.B ZEST_SANDBOX_URL\nWhere the sandbox is that commands talk to.\n"
          ".TP\n.B ZEST_SANDBOX_ADMIN_TOKEN\nThe token that it was started with.\n"
          ".TP\n.B ZEST_SANDBOX_\\fIOPTION\\fR\nEach option of serve, in capitals and with underscores.\n"
          ".TP\n.B ZEST_CLIENT_ID\\fR, \\fBZEST_PRIVATE_KEY_FILE\\fR, \\fBZEST_WEBHOOK_SECRET\n"
          "The partner that commands act as; exec sets them.\n"
          ".TP\n.B NO_COLOR\nNo colours.\n";
  page += section("EXIT STATUS") +
          "0 fine, 1 the thing asked about failed, 2 wrong usage, 3 the sandbox cannot be reached.\n";
  page +=
      section("FILES") + ".TP\n.I zest\\-sandbox.json\nOptions of serve, read from the working directory.\n";
  return page;
}

}  // namespace zest::cli
