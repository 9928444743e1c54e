#include "insight/remedy.h"

#include <algorithm>
#include <utility>

#include "base/nearest.h"
#include "insight/remedy_grant.h"
#include "insight/remedy_rules.h"
#include "insight/remedy_shell.h"
#include "insight/resource_finder.h"
#include "insight/text_forms.h"
#include "model/rule_catalogue.h"

namespace zest::insight {
namespace {

constexpr int kMostPasses = 3;  // of correcting a body: what is set may break another rule

// The word that a refusal names as the one that was meant; "" for none.
std::string meant_word(const Json& row) {
  const std::string detail = text_member(row, "errorDetail");
  constexpr std::string_view kMeant = "did you mean ";
  const std::size_t at = detail.find(kMeant);
  if (at == std::string::npos || detail.back() != '?') return "";
  return detail.substr(at + kMeant.size(), detail.size() - at - kMeant.size() - 1);
}

const OperationRow* operation_of(Operation operation) { return &row_of(kOperationTable, operation); }

const OperationRow* operation_named(std::string_view id) {
  for (const OperationRow& row : kOperationTable) {
    if (!id.empty() && row.id == id) return &row;
  }
  return nullptr;
}

bool repeats_the_same(Rule rule) {
  return rule == Rule::InjectedFault || rule == Rule::SandboxBusy || rule == Rule::SandboxInternal;
}

class Mender {
 public:
  explicit Mender(const CallFacts& facts)
      : facts_(facts), holdings_(facts.holdings), finder_(facts, remedy_) {}

  Remedy run() {
    find_call();
    if (remedy_.operation == nullptr) return finished();
    if (remedy_.operation->operation == Operation::ExchangeTokens) return mended_grant();
    mend_caller();
    mend_query();
    take_body();
    say_by_rule(facts_, is_upload(), remedy_);
    mend_path();
    if (remedy_.operation != nullptr) mend_state();
    if (remedy_.operation != nullptr) mend_body();
    if (remedy_.changes.empty()) remedy_.changes.emplace_back(row_of(facts_.rule).fix);
    return finished();
  }

 private:
  void say(std::string change) { remedy_.changes.push_back(std::move(change)); }
  void first(std::string line) { remedy_.before.push_back(std::move(line)); }
  const std::optional<SpvRequest>& spv() const { return finder_.found_spv(); }
  const std::string& person() const { return finder_.found_person(); }
  std::string command(const std::string& words) const { return command_line(facts_.base_url, words); }
  std::string call(Operation operation, const std::string& path, const Json& body) const {
    return keyed_call_line(facts_.base_url, operation, path, body);
  }
  // No call is to be made; what there is says the rest.
  void look_at(const std::string& id) {
    remedy_.operation = nullptr;
    remedy_.before = {command("explain " + shell_word(id))};
  }

  Remedy finished() {
    std::vector<std::string>& before = remedy_.before;
    const bool called = remedy_.operation != nullptr && remedy_.operation->access != Access::Public;
    const bool bearer = called || std::any_of(before.begin(), before.end(), [](const std::string& line) {
                          return line.find("$TOKEN") != std::string::npos;
                        });
    if (bearer) before.insert(before.begin(), "TOKEN=$(" + token_command() + ")");
    if (called && remedy_.operation->key != KeyUse::None) {
      const std::string sent = text_member(facts_.row, "idempotencyKey");
      remedy_.key = repeats_the_same(facts_.rule) && !sent.empty() ? sent : kFreshKey;
    }
    return std::move(remedy_);
  }
  std::string token_command() const {
    const std::string& id = holdings_.client_id;
    return command("token --keyless") + (id.empty() ? "" : " --client-id " + shell_word(id));
  }

