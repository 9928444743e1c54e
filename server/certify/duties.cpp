#include "certify/duties.h"

namespace zest::certify {

const std::vector<Duty>& duties() {
  static const std::vector<Duty> all = {
      {"accepts-genuine", "Accepts a correctly signed webhook", Level::Must, "webhooks/signatures",
       "Compute HMAC-SHA256 over the t of the header, a dot and the raw body, with the whole whsec_… text as "
       "the key; compare the hex with v1, and answer 2xx."},
      {"answers-in-time", "Answers within the delivery timeout (10 s)", Level::Must, "webhooks/retries",
       "Store the event, answer 2xx at once, and do the work afterwards; a later answer counts as a failure "
       "and the event comes again."},
      {"no-redirect", "Answers itself and does not redirect", Level::Must, "webhooks/retries",
       "Register the final URL (scheme, host, trailing slash): redirects are not followed, any status from "
       "300 is a failure."},
      {"rejects-bad-signature", "Rejects a bad signature", Level::Must, "webhooks/signatures",
       "Refuse every request whose v1 is missing or is not exactly the HMAC-SHA256 of t, a dot and the raw "
       "body under your secret; compare in constant time, before anything else is done."},
      {"rejects-missing-header", "Rejects a webhook without Zest-Signature", Level::Must,
       "webhooks/signatures",
       "Treat a missing Zest-Signature header like a wrong one: answer 4xx and do nothing."},
      {"rejects-stale-timestamp", "Rejects a timestamp more than 300 s old", Level::Must,
       "webhooks/signatures",
       "Once the signature matches, refuse when now − t is more than 300 s, else a recorded webhook can be "
       "replayed for ever."},
      {"rejects-future-timestamp", "Rejects a timestamp more than 300 s ahead", Level::Must,
       "webhooks/signatures", "Refuse when |now − t| is more than 300 s, not only when t is old."},
      {"accepts-timestamp-in-window", "Accepts timestamps within 300 s either way", Level::Must,
       "webhooks/signatures",
       "Allow 300 s in both directions, in seconds, and keep the receiver's clock synchronised."},
      {"accepts-unknown-version", "Ignores unknown vN beside v1", Level::Must, "webhooks/signatures",
       "Split the header at commas, take t and v1 by name, and pass over names that you do not know."},
      {"accepts-every-type", "Accepts all nine event types", Level::Must, "webhooks/events",
       "Answer 2xx to every type, also to those that you have no use for; a refused event is sent six times "
       "and ends in the dead letter."},
      {"accepts-unknown-type", "Accepts event types that it does not know", Level::Must, "webhooks/events",
       "Answer 2xx and ignore what you do not know: new types are added without notice to receivers."},
      {"accepts-unknown-fields", "Accepts fields that it does not know", Level::Must, "webhooks/events",
       "Read the members that you need and pass over others, in the envelope and in data."},
      {"verifies-raw-bytes", "Verifies the raw bytes of the body", Level::Must, "webhooks/signatures",
       "Take the body as bytes before any JSON parser does (express.raw, request.get_data, php://input) and "
       "verify exactly those; JSON that was parsed and written again is not the same text."},
      {"accepts-duplicates", "Answers 2xx to an event that it has had", Level::Must, "webhooks/delivery",
       "Delivery is at least once: when eventId is known, do nothing and answer 2xx, also when two copies "
       "come at the same time."},
      {"accepts-any-order", "Accepts events in any order", Level::Must, "webhooks/delivery",
       "Order is not guaranteed: answer 2xx also when an event refers to something that you have not heard "
       "of yet; keep what it says or fetch the resource."},
      {"handles-duplicates-once", "Handles an event once, however often it comes", Level::Must,
       "webhooks/delivery",
       "Keep each eventId for at least 24 h in the same transaction as its effect (a unique index will do) "
       "and skip an event whose id is there."},
      {"state-does-not-regress", "Late events do not set state back", Level::Must, "webhooks/delivery",
       "Keep the occurredAt of what you applied last for each resource, and do not let an event with an "
       "earlier one overwrite its state."},
      {"survives-crash", "Loses nothing that it answered 2xx when it crashes", Level::Must,
       "webhooks/delivery",
       "Answer 2xx once the event (or what it does) is committed to a database, not while it waits in "
       "memory: "
       "what was answered does not come again. Keep event ids there, too."},
      {"refuses-with-4xx", "Refuses forged webhooks with a 4xx", Level::Should, "webhooks/signatures",
       "Answer 400 or 401 on purpose; a 5xx or a broken connection is mostly an exception that nobody "
       "caught."},
      {"survives-burst", "Survives a burst after an outage", Level::Should, "webhooks/retries",
       "Let handlers store and return, size the pool and the listen backlog for a hundred requests at once, "
       "and keep the slow work in a queue."},
  };
  return all;
}

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::Fail:
      return "fail";
    case Verdict::NotShown:
    case Verdict::NotAsked:
      return "not shown";
  }
  return "not shown";
}

const char* level_name(Level level) { return level == Level::Must ? "must" : "should"; }

const char* grade_name(Grade grade) {
  switch (grade) {
    case Grade::A:
      return "A";
    case Grade::B:
      return "B";
    case Grade::C:
      return "C";
    case Grade::F:
      return "F";
  }
  return "F";
}

const char* grade_meaning(Grade grade) {
  switch (grade) {
    case Grade::A:
      return "Every duty holds, those about state included.";
    case Grade::B:
      return "Every must that was judged holds; something that should hold does not, or was not looked at.";
    case Grade::C:
      return "Genuine webhooks get in and no others, but another duty that must hold does not.";
    case Grade::F:
      return "Forged or replayed webhooks get in, or genuine ones do not.";
  }
  return "";
}

}  // namespace zest::certify
