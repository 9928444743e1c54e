#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/nearest.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/completer.h"
#include "cli/manual.h"

namespace zest::cli {
namespace {

constexpr const char* kName = "zest-sandbox";
constexpr const char* kComplete = "__complete";
constexpr std::size_t kHelpColumn = 36;

// "  zest-sandbox clock advance 12h   half a day later", with the remarks aligned.
std::string examples_text(const std::vector<std::string>& examples) {
  std::size_t width = 0;
  for (const std::string& example : examples) width = std::max(width, example.find(" # "));
  std::string text = "Examples:";
  for (const std::string& example : examples) {
    const std::size_t mark = example.find(" # ");
    std::string usage = example.substr(0, mark);
    usage.erase(usage.find_last_not_of(' ') + 1);
    text += "\n  " + std::string(kName) + " " + usage;
    if (mark != std::string::npos) text += "\n      " + example.substr(mark + 3);
  }
  return text;
}

std::vector<std::string> option_names(CLI::App* command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command->get_options()) {
    if (!option->get_positional()) names.push_back(option->get_name());
  }
  return names;
}

std::vector<std::string> command_names(CLI::App* command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  return names;
}

// "zest-sandbox clock advance"
std::string full_name(const CLI::App* command) {
  const CLI::App* parent = command->get_parent();
  return parent ? full_name(parent) + " " + command->get_name() : command->get_name();
}

// A bare call serves, and so does one that begins with an option.
void add_default_command(std::vector<std::string>& arguments) {
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == "-h" || first == "--help" || first == "--version" || first == "-v") return;
  if (first.empty() || first.front() == '-') arguments.insert(arguments.begin(), "serve");
}

}  // namespace

Program::Program(std::ostream& output, std::ostream& errors, Terminal screen, Environment variables)
    : out(output),
      err(errors),
      terminal(screen),
      environment_(std::move(variables)),
      root_(
          "A local sandbox of the Zest Partner API: the API with its documented rules, signed webhooks with "
          "retries, virtual time.\nWithout a command it serves, as `zest-sandbox serve` does.",
          kName) {
  root_.get_formatter()->column_width(kHelpColumn);
  root_.footer(
      "Start with `zest-sandbox demo` to see it at work, then `zest-sandbox serve`.\n"
      "`zest-sandbox help COMMAND` tells more about a command.\n"
      "Exit codes: 0 fine, 1 the thing asked about failed, 2 wrong usage, 3 the sandbox cannot be reached.");
}

CLI::App* Program::command(const std::string& name, const std::string& summary,
                           const std::vector<std::string>& examples) {
  return command(&root_, name, summary, examples);
}

CLI::App* Program::command(CLI::App* parent, const std::string& name, const std::string& summary,
                           const std::vector<std::string>& examples) {
  CLI::App* command = parent->add_subcommand(name, summary);
  command->footer(examples.empty() ? std::string() : examples_text(examples));
  return command;
}

std::optional<std::string> Program::variable(const std::string& name) const {
  for (const auto& entry : environment_) {
    if (entry.first == name && !entry.second.empty()) return entry.second;
  }
  return std::nullopt;
}

int Program::fail(int code, const std::string& sentence) const {
  // Several findings stay on one line.
  std::string line;
  for (const char letter : sentence) line += letter == '\n' ? " | " : std::string(1, letter);
  err << kName << ": " << printable(line) << std::endl;
  return code;
}

CLI::App* Program::deepest() {
  CLI::App* at = &root_;
  for (std::vector<CLI::App*> next = at->get_subcommands(); !next.empty(); next = at->get_subcommands()) {
    at = next.front();
  }
  return at;
}

int Program::explain_unexpected(CLI::App* at, const std::string& word) {
  const bool option = word.size() > 1 && word.front() == '-';
  const std::string plain = word.substr(0, word.find('='));
  const std::vector<std::string> known = option ? option_names(at) : command_names(at);
  const std::optional<std::string> meant = nearest(plain, known);
  std::string sentence;
  if (option) {
    sentence = full_name(at) + " has no option " + plain;
  } else if (known.empty()) {
    sentence = full_name(at) + " does not take \"" + plain + "\"";
  } else {
    sentence = full_name(at) + " has no command \"" + plain + "\"";
  }
  sentence += meant                     ? "; did you mean " + *meant + "?"
              : option || known.empty() ? "."
                                        : "; it has " + join(known) + ".";
  return fail(kUsage, sentence + " Run `" + full_name(at) + " --help` for more.");
}

