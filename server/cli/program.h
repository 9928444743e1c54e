// What the commands share: the parser's tree of commands, the screen, the environment, and how to reach a
// sandbox. Each command is a file of its own that adds itself to a Program.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <climits>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "client/control_api.h"

namespace zest::cli {

class Program {
 public:
  using Action = std::function<int()>;
  using Environment = std::vector<std::pair<std::string, std::string>>;

  Program(std::ostream& output, std::ostream& errors, Terminal screen, Environment variables);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // A command below the program or below another command. `examples`: command lines without the program's
  // name, with a comment each ("clock advance 12h   # half a day later").
  CLI::App* command(const std::string& name, const std::string& summary,
                    const std::vector<std::string>& examples);
  CLI::App* command(CLI::App* parent, const std::string& name, const std::string& summary,
                    const std::vector<std::string>& examples);
  void on(const CLI::App* command, Action action) { actions_[command] = std::move(action); }
  // What follows `--` on that command's line (of the first level) is not parsed but goes to `rest`, word for
  // word; a line without it is wrong usage.
  void take_rest(const CLI::App* command, std::vector<std::string>& rest) { rests_[command] = &rest; }

  // Parses and runs; answers the exit code: kFailed when what was to be said could not be written.
  int run(std::vector<std::string> arguments);

  // The program as a shell of the user's runs it again: by its path where it was called by one.
  const std::string& called_as() const { return called_as_; }
  void set_called_as(std::string name) { called_as_ = std::move(name); }

  std::optional<std::string> variable(const std::string& name) const;  // nothing when unset or empty
  const Environment& environment() const { return environment_; }

  // The option of the running command that gives a member of an API ("webhookUrl" -> "--webhook-url"); ""
  // when it has none.
  std::string option_for(const std::string& member) const;

  // One sentence on the error stream. Answers `code`.
  int fail(int code, const std::string& sentence) const;

  std::ostream& out;
  std::ostream& err;
  const Terminal terminal;

 private:
  int show_help(const std::vector<std::string>& path);
  int explain_parse_error(const CLI::ParseError& error);
  // Moves what follows `--` to where the command wants it; false when it is missing.
  bool cut_rest(std::vector<std::string>& arguments);
  int explain_unexpected(CLI::App* at, const std::string& word);
  CLI::App* deepest();
  int perform(std::vector<std::string> arguments);

  std::string called_as_ = "zest-sandbox";
  Environment environment_;
  CLI::App root_;
  CLI::App* running_ = nullptr;
  std::map<const CLI::App*, Action> actions_;
  std::map<const CLI::App*, std::vector<std::string>*> rests_;
};

// What options may be, said in one way.
CLI::Validator whole_number(int least, int most = INT_MAX);
CLI::Validator sandbox_url();  // transforms: the slash at the end of a base URL goes
CLI::Validator webhook_url();
CLI::Validator not_empty();  // an unset variable of a shell, mostly
// What is wrong with a URL, and what seems to be meant; "" when nothing is.
std::string http_url_problem(const std::string& text, std::string_view example);

// The sandbox that a client command talks to.
struct Remote {
  std::string url;
  std::string admin_token;
  bool json = false;  // --json: the answer as JSON instead of a table
};

// Where the console of that sandbox shows something: `place` is "deliveries/wde_1" or such.
std::string console_link(const Remote& remote, std::string_view place);

// Where the environment says that the sandbox is: ZEST_SANDBOX_URL, else ZEST_SANDBOX_PORT on this machine,
// else port 8080.
std::string default_url(const Program& program);

// " --url URL", for a command that is to be run for that sandbox; "" for one that the environment tells of.
std::string url_option(const Program& program, const Remote& remote);
// Lines that a shell is to run, with the program as it was called.
std::string as_called(const Program& program, std::string_view lines);

// Adds --url, --admin-token and --json. The defaults are the environment's.
enum class RemoteOptions { All, WithoutJson };  // where --json means something else
std::shared_ptr<Remote> add_remote(Program& program, CLI::App* command,
                                   RemoteOptions which = RemoteOptions::All);
client::ControlApi control_api(const Remote& remote);

// Says what went wrong and what to do next; answers the exit code.
int report(const Program& program, const Remote& remote, const Error& error);

// Prints the answer as JSON with --json, else what `show` makes of it.
int print(const Program& program, const Remote& remote, const Result<Json>& answer,
          const std::function<std::string(const Json&)>& show);

// Adds --url, --client-id and --count to a command that shows one kind of event of /_sandbox/stream as it
// comes: as a line each, or as JSON with --json.
struct Tail {
  std::string event;
  std::function<std::string(const Json&)> line;
};
void add_tail(Program& program, CLI::App* command, const Tail& tail);

// All bytes of a file; "-" is standard input. Errors: InvalidRequest that names it.
Result<std::string> read_input(const std::string& path);

// The member as text for people: "" when absent, numbers and booleans spelt out.
std::string text_at(const Json& object, std::string_view name);
// The value of an option, nothing when it was left out or empty.
std::optional<std::string> given(const std::string& text);

// A table of a list's documents and a line that counts them. Columns are member names; "a/b" reaches into
// objects.
struct Column {
  std::string heading;
  std::string member;
};
std::string list_table(const Program& program, const Json& list, const std::string& what,
                       const std::vector<Column>& shown);

// --page and --per-page of a list.
struct Paging {
  int page = 1;
  int per_page = 50;
};
void add_paging(CLI::App* command, Paging& paging);

}  // namespace zest::cli
