// What a scenario file consists of, and how its receiver behaves.
#include "scenario/language.h"

namespace zest::scenario {

using namespace types;  // NOLINT(google-build-using-namespace): a table of types

Vocabulary scenario_vocabulary() {
  const Type status = integer(100, 599);
  const Type behaviour = either({word({"healthy", "down"}), object("behaviour")});
  Vocabulary table;
  table.shapes = {
      {std::string(kScenarioShape),
       "One story: what the partner's application and Zest do, and what has to come of it.",
       {
           {"$schema", text(), "Where scenario.schema.json is, for editors."},
           {"name", text(), "Short and unique; letters, digits and dashes.", Need::Required},
           {"purpose", text(), "What this scenario shows or protects from, in one sentence.", Need::Required},
           {"source", text(), "Where Zest documents it: \"Zest docs: webhooks/retries\"."},
           {"catches", list(word({"no-verification", "no-dedup", "regressing-state"}), 1),
            "The flaws of a receiver that this scenario brings to light: a naive receiver must fail it."},
           {"clock", either({word({"manual", "real"}), object("clock")}),
            "Virtual time: manual (the default) stands still until a step advances it."},
           {"seed", integer(0), "Of identifiers and chance [1]. A sandbox at --url keeps its own."},
           {"partner", object("partner"), "Settings of the partner application that the scenario runs as."},
           {"chaos", list(object("chaosRule")), "Rules that hold from the start."},
           {"receiver", behaviour, "How the receiver of the webhooks behaves from the start [healthy]."},
           {"variables", map(any()), "Values for ${name}; --set name=value replaces them."},
           {"steps", list(object(std::string(kStepVariant)), 1), "What happens, in order.", Need::Required},
           {"application", list(object(std::string(kStepVariant)), 1),
            "What happens instead where the application that is tried has every action that these steps "
            "name: its own "
            "client makes the calls."},
           {"client", word({"runner"}),
            "The calls that this scenario is about are such as no correct client makes: the runner makes "
            "them, also "
            "where an application is tried, and says so."},
       }},
      {"clock",
       "Virtual time that runs by itself.",
       {{"scale", integer(1, 1'000'000), "How much faster than real time.", Need::Required}}},
      {"partner",
       "As the control plane takes them; what is left out is the sandbox's default.",
       {
           {"autoApprove", duration(), "SPV requests are approved by themselves after this virtual time."},
           {"autoComplete", duration(),
            "Funded subscriptions complete by themselves after this virtual time."},
           {"deliveryTimeout", duration(), "How long Zest waits for the receiver's answer, wall time [10s]."},
           {"provisioned", boolean(), "false: its POSTs are answered 403."},
           {"tenantSlug", text(), "Its tenant."},
       }},
      {"behaviour",
       "How the receiver answers.",
       {
           {"status", status, "Answers this status [200]."},
           {"delay", duration(), "Answers only after this long, wall time."},
           {"close", boolean(), "Cuts the connection instead of answering."},
           {"failFirst", integer(1, 1000), "Answers 500 to this many requests first."},
           {"script", list(either({status, object("answer")}), 1),
            "The next answers, one each; then the rest of this object applies."},
       }},
      {"answer",
       "One answer of the receiver.",
       {
           {"status", status, "Answers this status [200]."},
           {"delay", duration(), "Answers only after this long, wall time."},
           {"close", boolean(), "Cuts the connection instead of answering."},
       }},
      {"range",
       "From min to max, both included; one of them may be left out.",
       {{"min", integer(0), "At least."}, {"max", integer(0), "At most."}}},
  };
  return table;
}

}  // namespace zest::scenario
