// An application at a sandbox: makes it act, and finds out at the sandbox what came of that. Blocks; wall
// time. Thread-safety: none.
#pragma once

#include <string>
#include <vector>

#include "application/action.h"
#include "client/control_api.h"

namespace zest::application {

// How long a call may take to reach the sandbox after the application has answered the action; many make it
// later, on a queue. Wall. [sandbox]
inline constexpr Duration kDefaultCallWithin{10'000};

// The present end of a partner's journal and outbox.
struct Bookmark {
  std::uint64_t sequence = 0;  // of the newest journal entry
  std::string delivery;        // id of the newest delivery; ids grow
};

struct Driven {
  Acted acted;
  std::vector<Json> calls;      // the partner's calls since, as the journal shows them, oldest first
  Json names = Json::object();  // of what it made: spvRequestSlug, zestPersonId, subscriptionSlug, and all
                                // that was captured
};

class Driver {
 public:
  // `ingredients` are client::standard_ingredients of that sandbox. All must outlive it.
  Driver(const Description& description, const client::ControlApi& control, std::string client_id,
         Json ingredients)
      : description_(description),
        control_(control),
        client_id_(std::move(client_id)),
        ingredients_(std::move(ingredients)) {}

  Result<Bookmark> bookmark() const;
  // The partner's journal after the bookmark, oldest first. Errors: those of the call.
  Result<std::vector<Json>> calls_since(const Bookmark& bookmark) const;

  // Makes the action, and waits until a call of its operation has been answered with a success, or `within`
  // is over. `names` is what is known of resources, `sample` has members in place of sample_of()'s. Errors:
  // the application has no such action, those of act() and of the calls of the sandbox. That no call came is
  // none: `calls` shows it.
  Result<Driven> drive(ActionKind kind, const Json& names, const std::string& intent,
                       Duration within = kDefaultCallWithin, const Json& sample = Json::object()) const;

  // Whether such a call is among them, and how many.
  static std::size_t count_of(const std::vector<Json>& calls, Operation operation, bool successes_only);

 private:
  Result<void> find_names(const ActionRow& row, const Bookmark& before, Driven& driven) const;

  const Description& description_;
  const client::ControlApi& control_;
  const std::string client_id_;
  const Json ingredients_;
};

}  // namespace zest::application