  // Which operation it is about, and where.
  void find_call() {
    const std::string method = text_member(facts_.row, "method");
    remedy_.path = text_member(facts_.row, "path");
    remedy_.operation = operation_named(text_member(facts_.row, "operation"));
    if (remedy_.operation != nullptr) {
      if (surface_of(remedy_.operation->path) == Surface::Control) mend_control_call();
      if (remedy_.path.find("/files/") == 0) remedy_.operation = nullptr;  // the token is not kept
      if (remedy_.operation == nullptr && remedy_.changes.empty()) say(std::string(row_of(facts_.rule).fix));
      return;
    }
    if (facts_.rule == Rule::HttpPath) return take_meant_path(method);
    if (facts_.rule == Rule::HttpMethod) return take_method_of_path(method);
    say(std::string(row_of(facts_.rule).fix));
  }

  void take_meant_path(const std::string& method) {
    const std::string meant = meant_word(facts_.row);
    const std::string sent = std::exchange(remedy_.path, meant);
    remedy_.operation = operation_at(method, meant);
    if (remedy_.operation == nullptr && !meant.empty()) remedy_.operation = operation_at("", meant);
    if (remedy_.operation == nullptr) {
      remedy_.operation = operation_of(Operation::GetOpenApiDocument);
      remedy_.path = std::string(remedy_.operation->path);
      return say(std::string(row_of(facts_.rule).fix));
    }
    const bool other = remedy_.operation->method != method;
    say("call " + (other ? std::string(remedy_.operation->method) + " " : "") + meant + " instead of " +
        (other ? method + " " : "") + sent);
  }

  void take_method_of_path(const std::string& method) {
    const bool writes = method == "POST" || method == "PUT" || method == "PATCH";
    std::string there;
    for (const OperationRow& row : kOperationTable) {
      if (operation_at(row.method, remedy_.path) != &row) continue;
      there += (there.empty() ? "" : " and ") + std::string(row.method);
      const bool better = writes ? row.method == "POST" : row.method == "GET";
      if (remedy_.operation == nullptr || better) remedy_.operation = &row;
    }
    if (remedy_.operation == nullptr) return say(std::string(row_of(facts_.rule).fix));
    say("call it with " + std::string(remedy_.operation->method) + " instead of " + method +
        ": the path takes " + there);
  }

  void mend_control_call() {
    const Operation operation = remedy_.operation->operation;
    remedy_.operation = nullptr;
    const std::vector<std::string> steps = path_steps();
    const std::string slug = steps.size() > 1 ? steps[steps.size() - 2] : "";
    say(std::string(row_of(facts_.rule).fix));
    if (facts_.rule == Rule::FundingBeforeCompletion && operation == Operation::CompleteSubscription) {
      for (const Subscription& each : holdings_.subscriptions) {
        if (each.slug != slug) continue;
        const std::string path = "/v1/spvs/" + each.spv_slug + "/subscription/" + each.person_id;
        if (!each.form)
          first(call(Operation::UploadSubscriptionForm, path + "/forms", sample_parts(&each, "", false)));
        first(call(Operation::UploadFundingReceipt, path + "/fundings", sample_parts(&each, "", true)));
      }
      first(command("subscriptions complete " + shell_word(slug)));
    } else if (!slug.empty() && facts_.rule != Rule::None) {
      first(command("explain " + shell_word(slug)));
    }
  }
  std::vector<std::string> path_steps() const {
    std::vector<std::string> steps;
    std::string_view rest = std::string_view(remedy_.path).substr(0, remedy_.path.find('?'));
    while (!rest.empty()) {
      const std::size_t slash = rest.find('/', 1);
      steps.emplace_back(rest.substr(1, slash == std::string_view::npos ? slash : slash - 1));
      rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    }
    return steps;
  }

  Remedy mended_grant() {
    remedy_.changes = grant_changes(facts_);
    remedy_.operation = nullptr;
    first(token_command());
    return finished();
  }

  void mend_caller() {
    const std::string called_as = text_member(facts_.row, "clientId");
    if (!called_as.empty() && called_as != holdings_.client_id) {
      say("call it as " + holdings_.client_id + ", whose it is: the token was " + called_as + "'s");
    }
    if (holdings_.provisioned || remedy_.operation->access != Access::BearerProvisioned) return;
    say("have " + holdings_.client_id + " provisioned");
    first(command("partners update " + shell_word(holdings_.client_id) + " --provisioned true"));
  }

