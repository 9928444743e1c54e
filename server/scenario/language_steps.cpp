// What a step can be. Each kind has a verb: the member that says what it does.
#include "application/description.h"
#include "protocol/statuses.h"
#include "scenario/language.h"
#include "scenario/operations.h"

namespace zest::scenario {

using namespace types;  // NOLINT(google-build-using-namespace): a table of types

namespace {

const Member& expected_answer() {
  static const Member member{"expect", object("answerExpectation"),
                             "What the answer must be; without a status it must be a success."};
  return member;
}

const Member& captured() {
  static const Member member{"capture", map(path()),
                             "Keeps values of the answer: {\"svr\": \"spvRequestSlug\"} defines ${svr}. "
                             "\"header:NAME\" takes a header."};
  return member;
}

Type deliveries() { return either({text(), object("deliverySelection")}); }

std::vector<Shape> call_shapes() {
  return {
      {"callStep",
       "A call of the Partner API with the partner's own key.",
       {
           {"call", operation(call_ids()), "Operation id (createSpvRequest), or a method and a path.",
            Need::Required},
           {"spvRequest", text(), "The SPV request in the path."},
           {"spv", text(), "The SPV (vehicle) in the path."},
           {"person", text(), "The investor (zestPersonId) in the path."},
           {"version", text(), "The contract version in the path."},
           {"contract", text(), "The contract's name in the path."},
           {"query", map(plain()), "Query parameters."},
           {"headers", map(plain()), "Further headers; null leaves one out that would be sent."},
           {"idempotencyKey", either({text(), null()}),
            "The Idempotency-Key. Where one is required, each step has one of its own unless this says "
            "otherwise; null sends none."},
           {"prefer", text(), "The Prefer header: code=503, delay=2s, fault=drop-after-commit."},
           {"token", text(), "Another access token than the present one; \"\" sends none."},
           {"refreshToken", text(), "For refreshTokens: another refresh token than the present one."},
           {"sample", text(), "For createSpvRequest: the contract sample that `body` changes."},
           {"body", any(), "The JSON body. With `sample`: members to change in it (null removes one)."},
           {"rawBody", text(), "The body as it goes out, whatever it is."},
           {"file", object("file"), "The file of an upload; without it a small PDF."},
           {"amount", text(), "Of a funding receipt."},
           {"currency", text(), "Of a funding receipt."},
           {"wireReference", text(), "Of a funding receipt."},
           {"timeout", duration(), "How long to wait for the answer, wall time [30s]."},
           expected_answer(),
           captured(),
       }},
      {"file",
       "A file whose content is generated.",
       {
           {"name", text(), "Its name [document.pdf]."},
           {"type", text(), "Its content type [application/pdf]; \"\" sends none."},
           {"text", text(), "What its content begins with: another text is another file."},
           {"size", integer(0, 67'108'864), "Bytes of content; filled up when the text is shorter."},
       }},
      {"probeStep",
       "A call of the partner's own application, to see what it made of the webhooks.",
       {
           {"probe", text(), "A method and a URL: \"GET ${app}/orders/${sub}\"; without method GET.",
            Need::Required},
           {"headers", map(plain()), "Headers."},
           {"body", any(), "The JSON body."},
           {"timeout", duration(), "How long to wait for the answer, wall time [30s]."},
           {"within", duration(),
            "Ask again until the answer is as expected, for so long, wall time [once]."},
           expected_answer(),
           captured(),
       }},
      {"actStep",
       "An action of the application that is tried (zest-app.json): it calls Zest by itself.",
       {
           {"act", word(texts_of(application::kActionKinds)), "Which one.", Need::Required},
           {"with", map(any()),
            "Values for the action's ${name}, such as spvRequestSlug, beside those of the scenario."},
           {"sample", map(any()), "Members of ${sample} in place of its own."},
           {"intent", text(), "${intent}: the same again is the same intent [a fresh one]."},
           {"within", duration(), "How long its call may take to reach the sandbox, wall time [10s]."},
           expected_answer(),
           captured(),
       }},
      {"answerExpectation",
       "What an answer must be.",
       {
           {"status",
            either({integer(100, 599), status_class(), list(either({integer(100, 599), status_class()}), 1)}),
            "The status, a class of them, or several."},
           {"body", map(either({plain(), object(std::string(kMatcherShape))})),
            "Paths into the body and what is there: {\"results[0].status\": \"created\"}."},
           {"text", either({text(), object(std::string(kMatcherShape))}),
            "The whole body as text, or a condition on it."},
           {"headers", map(either({plain(), object(std::string(kMatcherShape))})), "Headers likewise."},
           {"lost", boolean(), "true: no answer arrives."},
       }},
  };
}

std::vector<Shape> admin_shapes() {
  return {
      {"setUpStep",
       "Calls the API until the resource exists, with what it needs, and defines ${svr}, ${spv}, "
       "${shareClass}, ${person} and ${sub} as far as it gets.",
       {{"setUp",
         word({"spvRequest", "spv", "investor", "subscription", "signedForm", "fundingReceipt", "completed"}),
         "How far to go: spvRequest (waits for review), spv (approved), investor, subscription, signedForm, "
         "fundingReceipt, completed.",
         Need::Required}}},
      {"approveStep",
       "Zest's admin approves an SPV request.",
       {{"approve", text(), "Its slug.", Need::Required}, expected_answer(), captured()}},
      {"rejectStep",
       "Zest's admin rejects an SPV request.",
       {{"reject", text(), "Its slug.", Need::Required},
        {"reason", text(), "Why.", Need::Required},
        expected_answer(),
        captured()}},
      {"completeStep",
       "Zest's admin completes a subscription.",
       {{"complete", text(), "Its slug.", Need::Required},
        {"force", boolean(), "Also without a funding receipt."},
        {"skipSynchronousEmit", boolean(), "Leaves the event to the reconciler."},
        expected_answer(),
        captured()}},
      {"retryStep",
       "Zest's operator offers deliveries again on a fresh schedule.",
       {{"retry", deliveries(), "A delivery id, or which deliveries; at least one must match.",
         Need::Required},
        expected_answer(),
        captured()}},
      {"retryAllStep",
       "Zest's operator offers every matching delivery again.",
       {{"retryAll", object("deliverySelection"), "Which: {\"status\": \"dead\"}.", Need::Required},
        expected_answer(),
        captured()}},
      {"releaseStep",
       "Lets deliveries go that a chaos rule holds back.",
       {{"release", deliveries(), "A delivery id, or which held deliveries; {} for all.", Need::Required}}},
      {"pauseStep",
       "Zest's dispatcher goes down for this partner.",
       {{"pause", word({"webhooks"}), "The webhooks.", Need::Required}}},
      {"resumeStep", "It comes back.", {{"resume", word({"webhooks"}), "The webhooks.", Need::Required}}},
      {"deliverySelection",
       "Which deliveries.",
       {{"event", event(), "Of this event type."},
        {"subject", text(), "About this resource."},
        {"status", word(texts_of(kDeliveryStatuses)), "In this state."}}},
  };
}

std::vector<Shape> flow_shapes() {
  return {
      {"advanceStep",
       "Moves virtual time, and does everything that becomes due on the way.",
       {{"advance", either({word({"next", "idle"}), duration()}),
         "By how much; next: to the earliest timer; idle: until nothing is scheduled.", Need::Required}}},
      {"advanceToStep",
       "Moves virtual time to an instant.",
       {{"advanceTo", text(), "2026-01-02T00:00:00Z.", Need::Required}}},
      {"waitStep",
       "A barrier for clocks that run by themselves. With the manual clock every step waits anyway until "
       "what "
       "is due has been answered.",
       {{"wait", either({word({"idle", "event", "delivery"}), duration()}),
         "For nothing due to be left, for an event to be delivered, or for one delivery. A duration is wall "
         "time that "
         "an application which is tried gets; without one nothing waits.",
         Need::Required},
        {"event", event(), "Which event type."},
        {"subject", text(), "About this resource."},
        {"count", integer(1, 1'000'000), "How many of them [1]."},
        {"delivery", text(), "Which delivery."},
        {"outcome", word(texts_of(kWaitOutcomes)),
         "What must become of it: delivered, dead, attempted (answered or not), or emitted [delivered]."},
        {"status", word(texts_of(kDeliveryStatuses)),
         "Instead of it: the state that the delivery must be in."},
        {"timeout", duration(), "Give up after this long, wall time [30s]."}}},
      {"chaosStep",
       "A chaos rule from here on.",
       {{"chaos", object("chaosRule"), "The rule, as the control plane takes it.", Need::Required}}},
      {"removeChaosStep",
       "Ends a chaos rule.",
       {{"removeChaos", text(), "Its id; \"all\" ends every rule of the scenario.", Need::Required}}},
      {"receiverStep",
       "The receiver behaves like this from here on.",
       {{"receiver", either({word({"healthy", "down"}), object("behaviour")}), "healthy, down, or how.",
         Need::Required}}},
      {"forEachStep",
       "The steps once for each row.",
       {{"forEach", either({list(any(), 1), text()}), "The rows, or ${variable} that holds them.",
         Need::Required},
        {"as", name(), "The row's name in the steps [row]; the number from 1 is ${index}."},
        {"steps", list(object(std::string(kStepVariant)), 1), "What to do with it.", Need::Required}}},
      {"repeatStep",
       "The steps several times.",
       {{"repeat", integer(1, 10'000), "How often; the number from 1 is ${index}.", Need::Required},
        {"steps", list(object(std::string(kStepVariant)), 1), "What to do.", Need::Required}}},
  };
}

}  // namespace

Vocabulary step_vocabulary() {
  Vocabulary table;
  for (std::vector<Shape> part : {call_shapes(), admin_shapes(), flow_shapes()}) {
    for (Shape& shape : part) table.shapes.push_back(std::move(shape));
  }
  Variant step{std::string(kStepVariant), "One step; its verb is the member that says what it does.", "", {}};
  for (const char* verb : {"call",  "act",      "probe",       "setUp",    "approve", "reject",  "complete",
                           "retry", "retryAll", "release",     "pause",    "resume",  "advance", "advanceTo",
                           "wait",  "chaos",    "removeChaos", "receiver", "forEach", "repeat"}) {
    step.choices.push_back({verb, std::string(verb) + "Step"});
  }
  // Last: calls have a member of this name, too.
  step.choices.push_back({"expect", "expectation"});
  table.variants.push_back(std::move(step));
  return table;
}

}  // namespace zest::scenario
