// How client commands reach a sandbox, and how they show what it answers.
#include <CLI/App.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <iterator>

#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "cli/program.h"
#include "insight/remedy_shell.h"

namespace zest::cli {
namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:8080";

const Json* reach(const Json& object, std::string_view path) {
  const std::size_t slash = path.find('/');
  const Json* found = member(object, path.substr(0, slash));
  if (!found || slash == std::string_view::npos) return found;
  return reach(*found, path.substr(slash + 1));
}

std::string violations_text(const Error& error) {
  std::string text;
  for (const Violation& violation : error.violations) {
    text += (text.empty() ? ": " : "; ") + violation.field + " " + violation.message;
  }
  return text;
}

// "query parameter status must be …" and "\"eventType\" of the body must be …", with the option's name for
// the member's.
std::string in_words_of_options(const Program& program, const std::string& detail) {
  constexpr std::string_view kParameter = "query parameter ";
  constexpr std::string_view kOfBody = " of the body";
  std::size_t at = detail.rfind(kParameter, 0) == 0 ? kParameter.size() : 0;
  const bool quoted = detail.compare(at, 1, "\"") == 0;
  if (quoted) ++at;
  std::size_t end = detail.find_first_of("\" ", at);
  if (end == std::string::npos) return detail;
  const std::string option = program.option_for(detail.substr(at, end - at));
  if (option.empty()) return detail;
  if (quoted) ++end;
  if (detail.compare(end, kOfBody.size(), kOfBody) == 0) end += kOfBody.size();
  return option + detail.substr(end);
}

// "" for a sandbox's URL, which then has no slash at its end.
std::string url_problem(std::string& text) {
  std::string problem = http_url_problem(text, kDefaultUrl);
  if (!problem.empty()) return problem;
  Result<std::string> base = parse_base_url(text);
  if (!base.ok()) return "\"" + text + "\" " + base.error().detail;
  text = *base;
  return "";
}

}  // namespace

std::string console_link(const Remote& remote, std::string_view place) {
  return remote.url + "/_sandbox/console#/" + std::string(place);
}

std::string http_url_problem(const std::string& text, std::string_view example) {
  if (parse_http_url(text).ok()) return "";
  return "\"" + text + "\" is not a URL such as " + std::string(example) + missing_scheme_hint(text);
}

CLI::Validator sandbox_url() { return {&url_problem, ""}; }

CLI::Validator webhook_url() {
  return {[](const std::string& text) { return http_url_problem(text, "http://127.0.0.1:9000/webhooks"); },
          ""};
}

CLI::Validator not_empty() {
  return {[](std::string& text) { return text.empty() ? "must not be empty" : ""; }, ""};
}

CLI::Validator whole_number(int least, int most) {
  return {[least, most](std::string& text) {
            int value = 0;
            const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
            const bool good =
                problem == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
            return good ? ""
                        : "\"" + text + "\" is not valid; it must be a whole number from " +
                              std::to_string(least) +
                              (most == INT_MAX ? " on" : " to " + std::to_string(most));
          },
          ""};
}

std::string default_url(const Program& program) {
  if (const auto url = program.variable("ZEST_SANDBOX_URL")) return *url;
  // Beside a sandbox that the same environment configures, as in its container. Kubernetes makes a variable
  // of this name that is a URL.
  const std::string port = program.variable("ZEST_SANDBOX_PORT").value_or("");
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), is_digit);
  return digits && port != "0" ? "http://127.0.0.1:" + port : kDefaultUrl;
}

std::string url_option(const Program& program, const Remote& remote) {
  return remote.url == default_url(program) ? "" : " --url " + insight::shell_word(remote.url);
}

std::string as_called(const Program& program, std::string_view lines) {
  constexpr std::string_view kCommand = "zest-sandbox ";
  std::string text;
  for (std::size_t at = lines.find(kCommand); at != std::string_view::npos; at = lines.find(kCommand)) {
    const std::string_view before = lines.substr(0, at);
    const std::size_t word = before.find_last_not_of(' ');
    const bool begins_line = word == std::string_view::npos || before[word] == '\n';
    const bool is_run = begins_line || before.ends_with("$(") || before.ends_with('`');
    text.append(before).append(is_run ? program.called_as() + " " : std::string(kCommand));
    lines.remove_prefix(at + kCommand.size());
  }
  return text.append(lines);
}