  void mend_query() {
    const std::size_t at = remedy_.path.find('?');
    if (at == std::string::npos) return;
    const std::string query = remedy_.path.substr(at + 1);
    remedy_.path.resize(at);
    if (query.find("[redacted]") != std::string::npos)
      say("leave the token out of the URL: it is read from the Authorization header only");
    if (remedy_.operation->operation != Operation::ListSpvRequests) return;
    remedy_.path += mended_list_query(query, remedy_.changes);
  }

  bool is_upload() const { return remedy_.operation->body == BodyKind::Multipart; }
  bool is_funding() const { return remedy_.operation->operation == Operation::UploadFundingReceipt; }

  // What was sent, or what fits where that is not kept.
  void take_body() {
    if (remedy_.operation->body == BodyKind::None) return;
    const Json* sent = member(facts_.row, "body");
    const bool same_kind = is_upload() == (media_type_sent() == "multipart/form-data");
    if (sent != nullptr && same_kind && facts_.rule != Rule::HttpContentType) {
      remedy_.body = *sent;
      return;
    }
    sampled_ = true;
  }
  std::string media_type_sent() const {
    const std::string type = lower(text_member(facts_.row, "contentType"));
    return trimmed(type.substr(0, type.find(';')));
  }

  // Each value of a placeholder becomes one that there is.
  void mend_path() {
    std::vector<std::string> values;
    if (operation_at(remedy_.operation->method, remedy_.path, &values) != remedy_.operation) return;
    const std::size_t question = remedy_.path.find('?');
    const std::string query = question == std::string::npos ? "" : remedy_.path.substr(question);
    std::vector<std::string> names;
    each_placeholder(remedy_.operation->path, [&names](std::string_view name) { names.emplace_back(name); });
    for (std::size_t i = 0; i < names.size() && i < values.size(); ++i)
      values[i] = right_value(names[i], values);
    if (remedy_.operation == nullptr) return;
    std::string path(remedy_.operation->path);
    for (std::size_t i = 0; i < names.size(); ++i) path = replaced(path, "{" + names[i] + "}", values[i]);
    remedy_.path = path + query;
  }

  std::string right_value(const std::string& name, const std::vector<std::string>& values) {
    if (name == "slug") return finder_.request(values.front());
    if (name == "spv_slug") return finder_.spv(values.front());
    if (name == "person_id") return finder_.person(values.back(), "the path");
    const rules::Contracts& contracts = *facts_.contracts;
    if (contracts.versions().empty()) return values.back();
    if (name == "version") {
      version_ = values.front();
      const std::vector<std::string>& all = contracts.versions();
      if (std::find(all.begin(), all.end(), version_) != all.end()) return version_;
      version_ = nearest(version_, all).value_or(all.back());
      say("ask for version " + version_ + ", which there is");
      return version_;
    }
    return right_contract(values.back());
  }
  std::string right_contract(const std::string& sent) {
    using Kind = rules::Contracts::Kind;
    const std::string_view path = remedy_.operation->path;
    const Kind kind = path.find("/templates/") != std::string_view::npos    ? Kind::Templates
                      : path.find("/catalogs/") != std::string_view::npos   ? Kind::Catalogs
                      : path.find("/primitives/") != std::string_view::npos ? Kind::Primitives
                                                                            : Kind::Samples;
    const std::vector<std::string> names = facts_.contracts->names(version_, kind);
    if (names.empty() || std::find(names.begin(), names.end(), sent) != names.end()) return sent;
    std::string right = nearest(sent, names).value_or(names.front());
    say("ask for " + right + " instead of " + sent);
    return right;
  }

  // What has to be there before, and what can only be read any more.
  void mend_state() {
    if (repeats_the_same(facts_.rule)) return;
    const Operation operation = remedy_.operation->operation;
    if (operation == Operation::CancelSpvRequest) return mend_cancel();
    if (operation == Operation::CreateSubscriptions) return mend_subscriptions();
    if (is_upload()) mend_upload();
  }

