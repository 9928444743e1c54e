#include "application/action.h"

#include "application/url_template.h"
#include "base/crypto.h"
#include "base/url.h"
#include "document/values.h"

namespace zest::application {
namespace {

constexpr std::size_t kIntentBytes = 8;

void merge(Json& into, const Json& more) {
  if (more.is_object()) into.update(more);
}

// A document with the ingredient as its only row, whose members stand beside the list, too.
Json with_row(const char* list, Json row) {
  Json sample = row;
  sample[list] = Json::array({std::move(row)});
  return sample;
}

Json part(const Json& ingredients, const char* name) {
  const Json* found = member(ingredients, name);
  return found ? *found : Json::object();
}

}  // namespace

Json sample_of(ActionKind kind, const Json& ingredients, const Json& names) {
  switch (kind) {
    case ActionKind::RequestSpv:
    case ActionKind::CancelSpv:
      return Json{{"templateId", part(ingredients, "template")},
                  {"templateVersion", part(ingredients, "templateVersion")},
                  {"attributes", part(ingredients, "spvRequest")}};
    case ActionKind::CreateInvestors:
      return with_row("investors", part(ingredients, "investor"));
    case ActionKind::Subscribe: {
      Json row = part(ingredients, "subscription");
      for (const char* name : {"zestPersonId", "shareClassSlug"}) {
        if (const Json* value = member(names, name)) row[name] = *value;
      }
      return with_row("subscriptions", std::move(row));
    }
    case ActionKind::UploadForm:
      return part(ingredients, "form");
    case ActionKind::UploadReceipt:
      return part(ingredients, "funding");
  }
  return Json::object();
}

std::string fresh_intent() { return "intent-" + to_hex(random_bytes(kIntentBytes)); }

Result<Acted> act(const Description& description, const Action& action, const Json& sample, const Json& names,
                  const std::string& intent) {
  const auto wrong = [&action](const std::string& what) {
    return invalid_request(action.where + ": action " + std::string(to_string(action.kind)) + ": " + what);
  };
  Json variables = description.variables;
  merge(variables, names);
  variables["intent"] = intent;
  variables["sample"] = sample;
  const Result<Json> expanded = document::expand(
      Json{{"url", action.url}, {"headers", action.headers}, {"body", action.body}}, variables);
  if (!expanded.ok()) return wrong(expanded.error().detail);
  const Result<std::string> url = fill_template(text_member(*expanded, "url"), variables);
  if (!url.ok()) return wrong(url.error().detail);
  if (const Result<HttpUrl> parsed = parse_http_url(*url); !parsed.ok()) {
    return wrong("\"" + bare_url(*url) + "\" " + parsed.error().detail);
  }
  Acted acted;
  acted.intent = intent;
  acted.called = action.method + " " + *url;
  Call made{action.method, *url, {}, std::nullopt, action.timeout};
  for (const auto& [name, value] : (*expanded)["headers"].get_ref<const Json::object_t&>()) {
    made.headers.emplace_back(name, document::shown(value));
  }
  if (const Json& body = (*expanded)["body"]; !body.is_null()) made.body = dump_json(body);
  Result<Answer> answer = call(made);
  if (!answer.ok()) return wrong(acted.called + " was not answered: " + answer.error().detail);
  acted.answer = std::move(*answer);
  for (const auto& [name, path] : action.capture.get_ref<const Json::object_t&>()) {
    const Json* value = acted.answer.json ? reach(*acted.answer.json, document::shown(path)) : nullptr;
    if (value && !value->is_null()) acted.captured[name] = *value;
  }
  return acted;
}

}  // namespace zest::application
