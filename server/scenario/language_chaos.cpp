// Chaos rules as the control plane takes them (POST /_sandbox/chaos/rules); `clientId` is the scenario's own
// partner and not for a file to say.
#include <algorithm>

#include "scenario/language.h"
#include "scenario/operations.h"

namespace zest::scenario {

using namespace types;  // NOLINT(google-build-using-namespace): a table of types

namespace {

constexpr std::int64_t kMaxCount = 1'000'000'000;

// Rules and the journal know the routes, where both token requests are one.
std::vector<std::string> journalled_operations() {
  std::vector<std::string> ids = operation_ids();
  ids.erase(std::remove(ids.begin(), ids.end(), kRefreshTokens), ids.end());
  return ids;
}

std::vector<Member> counting() {
  return {{"nth", integer(1, kMaxCount), "Every nth that matches."},
          {"first", integer(1, kMaxCount), "The first n hits only."},
          {"probability", probability(), "By chance, from the seed."}};
}

std::vector<Member> combined(std::vector<Member> members, const std::vector<Member>& more) {
  members.insert(members.end(), more.begin(), more.end());
  return members;
}

Member attempts() { return {"attempts", integer(1, 6), "The first n attempts of each delivery."}; }

Shape rule(const std::string& on, const std::string& help) {
  return {on + "Rule",
          help,
          {{"id", text(), "Its name, 1 to 24 of letters, digits, '.', '_' and '-'."},
           {"on", word({on}), "webhook or api.", Need::Required},
           {"match", object(on + "Match"), "When it acts; all that is given must hold [always]."},
           {"action", object(on + "Action"), "What it does.", Need::Required},
           {"ttl", duration(), "It ends after this virtual time."},
           {"enabled", boolean(), "false: it does nothing."}}};
}

struct Action {
  std::string type;
  std::string help;
  std::vector<Member> members;
};

std::vector<Action> webhook_actions() {
  const Member spacing{"spacing", duration(), "Virtual time between them [0s]."};
  return {
      {"duplicate", "Extra copies of a delivery.", {{"copies", integer(1, 20), "How many [1]."}, spacing}},
      {"replay",
       "The delivery comes again after it was delivered.",
       {{"after", duration(), "How much later, virtual time.", Need::Required}}},
      {"delay",
       "The delivery goes out later.",
       {{"by", duration(), "By this virtual time.", Need::Required}}},
      {"hold",
       "The delivery waits for a later event to overtake it, or for a release step.",
       {{"untilEvent", event_pattern(), "Until such an event about the same resources was delivered."},
        {"untilReleased", boolean(), "true: until it is released."}}},
      {"reorder",
       "Deliveries are collected and go out in another order.",
       {{"window", integer(2, 100), "How many are collected.", Need::Required},
        {"order", word({"reverse", "shuffle"}), "In which order they go out [reverse]."},
        {"within", duration(), "Wait no longer than this virtual time [60s]."}}},
      {"drop", "The network eats it: the receiver sees nothing.", {attempts()}},
      {"lostAck", "The receiver's answer is lost: Zest counts a failure and retries.", {attempts()}},
      {"disconnect",
       "The connection is cut while sending.",
       {{"midBody", boolean(), "In the middle of the body instead of before it."}, attempts()}},
      {"slowBody",
       "The body trickles in.",
       {{"bytesPerSecond", integer(1), "Wall time.", Need::Required}, attempts()}},
      {"tamper",
       "A forged request comes before the true one.",
       {{"what", word({"signature", "body", "secret", "staleTimestamp", "futureTimestamp", "missingHeader"}),
         "What is wrong with it.", Need::Required}}},
      {"extraSignatureVersion", "The signature has a v2 besides its v1.", {}},
  };
}

// An error of the API that a rule may answer. Zest docs: errors.
Type status_code() { return number({400, 401, 403, 404, 409, 413, 415, 422, 500, 503}); }

std::vector<Action> api_actions() {
  return {
      {"status",
       "Answers an error; nothing happened.",
       {{"code", status_code(), "Which one.", Need::Required}}},
      {"latency", "Answers late.", {{"by", duration(), "Wall time, at most 60s.", Need::Required}}},
      {"dropBeforeExecute", "The connection is cut; nothing happened.", {}},
      {"dropAfterCommit", "Done, but the answer is lost.", {}},
      {"statusAfterCommit",
       "Done, but answered with an error.",
       {{"code", status_code(), "Which one [500]."}}},
      {"expireTokens", "The partner's access tokens are expired.", {}},
  };
}

void add_actions(Vocabulary& table, const std::string& on, const std::vector<Action>& actions) {
  Variant variant{on + "Action", "What the rule does.", "type", {}};
  for (const Action& action : actions) {
    Shape shape{action.type + "Action", action.help, {}};
    shape.members = combined({{"type", word({action.type}), action.help, Need::Required}}, action.members);
    variant.choices.push_back({action.type, shape.name});
    table.shapes.push_back(std::move(shape));
  }
  table.variants.push_back(std::move(variant));
}

}  // namespace

Vocabulary chaos_vocabulary() {
  Vocabulary table;
  table.variants.push_back({"chaosRule",
                            "A fault, again and again while it holds.",
                            "on",
                            {{"webhook", "webhookRule"}, {"api", "apiRule"}}});
  table.shapes = {
      rule("webhook", "Something goes wrong with webhooks."),
      rule("api", "Something goes wrong with calls of the Partner API."),
      {"webhookMatch", "Which deliveries.",
       combined({{"eventType", events(), "Of this type, or of these."},
                 {"subject", text(), "About this resource (any slug or person in the data)."},
                 {"attempt", integer(1, 6), "This attempt of each."}},
                counting())},
      {"apiMatch", "Which calls.",
       combined({{"method", word({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}),
                  "With this method."},
                 {"path", text(), "Of this path; a trailing * stands for the rest."},
                 {"operation", word(journalled_operations()), "Of this operation."}},
                counting())},
  };
  add_actions(table, "webhook", webhook_actions());
  add_actions(table, "api", api_actions());
  return table;
}

}  // namespace zest::scenario