  void mend_cancel() {
    for (const SpvRequest& each : holdings_.requests) {
      if (remedy_.path.find(each.slug) == std::string::npos || each.status == SpvStatus::PendingReview)
        continue;
      say("leave it: " + each.slug + " is " + std::string(to_string(each.status)) + " since " +
          format_instant(each.updated_at) + ", which is final; read it, or create another request");
      remedy_.operation = operation_of(Operation::GetSpvRequest);
      return;
    }
  }

  void mend_subscriptions() {
    if (sampled_) {
      std::optional<std::string> person = finder_.free_person();
      take_sample_subscription(person ? *person : finder_.new_person(), "");
      return;
    }
    Json* rows = rows_of("subscriptions");
    if (rows == nullptr) return;
    Json kept = Json::array();
    const Subscription* known = nullptr;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      Json& row = (*rows)[i];
      const std::string where = "subscriptions[" + std::to_string(i) + "]";
      if (const std::string* person = string_member(row, "zestPersonId"))
        row["zestPersonId"] = finder_.person(*person, where);
      const Subscription* other = finder_.held(text_member(row, "zestPersonId"));
      if (other == nullptr) {
        mend_terms(row, where);
        kept.push_back(row);
        continue;
      }
      known = other;
      say("leave out " + where + ": " + other->person_id + " has " + other->slug + " to " + other->spv_slug +
          " already; use that one");
    }
    if (known != nullptr && kept.empty()) return look_at(known->slug);
    *rows = std::move(kept);
  }
  // Rows that were not looked at yet, for another SPV than the one they were written for.
  void mend_terms(Json& row, const std::string& where) {
    if (!spv() || member(facts_.row, "validationErrors") != nullptr) return;
    const std::string wanted = text_member(row, "shareClassSlug");
    const Json fitting = sample_subscription(*spv(), *facts_.contracts, "", wanted)["subscriptions"][0];
    const std::string right = text_member(fitting, "shareClassSlug");
    if (!right.empty() && right != wanted) {
      row["shareClassSlug"] = right;
      say("set " + where + ".shareClassSlug to \"" + right + "\"");
    }
    const Json* sum = member(row, "lumpSum");
    const std::string currency = fitting["lumpSum"]["currency"].get<std::string>();
    if (sum == nullptr || text_member(*sum, "currency") != currency ||
        is_below_minimum(*spv(), *facts_.contracts, text_member(*sum, "value"))) {
      row["lumpSum"] = fitting["lumpSum"];
      say("set " + where + ".lumpSum to " + dump_json(fitting["lumpSum"]));
    }
  }
  Json* rows_of(const char* name) {
    if (!remedy_.body.is_object() || !remedy_.body.contains(name)) return nullptr;
    Json& rows = remedy_.body[name];
    if (!rows.is_array()) return nullptr;
    for (const Json& row : rows) {
      if (!row.is_object()) return nullptr;
    }
    return &rows;
  }
  void take_sample_subscription(const std::string& person, const std::string& share_class) {
    if (!spv()) return;
    remedy_.body = sample_subscription(*spv(), *facts_.contracts, person, share_class);
  }

  void mend_upload() {
    const Subscription* subscription = finder_.held(person());
    if (subscription != nullptr && subscription->completed_at) {
      say("leave it: " + subscription->slug + " is completed since " +
          format_instant(*subscription->completed_at) + " and takes no documents any more");
      return look_at(subscription->slug);
    }
    const std::string path = remedy_.path.substr(0, remedy_.path.rfind('/'));
    if (subscription == nullptr && spv()) {
      const std::string place = path.substr(0, path.find("/subscription/")) + "/subscriptions";
      say("create the subscription first: POST " +
          (place.find(kShellMark) == std::string::npos ? place : "/v1/spvs/…/subscriptions"));
      const Json body = sample_subscription(*spv(), *facts_.contracts, person(), "");
      first(call(Operation::CreateSubscriptions, place, body));
      currency_ = body["subscriptions"][0]["lumpSum"]["currency"].get<std::string>();
    }
    if (is_funding() && (subscription == nullptr || !subscription->form)) {
      say("upload the signed form first: POST …/forms, then …/fundings");
      first(
          call(Operation::UploadSubscriptionForm, path + "/forms", sample_parts(nullptr, currency_, false)));
    }
  }