int Program::explain_parse_error(const CLI::ParseError& error) {
  CLI::App* at = deepest();
  // A word that nobody knows explains what is missing without it, not the other way round.
  const std::vector<std::string> words = root_.remaining(true);
  if (!words.empty()) return explain_unexpected(at, words.front());
  std::string problem = error.what();
  if (const std::size_t missing = problem.find(" required ");
      dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && missing != std::string::npos) {
    problem = problem.substr(0, problem.find(':')) + " needs a value";
  }
  const std::string end = problem.ends_with('?') ? "" : ".";
  return fail(kUsage, full_name(at) + ": " + problem + end + " Run `" + full_name(at) + " --help` for more.");
}

int Program::show_help(const std::vector<std::string>& path) {
  CLI::App* at = &root_;
  for (const std::string& word : path) {
    const std::vector<CLI::App*> known = at->get_subcommands([](const CLI::App*) { return true; });
    const auto next = std::find_if(known.begin(), known.end(),
                                   [&word](const CLI::App* sub) { return sub->get_name() == word; });
    if (next == known.end()) return explain_unexpected(at, word);
    at = *next;
  }
  out << at->help(at == &root_ ? "" : full_name(at->get_parent()));
  return kFine;
}

bool Program::cut_rest(std::vector<std::string>& arguments) {
  for (const auto& entry : rests_) {
    if (entry.first->get_name() != arguments.front()) continue;
    const auto mark = std::find(arguments.begin(), arguments.end(), "--");
    const auto is_help = [](const std::string& word) { return word == "-h" || word == "--help"; };
    if (std::any_of(arguments.begin(), mark, is_help)) {
      arguments.erase(mark, arguments.end());
      return true;
    }
    if (mark == arguments.end() || mark + 1 == arguments.end()) return false;
    entry.second->assign(mark + 1, arguments.end());
    arguments.erase(mark, arguments.end());
  }
  return true;
}

std::string Program::option_for(const std::string& member) const {
  if (!running_) return "";
  std::string meant = "--";
  for (const char c : member) {
    if (c >= 'A' && c <= 'Z') {
      meant += '-';
      meant += static_cast<char>(c - 'A' + 'a');
    } else {
      meant += c;
    }
  }
  // An option may say less or more than the member: --tenant for tenantSlug, --public-key-b64 for publicKey.
  for (const std::string& name : option_names(running_)) {
    if (name == meant || name.rfind(meant + "-", 0) == 0 || meant.rfind(name + "-", 0) == 0) return name;
  }
  return "";
}

int Program::run(std::vector<std::string> arguments) {
  const int code = perform(std::move(arguments));
  out.flush();
  return out || code != kFine ? code : fail(kFailed, "the output cannot be written");
}

int Program::perform(std::vector<std::string> arguments) {
  if (!arguments.empty() && arguments.front() == kComplete) {  // a script of `completion` asks
    arguments.erase(arguments.begin());
    out << completion_lines(complete(*this, root_, arguments));
    return kFine;
  }
  add_default_command(arguments);
  if (arguments.front() == "help") {
    arguments.erase(arguments.begin());
    if (arguments == std::vector<std::string>{"--man"}) {
      out << manual_page(root_);
      return kFine;
    }
    const auto is_flag = [](const std::string& word) { return word == "-h" || word == "--help"; };
    if (std::erase_if(arguments, is_flag) > 0 && arguments.empty()) arguments = {"help"};
    return show_help(arguments);
  }
  if (arguments.front() == "--version" || arguments.front() == "-v") arguments.front() = "version";
  if (!cut_rest(arguments)) {
    const std::string name = std::string(kName) + " " + arguments.front();
    return fail(kUsage, name + " needs a command after --, such as `" + name + " -- npm test`. Run `" + name +
                            " --help` for more.");
  }
  std::reverse(arguments.begin(), arguments.end());  // as the parser takes them
  try {
    root_.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    CLI::App* at = deepest();
    out << at->help(at == &root_ ? "" : full_name(at->get_parent()));
    return kFine;
  } catch (const CLI::ParseError& error) {
    return explain_parse_error(error);
  }
  CLI::App* at = deepest();
  const auto action = actions_.find(at);
  if (action == actions_.end()) {
    return fail(kUsage, full_name(at) + " needs one of: " + join(command_names(at)) + ". Run `" +
                            full_name(at) + " --help` for more.");
  }
  for (const CLI::App* group = at->get_parent(); group != nullptr; group = group->get_parent()) {
    for (const CLI::Option* option : group->get_options()) {
      if (option->count() == 0) continue;
      return fail(kUsage, option->get_name() + " belongs after `" + full_name(at) + "`");
    }
  }
  running_ = at;
  return action->second();
}

}  // namespace zest::cli
