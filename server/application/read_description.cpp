#include <algorithm>
#include <set>

#include "application/description.h"
#include "application/language.h"
#include "application/url_template.h"
#include "base/file.h"
#include "base/pattern.h"
#include "base/url.h"
#include "document/shape_check.h"
#include "document/source.h"
#include "document/values.h"

namespace zest::application {
namespace {

using document::child;
using document::Place;
using document::shown;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;    // [sandbox]
constexpr std::size_t kMostVariables = std::size_t{16} << 20;  // bytes of all together [sandbox]
constexpr std::string_view kEnvironment = "env";
constexpr std::string_view kIntent = "intent";
constexpr std::string_view kSample = "sample";
// What is known of resources when an action is made.
constexpr std::string_view kResourceNames[] = {
    "spvRequestSlug", "spvSlug", "zestPersonId", "personId", "subscriptionSlug", "shareClassSlug", "subject"};
constexpr Duration kLongestWithin{10 * 60'000};

class Reader {
 public:
  Reader(const document::Source& source, const std::filesystem::path& folder, const ReadOptions& options,
         std::vector<document::Finding>& findings)
      : source_(source), folder_(folder), options_(options), findings_(findings) {}

  ReadDescription read() {
    const Json& root = source_.root();
    Description& described = read_.description;
    described.file = source_.name();
    described.name = text_member(root, "name");
    if (described.name.empty()) described.name = "the application";
    if (const Json* all = member(root, "variables")) read_variables(*all);
    described.webhook_url = webhook_member("url", options_.webhook_url);
    described.webhook_secret = webhook_member("secret", options_.webhook_secret);
    if (!described.webhook_url.empty() && !options_.webhook_url)
      check_url(described.webhook_url, "/webhook/url");
    if (const Json* partner = member(root, "partner")) read_partner(*partner);
    if (const Json* start = member(root, "start")) read_start(*start);
    if (const Json* probes = member(root, "probes")) read_probes(*probes);
    if (const Json* effects = member(root, "effects")) read_effects(*effects);
    if (const Json* actions = member(root, "actions")) read_actions(*actions);
    described.variables = variables_;
    return std::move(read_);
  }

 private:
  void say(const Place& place, const std::string& reason, const std::string& hint = "") {
    findings_.push_back({source_.position_of(place), reason, hint});
  }

  // Every ${…} below the value with its place. False when one of them is no such thing, which is said.
  bool each_use(const Json& value, const Place& place,
                const std::function<bool(const document::TemplateUse&, const Place&)>& look) {
    if (value.is_string()) {
      const auto uses = document::template_uses(value.get_ref<const std::string&>());
      if (!uses.ok()) {
        say(place, uses.error().detail, "\"$${\" stands for \"${\" itself");
        return false;
      }
      return std::all_of(uses->begin(), uses->end(), [&](const auto& use) { return look(use, place); });
    }
    bool fine = true;
    if (value.is_array()) {
      for (std::size_t index = 0; index < value.size(); ++index) {
        fine = each_use(value[index], child(place, index), look) && fine;
      }
    } else if (value.is_object()) {
      for (const auto& [name, inner] : value.get_ref<const Json::object_t&>()) {
        fine = each_use(Json(name), child(place, name), look) && each_use(inner, child(place, name), look) &&
               fine;
      }
    }
    return fine;
  }

  enum class Use { Fine, LeftOut, Wrong };

  // Looks up what the value names of the environment and of variables. `later`: names that an action fills
  // in.
  Use look_up(const Json& value, const Place& place, const std::set<std::string>& later) {
    bool left_out = false;
    const bool fine = each_use(value, place, [&](const document::TemplateUse& use, const Place& at) {
      if (use.variable == kEnvironment) return read_environment(use.expression, at, left_out);
      if (missing_.contains(use.variable)) {
        left_out = true;
        return true;
      }
      if (member(variables_, use.variable) || later.contains(use.variable)) return true;
      std::vector<std::string> known(later.begin(), later.end());
      for (const auto& entry : variables_.get_ref<const Json::object_t&>()) known.push_back(entry.first);
      say(at, "${" + use.variable + "} is not defined", document::suggestion(use.variable, known));
      return false;
    });
    return !fine ? Use::Wrong : left_out ? Use::LeftOut : Use::Fine;
  }

  bool read_environment(const std::string& expression, const Place& place, bool& left_out) {
    if (options_.found) {
      left_out = true;
      return true;
    }
    const std::size_t dot = expression.find('.');
    const std::string name = dot == std::string::npos ? "" : expression.substr(dot + 1);
    if (name.empty() || name.find_first_of(".[") != std::string::npos) {
      say(place, "${" + expression + "} names no variable of the environment", "write ${env.NAME}");
      return false;
    }
    const std::optional<std::string> value = options_.environment ? options_.environment(name) : std::nullopt;
    if (!value) {
      say(place, "${env." + name + "}: " + name + " is not set in the environment, or empty",
          "export it before the run");
      return false;
    }
    variables_[std::string(kEnvironment)][name] = *value;
    return true;
  }

  // The value without templates; nothing when it is wrong or was left out, which is said.
  std::optional<Json> expanded(const Json& value, const Place& place, const std::string& part) {
    const Use use = look_up(value, place, {});
    if (use == Use::LeftOut) leave_out(part, "${env.…}");
    if (use != Use::Fine) return std::nullopt;
    Result<Json> whole = document::expand(value, variables_);
    if (whole.ok()) return std::move(*whole);
    say(place, whole.error().detail);
    return std::nullopt;
  }

  void leave_out(const std::string& part, const std::string& why) {
    const std::string text = why.empty() ? part : part + " (" + why + ")";
    auto& all = read_.left_out;
    if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
  }

  void read_variables(const Json& all) {
    for (const auto& [name, value] : all.get_ref<const Json::object_t&>()) {
      const Place place = child("/variables", name);
      const bool taken = name == kEnvironment || name == kIntent || name == kSample;
      if (taken) {
        say(place, "\"" + name + "\" has a meaning of its own", "call the variable otherwise");
        continue;
      }
      std::optional<Json> whole = expanded(value, place, "variables." + name);
      if (whole && (memory_ += document::memory_of(*whole)) > kMostVariables) {
        say(place, "the variables hold more than " + std::to_string(kMostVariables >> 20) + " MiB");
        whole.reset();
      }
      if (whole) {
        variables_[name] = std::move(*whole);
      } else {
        missing_.insert(name);
      }
    }
  }

  std::string webhook_member(const char* name, const std::optional<std::string>& given) {
    if (given) return *given;
    const Json* webhook = member(source_.root(), "webhook");
    const Json* value = webhook ? member(*webhook, name) : nullptr;
    if (!value) return "";
    const std::optional<Json> whole =
        expanded(*value, child("/webhook", name), std::string("webhook.") + name);
    if (whole && shown(*whole).empty())
      say(child("/webhook", name), std::string("\"") + name + "\" is empty");
    return whole ? shown(*whole) : "";
  }

  void check_url(const std::string& url, const Place& place) {
    const Result<HttpUrl> parsed = parse_http_url(url);
    if (!parsed.ok()) say(place, "\"" + bare_url(url) + "\" " + parsed.error().detail);
  }

  std::optional<Duration> duration(const Json& whole, const char* name, const Place& place) {
    const std::string* text = string_member(whole, name);
    if (!text) return std::nullopt;
    const Result<Duration> parsed = parse_duration(*text);
    if (!parsed.ok()) {
      say(child(place, name), "\"" + *text + "\" is no duration", parsed.error().detail);
    } else if (*parsed > kLongestWithin) {
      say(child(place, name),
          "\"" + std::string(name) + "\" is longer than " + format_duration(kLongestWithin));
    } else {
      return *parsed;
    }
    return std::nullopt;
  }

  void read_partner(const Json& partner) {
    const std::optional<Json> whole = expanded(partner, "/partner", "partner");
    if (!whole) return;
    PartnerToBe be;
    be.client_id = text_member(*whole, "use");
    be.private_key_file = folder_ / text_member(*whole, "privateKeyFile");
    if (options_.found && leads_out(be.private_key_file)) {
      return leave_out("partner", "its key is not beside the file");
    }
    read_.description.partner = std::move(be);
  }

  bool leads_out(const std::filesystem::path& path) const {
    std::error_code failed;
    const std::filesystem::path folder = std::filesystem::weakly_canonical(folder_, failed);
    const std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
    return std::mismatch(folder.begin(), folder.end(), real.begin(), real.end()).first != folder.end();
  }

  void read_start(const Json& start) {
    if (options_.found) return leave_out("start", "");
    const std::optional<Json> whole = expanded(start, "/start", "start");
    if (!whole) return;
    Start read;
    read.where = source_.where("/start");
    for (const Json& word : (*whole)["command"]) read.command.push_back(shown(word));
    if (const Json* all = member(*whole, "environment")) {
      for (const auto& [name, value] : all->get_ref<const Json::object_t&>()) {
        read.environment.emplace_back(name, shown(value));
      }
    }
    read.ready = text_member(*whole, "ready");
    if (!read.ready.empty()) check_url(read.ready, "/start/ready");
    read.within = duration(*whole, "within", "/start").value_or(kDefaultReadyWithin);
    read.folder = folder_;
    read_.description.start = std::move(read);
  }

  // Everything but `states` and `oncePer`.
  std::optional<Question> read_question(const Json& asked, const Place& place, const std::string& part,
                                        const std::vector<std::string>& known) {
    const std::optional<Json> whole = expanded(asked, place, part);
    if (!whole) return std::nullopt;
    Question question;
    const std::size_t dot = part.find('.');
    question.name = part.substr(0, dot - 1) + " " + part.substr(dot + 1);  // "probes.x" -> "probe x"
    question.where = source_.where(place);
    question.url = text_member(*whole, "url");
    question.path = text_member(*whole, "path");
    const Result<void> names = check_template(question.url, known);
    if (!names.ok()) say(child(place, "url"), names.error().detail);
    check_url(question.url, child(place, "url"));
    if (const Json* headers = member(*whole, "headers")) {
      for (const auto& [name, value] : headers->get_ref<const Json::object_t&>()) {
        question.headers.emplace_back(name, shown(value));
      }
    }
    question.within = duration(*whole, "within", place).value_or(kDefaultWithin);
    question.settle = duration(*whole, "settle", place).value_or(kDefaultSettle);
    return question;
  }

  void read_probes(const Json& all) {
    if (const Json* asked = member(all, "failure")) {
      read_.description.failure = read_question(*asked, "/probes/failure", "probes.failure",
                                                {std::begin(kFailureNames), std::end(kFailureNames)});
    }
    for (const Resource resource : kResources) {
      const Json* asked = member(all, to_string(resource));
      if (!asked) continue;
      std::vector<EventType> types;
      for (const EventType type : kEventTypes) {
        if (resource_of(type) == resource) types.push_back(type);
      }
      const std::string name(to_string(resource));
      std::optional<Question> question =
          read_question(*asked, child("/probes", name), "probes." + name, names_known(types));
      if (!question) continue;
      Probe probe{std::move(*question), resource, {}};
      const Json* states = member(*asked, "states");
      for (const std::string& state : states_of(resource)) {
        const Json* words = states ? member(*states, state) : nullptr;
        if (words && words->is_array()) {
          for (const Json& word : *words) probe.words[state].push_back(shown(word));
        } else {
          probe.words[state] = {words ? shown(*words) : state};
        }
      }
      read_.description.probes.emplace(resource, std::move(probe));
    }
  }

  void read_effects(const Json& all) {
    for (const auto& [name, asked] : all.get_ref<const Json::object_t&>()) {
      const std::optional<EventType> type = parse_event_type(text_member(asked, "oncePer"));
      const Place place = child("/effects", name);
      if (!type) {
        say(place, "\"oncePer\" must name the event type itself");
        continue;
      }
      std::optional<Question> question = read_question(asked, place, "effects." + name, names_known({*type}));
      if (question) read_.description.effects.push_back({std::move(*question), name, *type});
    }
  }

  // What the bodies of actions may name: what there is, what makes them, and what any of them captures.
  std::set<std::string> names_in_actions(const Json& all) const {
    std::set<std::string> names(std::begin(kResourceNames), std::end(kResourceNames));
    names.emplace(kIntent);
    names.emplace(kSample);
    for (const auto& entry : all.get_ref<const Json::object_t&>()) {
      if (const Json* capture = member(entry.second, "capture"); capture && capture->is_object()) {
        for (const auto& each : capture->get_ref<const Json::object_t&>()) names.insert(each.first);
      }
    }
    return names;
  }

  void read_actions(const Json& all) {
    const std::set<std::string> names = names_in_actions(all);
    for (const ActionKind kind : kActionKinds) {
      if (const Json* given = member(all, to_string(kind))) read_action(kind, *given, names);
    }
  }

  void read_action(ActionKind kind, const Json& given, const std::set<std::string>& names) {
    const std::string name(to_string(kind));
    const Place place = child("/actions", name);
    const Use use = look_up(given, place, names);
    if (use == Use::LeftOut) leave_out("actions." + name, "${env.…}");
    if (use != Use::Fine) return;
    Action action;
    action.kind = kind;
    action.where = source_.where(place);
    static const Pattern form = Pattern::compile("(GET|POST|PUT|PATCH|DELETE) +([^ ]+)").value();
    const std::string call = text_member(given, "call");
    const std::size_t space = std::min(call.find(' '), call.size());
    action.method = call.substr(0, space);
    action.url = call.substr(std::min(call.find_first_not_of(' ', space), call.size()));
    if (!form.matches(call)) {
      say(child(place, "call"), "\"" + call + "\" is no call", "such as POST http://127.0.0.1:3000/deals");
    } else if (action.url.find("${") == std::string::npos) {
      check_url(action.url, child(place, "call"));
    }
    std::vector<std::string> in_url(names.begin(), names.end());
    if (const Result<void> checked = check_braces(action.url, in_url); !checked.ok()) {
      say(child(place, "call"), checked.error().detail);
    }
    action.body = member(given, "body") ? *member(given, "body") : Json();
    action.headers = member(given, "headers") ? *member(given, "headers") : Json::object();
    action.capture = member(given, "capture") ? *member(given, "capture") : Json::object();
    action.timeout = duration(given, "timeout", place).value_or(kDefaultActionTimeout);
    read_.description.actions.emplace(kind, std::move(action));
  }

  // Names in braces of a URL whose ${…} are not yet replaced.
  static Result<void> check_braces(std::string url, const std::vector<std::string>& known) {
    for (std::size_t at = url.find("${"); at != std::string::npos; at = url.find("${", at)) {
      url.erase(at, url.find('}', at) - at + 1);
    }
    return check_template(url, known);
  }

  const document::Source& source_;
  const std::filesystem::path& folder_;
  const ReadOptions& options_;
  std::vector<document::Finding>& findings_;
  Json variables_ = Json::object();
  std::size_t memory_ = 0;         // of the variables, in bytes
  std::set<std::string> missing_;  // variables that were left out
  ReadDescription read_;
};

Error all_of(const document::Source& source, std::vector<document::Finding> findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  std::string lines;
  for (const document::Finding& finding : findings) {
    lines += (lines.empty() ? "" : "\n") + document::describe(source, finding);
  }
  return invalid_request(lines);
}

}  // namespace

Result<ReadDescription> read_description(const std::string& name, std::string_view text,
                                         const std::filesystem::path& folder, const ReadOptions& options) {
  const document::Source source = document::Source::parse(name, text);
  std::vector<document::Finding> findings = source.findings();
  if (findings.empty()) document::check_shapes(language(), source, findings);
  if (!findings.empty()) return all_of(source, std::move(findings));
  ReadDescription read = Reader(source, folder, options, findings).read();
  if (!findings.empty()) return all_of(source, std::move(findings));
  return read;
}

Result<ReadDescription> read_description(const std::filesystem::path& file, const ReadOptions& options) {
  ASSIGN_OR_RETURN(const std::string text, read_file(file, kMaxFileBytes));
  return read_description(file.string(), text, std::filesystem::absolute(file).parent_path(), options);
}

}  // namespace zest::application
