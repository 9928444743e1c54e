#include <CLI/App.hpp>

#include "cli/chaos_actions.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "scenario/pack.h"

namespace zest::cli {
namespace {

struct ChaosOptions {
  std::vector<std::string> words;
  std::string client_id;
  bool all = false;
};

// {"type": "duplicate", "copies": 1} -> "duplicate copies=1"
std::string action_text(const Json& rule) {
  std::string text = text_at(rule, "action/type");
  if (const Json* action = member(rule, "action"); action != nullptr && action->is_object()) {
    for (const auto& [name, value] : action->items()) {
      if (name != "type") text += " " + name + "=" + text_at(*action, name);
    }
  }
  return text;
}

std::string match_text(const Json& rule) {
  std::string text;
  if (const Json* match = member(rule, "match"); match != nullptr && match->is_object()) {
    for (const auto& [name, value] : match->items()) {
      text += (text.empty() ? "" : " ") + name + "=" + text_at(*match, name);
    }
  }
  return text.empty() ? "all" : text;
}

std::string rules_table(const Program& program, const std::vector<Json>& rules, bool running) {
  std::vector<std::string> headings = {"ID", "ON", "MATCH", "ACTION"};
  if (running) headings.insert(headings.end(), {"CLIENT", "HITS", "ENABLED"});
  std::vector<std::vector<std::string>> rows;
  for (const Json& rule : rules) {
    std::vector<std::string> row = {text_at(rule, "id"), text_at(rule, "on"), match_text(rule),
                                    action_text(rule)};
    if (running) {
      row.insert(row.end(), {text_at(rule, "clientId"), text_at(rule, "hits"), text_at(rule, "enabled")});
    }
    rows.push_back(std::move(row));
  }
  return table(program.terminal, headings, rows);
}

std::string list_text(const Program& program, const Json& list) {
  const Json* documents = member(list, "documents");
  if (documents == nullptr || !documents->is_array() || documents->empty()) return "No chaos rules.\n";
  return rules_table(program, std::vector<Json>(documents->begin(), documents->end()), true);
}

void add_list(Program& program, CLI::App* group) {
  CLI::App* command = program.command(group, "list", "List the chaos rules and how often each has acted",
                                      {"chaos list", "chaos list --json"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<ChaosOptions>();
  command->add_option("--client-id", options->client_id, "Only this partner's")->type_name("CLIENT_ID");
  program.on(command, [&program, remote, options] {
    return print(program, *remote,
                 control_api(*remote).chaos_rules({{"clientId", given(options->client_id)}}),
                 [&program](const Json& list) { return list_text(program, list); });
  });
}

// One rule as JSON, rules on standard input, or what find_pack() finds.
Result<scenario::Pack> rules_of(const std::string& word) {
  if (word != "-" && word.find('{') != 0) return scenario::find_pack(word);
  ASSIGN_OR_RETURN(const std::string text, word == "-" ? read_input("-") : Result<std::string>(word));
  ASSIGN_OR_RETURN(const Json rule, parse_json(text));
  if (!rule.is_object()) return invalid_request("a chaos rule is a JSON object with \"on\" and \"action\"");
  return scenario::Pack{"", "", {rule}};
}

int add_rules(const Program& program, const Remote& remote, const ChaosOptions& options) {
  std::vector<Json> rules;
  for (const std::string& word : options.words) {
    Result<scenario::Pack> pack = rules_of(word);
    if (!pack.ok()) return program.fail(kUsage, pack.error().detail);
    rules.insert(rules.end(), pack->rules.begin(), pack->rules.end());
  }
  Json added = Json::array();
  for (Json& rule : rules) {
    if (!options.client_id.empty()) rule["clientId"] = options.client_id;
    Result<Json> made = control_api(remote).add_chaos_rule(rule);
    if (!made.ok()) {
      const std::string which = "rule " + text_at(rule, "id") + ": ";
      if (client::is_unreachable(made.error())) return report(program, remote, made.error());
      return program.fail(made.error().kind == ErrorKind::InvalidRequest ? kUsage : kFailed,
                          (text_at(rule, "id").empty() ? "" : which) + made.error().detail);
    }
    added.push_back(std::move(*made));
  }
  if (remote.json) {
    program.out << dump_json_pretty(added) << "\n" << std::flush;
  } else {
    program.out << rules_table(program, std::vector<Json>(added.begin(), added.end()), true) << std::flush;
  }
  return kFine;
}

void add_add(Program& program, CLI::App* group) {
  CLI::App* command = program.command(
      group, "add", "Add chaos rules: a pack by its name, a file, or a rule as JSON",
      {"chaos add client-faults   # what `chaos packs client-faults` shows", "chaos add my-rules.json",
       R"(chaos add '{"on": "webhook", "action": {"type": "duplicate"}}')"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<ChaosOptions>();
  command
      ->add_option("rules", options->words,
                   "NAME of a pack, FILE (a pack or one rule), JSON, or - for standard input")
      ->required()
      ->type_name("PACK|FILE|JSON")
      ->check(not_empty());
  command->add_option("--client-id", options->client_id, "For this partner only")->type_name("CLIENT_ID");
  program.on(command, [&program, remote, options] { return add_rules(program, *remote, *options); });
}

int remove_rules(const Program& program, const Remote& remote, const ChaosOptions& options) {
  if (options.all == !options.words.empty()) {
    return program.fail(
        kUsage, "say which rules to remove, or --all. Run `zest-sandbox chaos remove --help` for more.");
  }
  if (options.all) {
    return print(program, remote,
                 control_api(remote).remove_chaos_rules({{"clientId", given(options.client_id)}}),
                 [](const Json&) { return std::string("All chaos rules are removed.\n"); });
  }
  for (const std::string& word : options.words) {
    // A pack stands for its rules.
    std::vector<std::string> ids = {word};
    for (const scenario::Pack& pack : scenario::shipped_packs()) {
      if (pack.name != word) continue;
      ids.clear();
      for (const Json& rule : pack.rules) ids.push_back(text_at(rule, "id"));
    }
    for (const std::string& id : ids) {
      const Result<Json> removed = control_api(remote).remove_chaos_rule(id);
      if (!removed.ok()) return report(program, remote, removed.error());
      if (!remote.json) program.out << printable(id) << " is removed\n" << std::flush;
    }
  }
  return kFine;
}

void add_remove(Program& program, CLI::App* group) {
  CLI::App* command =
      program.command(group, "remove", "Remove chaos rules by id, those of a pack, or all",
                      {"chaos remove late", "chaos remove client-faults", "chaos remove --all"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<ChaosOptions>();
  command->add_option("ids", options->words, "Rule ids, or names of packs")->type_name("ID");
  command->add_flag("--all", options->all, "Every rule");
  command->add_option("--client-id", options->client_id, "With --all: only those of this partner")
      ->type_name("CLIENT_ID");
  program.on(command, [&program, remote, options] { return remove_rules(program, *remote, *options); });
}

Json pack_json(const scenario::Pack& pack) {
  return Json{{"name", pack.name}, {"purpose", pack.purpose}, {"rules", pack.rules}};
}

int show_packs(const Program& program, const ChaosOptions& options, bool json) {
  if (options.words.empty()) {
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const scenario::Pack& pack : scenario::shipped_packs()) {
      rows.push_back({pack.name, std::to_string(pack.rules.size()), pack.purpose});
      list.push_back(pack_json(pack));
    }
    program.out << (json ? dump_json_pretty(list) + "\n"
                         : table(program.terminal, {"PACK", "RULES", "PURPOSE"}, rows))
                << std::flush;
    return kFine;
  }
  for (const std::string& word : options.words) {
    const Result<scenario::Pack> pack = scenario::find_pack(word);
    if (!pack.ok()) return program.fail(kUsage, pack.error().detail);
    if (json) {
      program.out << dump_json_pretty(pack_json(*pack)) << "\n";
    } else {
      program.out << program.terminal.styled(Style::Bold, printable(pack->name)) << "\n"
                  << printable(pack->purpose) << "\n\n"
                  << rules_table(program, pack->rules, false);
    }
    program.out << std::flush;
  }
  return kFine;
}

void add_packs(Program& program, CLI::App* group) {
  CLI::App* command = program.command(group, "packs", "List the packs of rules that come along, or show one",
                                      {"chaos packs", "chaos packs client-faults",
                                       "chaos packs client-faults --json   # to begin a file of your own"});
  const auto options = std::make_shared<ChaosOptions>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("names", options->words, "Packs or files to show")->type_name("NAME|FILE");
  command->add_flag("--json", *json, "Print them as JSON");
  program.on(command, [&program, options, json] { return show_packs(program, *options, *json); });
}

std::string actions_text(const Program& program, const std::vector<const ChaosActionRow*>& rows) {
  std::string text;
  for (const ChaosActionRow* row : rows) {
    text += (text.empty() ? "" : "\n") + program.terminal.styled(Style::Bold, std::string(row->name)) + " (" +
            std::string(to_string(row->target)) + ")\n" + std::string(row->help) + "\n";
    for (const ChaosMember& each : row->members) {
      text += "  " + std::string(each.name) + (each.required ? " (required)" : "") + "  " +
              std::string(each.help) + "\n";
    }
    text += "zest-sandbox chaos add '" + dump_json(beginning_of_rule(*row)) + "'\n";
  }
  return text;
}

int show_actions(const Program& program, const ChaosOptions& options, bool json) {
  std::vector<const ChaosActionRow*> rows;
  for (const std::string& word : options.words) {
    const std::vector<const ChaosActionRow*> named = chaos_actions_named(word);
    if (named.empty())
      return program.fail(kUsage, "there is no action \"" + word + "\"; `chaos actions` lists them");
    rows.insert(rows.end(), named.begin(), named.end());
  }
  const bool all = rows.empty();
  if (all) {
    for (const ChaosActionRow& row : kChaosActionTable) rows.push_back(&row);
  }
  if (json) {
    Json rules = Json::array();
    for (const ChaosActionRow* row : rows) rules.push_back(beginning_of_rule(*row));
    program.out << dump_json_pretty(rules.size() == 1 ? rules[0] : Json{{"rules", rules}}) << std::endl;
    return kFine;
  }
  if (!all) {
    program.out << actions_text(program, rows) << std::flush;
    return kFine;
  }
  std::vector<std::vector<std::string>> lines;
  lines.reserve(rows.size());
  for (const ChaosActionRow* row : rows) {
    lines.push_back({std::string(row->name), std::string(to_string(row->target)), members_text(*row),
                     std::string(row->help)});
  }
  program.out << table(program.terminal, {"ACTION", "ON", "MEMBERS", "WHAT HAPPENS"}, lines) << std::flush;
  return kFine;
}

void add_actions(Program& program, CLI::App* group) {
  CLI::App* command = program.command(
      group, "actions", "List what chaos rules can do, or show how to begin one",
      {"chaos actions", "chaos actions delay", "chaos actions delay --json | zest-sandbox chaos add -"});
  const auto options = std::make_shared<ChaosOptions>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("actions", options->words, "Actions to show")->type_name("ACTION");
  command->add_flag("--json", *json, "Print rules to begin with, as JSON");
  program.on(command, [&program, options, json] { return show_actions(program, *options, *json); });
}

}  // namespace

void add_chaos(Program& program) {
  CLI::App* group =
      program.command("chaos", "Faults on purpose: list, add and remove rules, and packs of them", {});
  add_list(program, group);
  add_add(program, group);
  add_remove(program, group);
  add_packs(program, group);
  add_actions(program, group);
}

}  // namespace zest::cli
