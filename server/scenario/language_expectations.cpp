// What a step can expect of deliveries, of the receiver, and of the journal.
#include "client/webhook_handler.h"
#include "protocol/statuses.h"
#include "scenario/language.h"

namespace zest::scenario {

using namespace types;  // NOLINT(google-build-using-namespace): a table of types

namespace {

// What a receiver can believe of a resource.
std::vector<std::string> states() {
  std::vector<std::string> words = texts_of(kSpvStatuses);
  for (const std::string_view word :
       {client::kInvestorCreated, to_string(SubscriptionStatus::Pending), client::kFormUploaded,
        client::kFunded, to_string(SubscriptionStatus::Completed), std::string_view("unknown")}) {
    words.emplace_back(word);
  }
  return words;
}

Type delivery_status() { return word(texts_of(kDeliveryStatuses)); }

std::vector<Shape> webhook_expectations() {
  const Member which_event{"event", events(), "Those of this type, or of these: \"subscription.*\"."};
  const Member which_subject{"subject", text(),
                             "Those about this resource (any slug or person in the data)."};
  return {
      {"deliveriesExpectation",
       "What Zest's outbox shows.",
       {
           {"expect", word({"deliveries"}), "Looks at the deliveries.", Need::Required},
           which_event,
           which_subject,
           {"count", range(), "How many there are."},
           {"status", either({delivery_status(), list(delivery_status(), 1)}),
            "The state of each of them, or of the first, second …"},
           {"attemptCount", range(), "How many scheduled attempts each of them had."},
           {"offsets", list(duration()), "When each scheduled attempt was made, since the schedule's first."},
           {"attempts", list(object("attempt")), "Every attempt of each of them, in order."},
           {"order", list(event()), "The event types, in the order in which they were first delivered."},
           {"capture", map(path()), "Keeps values of the list: {\"id\": \"[0].deliveryId\"}."},
       }},
      {"attempt",
       "One attempt; what is left out may be anything.",
       {
           {"kind", word(texts_of(kAttemptKinds)), "Why it was made."},
           {"number", integer(1, 6), "Which scheduled attempt it is or accompanies."},
           {"offset", duration(), "When, since the schedule's first attempt."},
           {"outcome", word({"delivered", "failed"}), "How it ended."},
           {"failure", text(), "Why it failed: status, timeout, connect, reset …"},
           {"status", either({integer(100, 599), status_class()}),
            "What the receiver answered: 200, or 2xx."},
           {"chaosRule", text(), "The id of the rule that shaped it."},
       }},
      {"receivedExpectation",
       "What reached the receiver, request by request.",
       {
           {"expect", word({"received"}), "Looks at what the receiver got.", Need::Required},
           which_event,
           which_subject,
           {"count", range(), "How many requests came."},
           {"distinct", range(), "How many different events were among them."},
           {"refused", range(), "How many had a signature that is not to be trusted."},
           {"applied", range(), "How many changed what the receiver knows."},
           {"duplicates", range(), "How many it recognised as events that it had before."},
           {"late", range(), "How many it saw to be older than what it knew."},
           {"order", list(event()), "The event types of all the requests, in the order of arrival."},
           {"answers", list(either({integer(0, 599), status_class()})),
            "The statuses that it answered, or their classes (2xx); 0 for none."},
       }},
      {"stateExpectation",
       "What the receiver believes of one resource, having handled its events.",
       {
           {"expect", word({"state"}), "Looks at the receiver's state.", Need::Required},
           {"of", text(), "The resource: ${svr}, ${person} or ${sub}.", Need::Required},
           {"is", word(states()),
            "SPV request: pending-review, approved, rejected, cancelled. Investor: created. Subscription: "
            "pending, form-uploaded, funded, completed. unknown: no event about it was taken.",
            Need::Required},
           {"applied", range(), "How many events changed it."},
       }},
  };
}

std::vector<Shape> other_expectations() {
  return {
      {"callsExpectation",
       "What the journal of the Partner API shows of this partner's calls.",
       {
           {"expect", word({"calls"}), "Looks at the journal.", Need::Required},
           {"operation", text(), "Calls of this operation."},
           {"method", text(), "Calls with this method."},
           {"path", text(), "Calls of this path; a trailing * stands for the rest."},
           {"status", integer(100, 599), "Calls that were answered so."},
           {"errorCode", text(), "Calls that were refused with this code."},
           {"idempotencyKey", text(), "Calls with this key."},
           {"idempotencyOutcome", text(), "Calls whose key did this: executed, replayed, conflict."},
           {"fault", text(), "Calls that were hit by this fault."},
           {"count", range(), "How many there are [at least 1]."},
       }},
      {"quietExpectation",
       "Nothing more arrives at the receiver.",
       {
           {"expect", word({"quiet"}), "Watches the receiver.", Need::Required},
           {"for", duration(), "For this virtual time; without it until nothing is scheduled any more."},
       }},
      {"heldExpectation",
       "What chaos rules hold back.",
       {
           {"expect", word({"held"}), "Looks at the held deliveries.", Need::Required},
           {"event", events(), "Those of this type, or of these."},
           {"count", range(), "How many are held.", Need::Required},
       }},
      {std::string(kMatcherShape),
       "A condition instead of a value.",
       {
           {"equals", any(), "Is exactly this (for objects and lists)."},
           {"not", any(), "Is anything but this."},
           {"oneOf", list(any(), 1), "Is one of these."},
           {"matches", pattern(), "Is a text in which this regular expression is found."},
           {"contains", any(), "Is a text, list or object that holds this."},
           {"exists", boolean(), "Is there at all, or is not."},
           {"length", range(), "Is a list, object or text of this length."},
           {"min", integer(INT64_MIN), "Is a number of at least this."},
           {"max", integer(INT64_MIN), "Is a number of at most this."},
       }},
  };
}

}  // namespace

Vocabulary expectation_vocabulary() {
  Vocabulary table;
  for (std::vector<Shape> part : {webhook_expectations(), other_expectations()}) {
    for (Shape& shape : part) table.shapes.push_back(std::move(shape));
  }
  Variant expectation{"expectation", "Something that must hold now.", "expect", {}};
  for (const char* what : {"deliveries", "received", "state", "calls", "quiet", "held"}) {
    expectation.choices.push_back({what, std::string(what) + "Expectation"});
  }
  table.variants.push_back(std::move(expectation));
  return table;
}

}  // namespace zest::scenario