std::shared_ptr<Remote> add_remote(Program& program, CLI::App* command, RemoteOptions which) {
  auto remote = std::make_shared<Remote>();
  remote->url = default_url(program);
  remote->admin_token = program.variable("ZEST_SANDBOX_ADMIN_TOKEN").value_or("");
  command
      ->add_option("--url", remote->url,
                   std::string("Where the sandbox is; else ZEST_SANDBOX_URL, else ") + kDefaultUrl)
      ->type_name("URL")
      ->transform(sandbox_url());
  // The parser checks what the line gives, not what the environment does.
  command->parse_complete_callback([remote, command] {
    if (!command->get_subcommands().empty()) return;  // it is one of them that is run
    if (const std::string problem = url_problem(remote->url); !problem.empty())
      throw CLI::ValidationError("ZEST_SANDBOX_URL", problem);
  });
  command
      ->add_option("--admin-token", remote->admin_token,
                   "Token that it was started with; else ZEST_SANDBOX_ADMIN_TOKEN")
      ->type_name("TOKEN");
  if (which == RemoteOptions::All) command->add_flag("--json", remote->json, "Print the answer as JSON");
  return remote;
}

client::ControlApi control_api(const Remote& remote) {
  return client::ControlApi(remote.url, remote.admin_token);
}

int report(const Program& program, const Remote& remote, const Error& error) {
  if (const std::optional<std::string> reason = client::unreachable_reason(error)) {
    return program.fail(kUnreachable,
                        "the sandbox at " + remote.url + " cannot be reached (" + *reason +
                            "); start it with `zest-sandbox serve`, or say with --url where it is");
  }
  std::string sentence = error.detail + violations_text(error);
  if (error.kind == ErrorKind::Unauthorized) {
    sentence += "; give the token that the sandbox was started with as --admin-token";
  }
  return program.fail(kFailed, sentence);
}

int print(const Program& program, const Remote& remote, const Result<Json>& answer,
          const std::function<std::string(const Json&)>& show) {
  if (!answer.ok()) {
    const ErrorKind kind = answer.error().kind;
    const bool refused = kind == ErrorKind::InvalidRequest || kind == ErrorKind::ValidationError;
    if (refused)
      return program.fail(
          kUsage, in_words_of_options(program, answer.error().detail) + violations_text(answer.error()));
    return report(program, remote, answer.error());
  }
  program.out << (remote.json ? dump_json_pretty(*answer) + "\n" : show(*answer)) << std::flush;
  return kFine;
}

Result<std::string> read_input(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  return read_file(path);
}

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::string text_at(const Json& object, std::string_view name) {
  const Json* found = reach(object, name);
  if (!found || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  return dump_json(*found);
}

std::string list_table(const Program& program, const Json& list, const std::string& what,
                       const std::vector<Column>& shown) {
  const Json* documents = member(list, "documents");
  if (!documents || !documents->is_array() || documents->empty()) return "No " + what + ".\n";
  std::vector<std::string> headings;
  headings.reserve(shown.size());
  for (const Column& column : shown) headings.push_back(column.heading);
  std::vector<std::vector<std::string>> rows;
  for (const Json& document : *documents) {
    std::vector<std::string> row;
    row.reserve(shown.size());
    for (const Column& column : shown) row.push_back(text_at(document, column.member));
    rows.push_back(std::move(row));
  }
  std::string text = table(program.terminal, headings, rows);
  const std::string count = text_at(list, "count");
  if (count != std::to_string(rows.size())) {
    text += program.terminal.styled(Style::Dim, std::to_string(rows.size()) + " of " + printable(count) +
                                                    " " + what + "; see --page, --per-page") +
            "\n";
  }
  return text;
}

void add_paging(CLI::App* command, Paging& paging) {
  command->add_option("--page", paging.page, "Which page, from 1")
      ->type_name("N")
      ->check(whole_number(1))
      ->capture_default_str();
  command->add_option("--per-page", paging.per_page, "How many on a page")
      ->type_name("N")
      ->check(whole_number(1))
      ->capture_default_str();
}

}  // namespace zest::cli