  // A body that fits what was asked for.
  Json sample() {
    switch (remedy_.operation->operation) {
      case Operation::BulkCreateInvestors:
        return finder_.new_investors();
      case Operation::CreateSubscriptions: {
        if (!spv()) return nullptr;
        return sample_subscription(*spv(), *facts_.contracts, person_of_body(), share_class_of_body());
      }
      case Operation::CreateSpvRequest:
        if (sampled_) return submission_in_place(facts_, remedy_.example_of);
        return sample_submission(*facts_.contracts, template_named_in(remedy_.body));
      default:
        return is_upload() ? sample_parts(finder_.held(person()), currency_, is_funding()) : Json();
    }
  }
  // An investor whom the body names under another name, or one who can subscribe.
  std::string person_of_body() const {
    const std::string text = dump_json(remedy_.body);
    for (const Investor& each : holdings_.investors) {
      const bool named = text.find("\"" + each.person_id + "\"") != std::string::npos ||
                         text.find("\"" + each.partner_investor_id + "\"") != std::string::npos;
      if (named && finder_.held(each.person_id) == nullptr) return each.person_id;
    }
    return finder_.free_person().value_or("");
  }
  std::string share_class_of_body() const {
    const Json* rows = member(remedy_.body, "subscriptions");
    return rows != nullptr && rows->is_array() && !rows->empty()
               ? text_member(rows->front(), "shareClassSlug")
               : "";
  }

  void mend_body() {
    if (remedy_.operation->body == BodyKind::None) return;
    const Json fitting = sample();
    if (sampled_) {
      if (remedy_.body.is_null()) remedy_.body = fitting;
      remedy_.example = true;
      if (const Json* violations = member(facts_.row, "validationErrors")) {
        for (const Json& each : *violations)
          say("correct " + text_member(each, "field") + ": " + text_member(each, "message"));
      }
      return;
    }
    if (const Json* violations = member(facts_.row, "validationErrors"))
      remedy_.enough = correct_body(*violations, fitting, remedy_.body, remedy_.changes) && remedy_.enough;
    if (remedy_.operation->operation == Operation::CreateSpvRequest) mend_attributes(fitting);
  }

  // What is set may break a rule of the template itself: `currency` 7 made a text is no currency.
  void mend_attributes(const Json& fitting) {
    remedy_.enough = false;
    for (int pass = 0; pass < kMostPasses && !remedy_.enough; ++pass) {
      if (!remedy_.body.is_object()) return;
      const rules::Template* contract = facts_.contracts->find_template(
          text_member(remedy_.body, "templateId"), text_member(remedy_.body, "templateVersion"));
      const Json* attributes = member(remedy_.body, "attributes");
      if (contract == nullptr || attributes == nullptr) return;
      Json rows = Json::array();
      for (const Violation& each : contract->validate(*attributes))
        rows.push_back(Json{{"field", each.field}, {"code", each.code}, {"message", each.message}});
      if (rows.empty()) {
        remedy_.enough = true;
      } else if (!correct_body(rows, fitting, remedy_.body, remedy_.changes)) {
        return;
      }
    }
  }

  const CallFacts& facts_;
  const Holdings& holdings_;
  Remedy remedy_;
  bool sampled_ = false;  // the body is not kept, or is none
  ResourceFinder finder_;
  std::string version_;
  std::string currency_ = "USD";  // of the SPV's subscriptions
};

}  // namespace

Remedy remedy_of(const CallFacts& facts) { return Mender(facts).run(); }

}  // namespace zest::insight
