#include "application/language.h"

#include "application/description.h"
#include "document/schema.h"

namespace zest::application {
namespace {

using document::Member;
using document::Need;
using document::Shape;
using document::Vocabulary;
namespace types = document::types;

constexpr const char* kRootShape = "application";

Member url_member(const std::string& help) { return {"url", types::text(), help, Need::Required}; }

std::vector<Member> question(const std::string& url_help, const std::string& path_help) {
  return {
      url_member(url_help),
      {"path", types::path(), path_help},
      {"headers", types::map(types::plain()), "Further headers of the question."},
      {"within", types::duration(),
       "How long the application may take to come to the answer, wall time [5s]."},
      {"settle", types::duration(),
       "How long after it the answer must still be the same, wall time [500ms]."},
  };
}

Shape probe_shape(Resource resource) {
  const std::string name(to_string(resource));
  Shape shape{
      name + "Probe", "Where the application says what it believes of one " + name + ".",
      question("A URL that is read by GET; {spvRequestSlug}, {subscriptionSlug}, {zestPersonId} and other "
               "members of the events' data stand in braces, also {subject} and {kind}.",
               "Where in the JSON of the answer the state is; without it the whole answer is.")};
  shape.members.push_back(
      {"states", types::object(name + "States"), "The application's words for Zest's states [Zest's own]."});
  return shape;
}

Shape states_shape(Resource resource) {
  Shape shape{std::string(to_string(resource)) + "States", "The application's words for each of Zest's.", {}};
  for (const std::string& state : states_of(resource)) {
    shape.members.push_back({state, types::either({types::plain(), types::list(types::plain(), 1)}),
                             "Its words for " + state + "."});
  }
  return shape;
}

std::vector<Shape> fixed_shapes() {
  Shape effect{
      "effect", "Something that the application does once for each event of a type.",
      question("A URL that is read by GET; members of the event's data stand in braces.",
               "Where in the JSON of the answer the count is: a number, or a list that is counted.")};
  effect.members.push_back(
      {"oncePer", types::event(), "The event type that it is done for.", Need::Required});
  return {
      {"webhook",
       "Where it takes webhooks.",
       {{"url", types::text(), "The URL."}, {"secret", types::text(), "What it verifies signatures with."}}},
      {"partner",
       "The partner that the application is at Zest; without it each run has a fresh one.",
       {{"use", types::text(), "Its client id. It is registered when the sandbox does not know it.",
         Need::Required},
        {"privateKeyFile", types::text(),
         "Its private key (PEM), beside this file unless it is a whole path.", Need::Required}}},
      {"start",
       "How to start the application; it ends with the run.",
       {{"command", types::list(types::text(), 1), "The program and its arguments, run beside this file.",
         Need::Required},
        {"environment", types::map(types::plain()), "Variables beside those of the sandbox (ZEST_*)."},
        {"ready", types::text(), "A URL that answers 2xx once the application is ready."},
        {"within", types::duration(), "How long that may take, wall time [20s]."}}},
      effect,
      {"action",
       "How to make the application call Zest.",
       {{"call", types::text(), "Method and URL: POST http://127.0.0.1:3000/deals.", Need::Required},
        {"body", types::any(),
         "The JSON body; ${intent} is a fresh id, ${sample.X} the member X of a body that fits the action."},
        {"headers", types::map(types::plain()), "Further headers."},
        {"capture", types::map(types::path()),
         "Values of the answer: {\"svr\": \"spvRequestSlug\"}. What names no slug is looked up in the "
         "sandbox."},
        {"timeout", types::duration(), "How long the application may take to answer, wall time [60s]."}}},
  };
}

Vocabulary vocabulary() {
  Vocabulary table;
  table.shapes.push_back(
      {kRootShape,
       "A partner's application, as scenario run, certify, exec and trigger need to know it.",
       {{"$schema", types::text(), "Where application.schema.json is, for editors."},
        {"name", types::text(), "How reports call it."},
        {"webhook", types::object("webhook"), "Where it takes webhooks."},
        {"variables", types::map(types::any()), "Values for ${name}; ${env.NAME} reads the environment."},
        {"partner", types::object("partner"), "The partner that it is at Zest [a fresh one per run]."},
        {"start", types::object("start"), "How to start it [it runs already]."},
        {"probes", types::object("probes"), "Where it says what it believes of a resource."},
        {"effects", types::map(types::object("effect")),
         "What it does once per event: mails, payments, rows."},
        {"actions", types::object("actions"), "How to make it call Zest."}}});
  Shape probes{"probes", "One for each kind of resource.", {}};
  for (const Resource resource : kResources) {
    probes.members.push_back({std::string(to_string(resource)),
                              types::object(std::string(to_string(resource)) + "Probe"),
                              "Of one " + std::string(to_string(resource)) + "."});
    table.shapes.push_back(probe_shape(resource));
    table.shapes.push_back(states_shape(resource));
  }
  probes.members.push_back({"failure", types::object("failureProbe"), "Of a call that failed for good."});
  table.shapes.push_back(
      {"failureProbe",
       "Where the application shows what it keeps of a call of Zest's that failed: its errorId.",
       question(
           "A URL that is read by GET; {intent} (the id that the action was given) and {errorId} stand in "
           "braces.",
           "Where in the JSON of the answer the errorId is; without it anywhere.")});
  table.shapes.push_back(std::move(probes));
  Shape actions{"actions", "By what Zest is to be asked for.", {}};
  for (const ActionRow& row : kActionTable) {
    actions.members.push_back({std::string(row.name), types::object("action"), std::string(row.help)});
  }
  table.shapes.push_back(std::move(actions));
  for (Shape& shape : fixed_shapes()) table.shapes.push_back(std::move(shape));
  return table;
}

}  // namespace

const document::Language& language() {
  static const document::Language whole(kRootShape, {vocabulary()});
  return whole;
}

Json json_schema() { return document::json_schema(language(), "zest-sandbox application"); }

}  // namespace zest::application
