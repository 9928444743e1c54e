// `zest-sandbox mcp`: the tools for coding agents over standard input and output, one message a line.
#include <CLI/App.hpp>
#include <iostream>
#include <sstream>

#include "app/private_file.h"
#include "app/sandbox.h"
#include "app/stop_limit.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/serve_options.h"
#include "mcp/session.h"

namespace zest::cli {
namespace {

// Wall; an advance waits for every receiver, and each may take 10 s.
constexpr Duration kToolTimeout{600'000};

// Members of attempts that are long and seldom the question.
constexpr const char* kLongMembers[] = {"requestHeaders", "requestBody", "responseHeaders"};

class LocalHost final : public mcp::Host {
 public:
  LocalHost(const Program& program, Remote remote)
      : program_(program), remote_(std::move(remote)), log_(LogFormat::Text, LogLevel::Warning) {}
  ~LocalHost() override {
    keys_.clear();
    if (sandbox_) app::end_in_time(std::move(sandbox_), kFine, log_);
  }

  bool offers(const mcp::Tool& /*tool*/) const override { return true; }

  Result<Json> call(const mcp::Tool& tool, const Json& arguments) override {
    if (tool.operation) return control(tool, arguments);
    if (tool.name == "start_sandbox") return start(arguments);
    if (tool.name == "trigger_event") return trigger(arguments);
    if (tool.name == "list_scenarios") return list_scenarios();
    if (tool.name == "run_scenario") return run_scenario(arguments);
    if (tool.name == "certify_receiver") return certify(arguments);
    return make_error(ErrorKind::NotFound, "there is no tool " + std::string(tool.name));
  }

 private:
  Result<Json> control(const mcp::Tool& tool, const Json& arguments) {
    const mcp::ControlCall call = mcp::control_call(tool, arguments);
    client::Query query;
    for (const auto& [name, value] : call.query) query.emplace_back(name, value);
    client::Request request = call.path.empty()
                                  ? client::request_of(call.operation, {}, query)
                                  : client::request_of(call.operation, {call.path.front().second}, query);
    request.timeout = kToolTimeout;
    if (row_of(kOperationTable, call.operation).body != BodyKind::None)
      request = client::with_body(std::move(request), call.body);
    Result<Json> answer = client::Connection(remote_.url, remote_.admin_token).call(request);
    if (!answer.ok()) return explained(answer.error());
    if (call.operation == Operation::CreatePartner) keep_key(*answer);
    return without_long_members(std::move(*answer));
  }

  Error explained(Error error) const {
    if (const std::optional<std::string> reason = client::unreachable_reason(error)) {
      error.detail = "no sandbox is at " + remote_.url + " (" + *reason +
                     "): call start_sandbox, or start one with `zest-sandbox serve`";
    }
    return error;
  }

  static Json without_long_members(Json answer) {
    const auto attempts = answer.find("attempts");
    if (!answer.is_object() || attempts == answer.end() || !attempts->is_array()) return answer;
    for (Json& attempt : *attempts) {
      for (const char* name : kLongMembers) attempt.erase(name);
    }
    return answer;
  }

  // So that events can be triggered as this partner.
  void keep_key(const Json& partner) {
    const std::string pem = text_at(partner, "privateKeyPem");
    if (pem.empty()) return;
    Result<std::unique_ptr<app::PrivateKeyFile>> key = app::PrivateKeyFile::write(pem);
    if (key.ok()) keys_[text_at(partner, "clientId")] = std::move(*key);
  }

  Result<Json> start(const Json& arguments) {
    app::OptionSources sources;
    sources.environment = program_.environment();
    sources.defaults = {{"port", "0"}, {"clock", "manual"}, {"log-level", "warning"}};
    for (const auto& [member, option] : {std::pair("clock", "clock"), std::pair("webhookUrl", "webhook-url"),
                                         std::pair("db", "db"), std::pair("port", "port")}) {
      if (const Json* value = zest::member(arguments, member))
        sources.flags.emplace_back(option, text_of_value(*value));
    }
    ASSIGN_OR_RETURN(const app::ResolvedOptions resolved, app::resolve_options(sources));
    keys_.clear();
    if (sandbox_) sandbox_->stop();
    sandbox_.reset();
    ASSIGN_OR_RETURN(sandbox_, app::Sandbox::start(resolved.options, log_));
    remote_.url = sandbox_->local_url();
    remote_.admin_token = sandbox_->admin_token();
    const app::SeededPartner& partner = sandbox_->partner();
    Json told{{"url", remote_.url},
              {"clientId", partner.client_id},
              {"webhookSecret", partner.webhook_secret},
              {"privateKeyPem", partner.private_key_pem},
              {"guide", remote_.url + "/llms.txt"},
              {"openapi", remote_.url + "/openapi.json"}};
    if (!remote_.admin_token.empty()) told["adminToken"] = remote_.admin_token;
    return told;
  }

  static std::string text_of_value(const Json& value) {
    return value.is_string() ? value.get<std::string>() : dump_json(value);
  }

  // Another command of this program, as if typed: its words for people.
  struct Said {
    int code = 0;
    std::string out;
    std::string err;
  };
  Said run(std::vector<std::string> words) const {
    std::ostringstream out;
    std::ostringstream err;
    Program inner(out, err, Terminal(), program_.environment());
    add_commands(inner);
    const int code = inner.run(std::move(words));
    return {code, out.str(), err.str()};
  }

  // The sentence of a command that did not do what it was asked.
  static Error complaint(const Said& said) {
    constexpr std::string_view kName = "zest-sandbox: ";  // of the program, which an agent did not call
    std::string text = said.err.empty() ? said.out : said.err;
    if (text.rfind(kName, 0) == 0) text.erase(0, kName.size());
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return invalid_request(text);
  }

  Result<Json> trigger(const Json& arguments) {
    std::vector<std::string> words = {"trigger", text_at(arguments, "eventType"), "--json", "--url",
                                      remote_.url};
    if (!remote_.admin_token.empty()) words.insert(words.end(), {"--admin-token", remote_.admin_token});
    if (const std::string client = text_at(arguments, "clientId"); !client.empty()) {
      const auto key = keys_.find(client);
      if (key == keys_.end())
        return invalid_request("the key of " + client +
                               " is not known here; register a partner with register_partner");
      words.insert(words.end(), {"--client-id", client, "--key", key->second->path().string()});
    }
    if (const Json* set = member(arguments, "set")) {
      for (const auto& entry : set->items()) {
        const bool text = entry.value().is_string();
        words.insert(words.end(),
                     {"--set", entry.key() + (text ? "=" : ":=") + text_of_value(entry.value())});
      }
    }
    const Said said = run(std::move(words));
    if (said.code == kUnreachable)
      return make_error(ErrorKind::ServiceUnavailable,
                        "no sandbox is at " + remote_.url + ": call start_sandbox");
    if (said.code != kFine) return complaint(said);
    ASSIGN_OR_RETURN(Json made, parse_json(said.out));
    const Json delivery = made.value("delivery", Json::object());
    made["delivery"] = Json::object();
    for (const char* name : {"status", "attemptCount", "nextAttemptAt"}) {
      if (const Json* value = member(delivery, name)) made["delivery"][name] = *value;
    }
    return made;
  }

  Result<Json> list_scenarios() const {
    const Said said = run({"scenario", "list", "--json"});
    ASSIGN_OR_RETURN(const Json all, parse_json(said.out));
    std::string lines;
    for (const Json& one : all) lines += text_at(one, "name") + ": " + text_at(one, "purpose") + "\n";
    return Json(lines);
  }

  Result<Json> run_scenario(const Json& arguments) const {
    std::vector<std::string> words = {"scenario", "run", text_at(arguments, "scenario")};
    return verdict(with_options(std::move(words), arguments));
  }

  Result<Json> certify(const Json& arguments) const { return verdict(with_options({"certify"}, arguments)); }

  static std::vector<std::string> with_options(std::vector<std::string> words, const Json& arguments) {
    for (const auto& [member, option] :
         {std::pair("webhookUrl", "--webhook-url"), std::pair("webhookSecret", "--webhook-secret"),
          std::pair("probeUrl", "--probe-url")}) {
      if (const std::string value = text_at(arguments, member); !value.empty())
        words.insert(words.end(), {option, value});
    }
    return words;
  }

  // A verdict, good or bad, is a result; a command that could not come to one is an error.
  Result<Json> verdict(std::vector<std::string> words) const {
    const Said said = run(std::move(words));
    if (said.code != kFine && said.code != kFailed) return complaint(said);
    return Json((said.code == kFine ? "passed\n" : "failed\n") + said.out + said.err);
  }

  const Program& program_;
  Remote remote_;
  Log log_;
  std::unique_ptr<app::Sandbox> sandbox_;
  std::map<std::string, std::unique_ptr<app::PrivateKeyFile>> keys_;
};

// Bytes; more than any message needs. [sandbox]
constexpr std::size_t kLongestMessage = std::size_t{4} << 20;

// The next line; of one that is too long the beginning, which is no JSON. False: the input is over.
bool read_message(std::istream& input, std::string& line) {
  line.clear();
  for (int byte = 0; (byte = input.rdbuf()->sbumpc()) != std::char_traits<char>::eof();) {
    if (byte == '\n') return true;
    if (line.size() <= kLongestMessage) line += static_cast<char>(byte);
  }
  return !line.empty();
}

int serve_messages(const Program& program, const Remote& remote) {
  LocalHost host(program, remote);
  std::string line;
  while (read_message(std::cin, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Result<Json> message = line.size() > kLongestMessage
                                     ? invalid_request("the message is longer than 4 MiB")
                                     : parse_json(line);
    const std::optional<Json> reply =
        message.ok() ? mcp::answer(host, *message) : std::optional<Json>(mcp::parse_failure());
    if (reply) program.out << dump_json(*reply) << std::endl;
    if (!program.out) return kFailed;  // nobody reads any more
  }
  return kFine;
}

}  // namespace

void add_mcp(Program& program) {
  CLI::App* command = program.command(
      "mcp", "Tools for coding agents, by the Model Context Protocol on standard input and output",
      {"mcp   # an agent's configuration has this as command of a server",
       "mcp --url http://127.0.0.1:8080   # for a sandbox that runs; without one the agent starts it"});
  const auto remote = add_remote(program, command);
  program.on(command, [&program, remote] { return serve_messages(program, *remote); });
}

}  // namespace zest::cli
