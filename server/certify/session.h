// One conversation with a receiver: takes events, writes and signs their bodies, sends them, and remembers
// what the checks share. Thread-safety: none.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "certify/json_format.h"
#include "certify/receiver_grading.h"

namespace zest::certify {

// What became of one webhook.
enum class Reception {
  Accepted,    // 2xx in time
  Redirected,  // 3xx
  Refused,     // 4xx
  Broken,      // 5xx or an answer that is none
  TooLate,     // no answer in time
  Closed,      // the connection ended without an answer
  Gone,        // no connection
};
Reception reception_of(const http::Outcome& outcome);
std::string answer_text(const http::Outcome& outcome);

struct Exchange {
  std::string sent;  // for people
  std::string event_type;
  bool genuine = true;
  Reception reception = Reception::Accepted;
  http::Outcome outcome;
};

class Session {
 public:
  Session(const Options& options, Events events, const WallClock& clock);

  // ---- events ----
  Json take_single();  // spv_request.created or investor.created, whichever the receiver takes
  std::vector<Json> take_history();
  std::vector<Json> burst() const;  // the events of many histories
  // A request that is rejected and one that is cancelled, each after its start.
  std::vector<Json> take_endings();
  void use_investors() { singles_are_investors_ = true; }

  // ---- bodies and signatures ----
  // The bytes of an envelope as this receiver takes them: compact, unless it was found to want another form.
  std::string body_of(const Json& envelope) const { return write_json(envelope, format_); }
  void set_format(JsonFormat format) { format_ = std::move(format); }
  // Under the right secret at the present moment, or that much later.
  std::string sign(const std::string& body, std::chrono::seconds later = std::chrono::seconds(0)) const;
  const std::string& secret() const { return options_.secret; }
  Instant wall() const { return clock_.wall(); }
  Duration timeout() const { return options_.endpoint.timeout; }
  Duration settle() const { return options_.settle; }

  // ---- exchanges ----
  Exchange send_genuine(const std::string& what, const Json& envelope);
  Exchange send(const std::string& what, bool genuine, const client::Webhook& webhook);
  // At the same time; not counted among the sequential ones.
  std::vector<Exchange> send_together(const std::string& what, const std::vector<Json>& envelopes);
  client::Webhook webhook(const Json& envelope) const;
  client::Webhook webhook(const Json& envelope, std::string body, std::optional<std::string> signature) const;

  // All that were sent one by one.
  const std::deque<Exchange>& exchanges() const { return exchanges_; }
  std::size_t sent() const { return sent_; }
  // The receiver cannot be connected to any more.
  bool gone() const { return gone_; }

  // Event types that are refused whenever they come: no other duty is about them.
  std::set<std::string> refused_types;
  bool fields_accepted = false;
  // A signature of which one digit is wrong is as good as a right one: v1 is not looked at.
  bool takes_any_signature = false;
  // Copies have effects anyway.
  bool repeats_effects = false;
  // Kinds of resources of which the application knows some that it did not make.
  std::set<application::Resource> known_kinds;
  // The first event that was accepted.
  Json first_taken;
  // Events whose effects were looked at, to be sent once more at the end.
  std::vector<Json> remembered;

  // ---- state ----
  bool has_probe() const;
  // Whether the application must know of such resources, because it made them itself.
  bool made_itself(application::Resource resource) const;
  // Empty where the application was not started here.
  const std::function<Result<void>()>& crash() const { return options_.crash; }
  // Of the application that is described, or nullptr.
  const application::Description* application() const { return options_.application.get(); }
  // The URL for the resource that the event is about; nothing when the template names what it does not have.
  std::optional<std::string> probe_url(const Json& envelope);
  // State in comparable form (JSON whatever its spacing and key order), or why it cannot be read.
  Result<std::string> probe(const std::string& url) const;
  // Reads until `enough` holds, as long as the delivery timeout; answers what was read last.
  Result<std::string> probe_until(const std::string& url,
                                  const std::function<bool(const Result<std::string>&)>& enough) const;
  // Reads for as long as state must stay as it is; answers the first state that differs, else the same.
  Result<std::string> probe_while(const std::string& url, const std::string& state) const;

 private:
  Exchange exchange_of(const std::string& what, bool genuine, const std::string& type,
                       http::Outcome outcome) const;

  const Options& options_;
  Events events_;
  const WallClock& clock_;
  client::WebhookSender sender_;
  JsonFormat format_;
  bool singles_are_investors_ = false;
  std::size_t singles_taken_ = 0;
  std::size_t histories_taken_ = 0;
  std::size_t endings_taken_ = 0;
  std::deque<Exchange> exchanges_;
  std::size_t sent_ = 0;
  bool gone_ = false;
  // What stands behind a probe's URL of an application that is described.
  struct Asked {
    const application::Question* question = nullptr;
    Json names;
  };
  std::map<std::string, Asked> asked_;
};

// "spv-request" or "subscription" and the slug or person id that the event is about.
struct Subject {
  std::string kind;
  std::string id;
};
Subject subject_of(const Json& envelope);
// A member of an object as text; "" when it is none.
std::string text_of(const Json& object, std::string_view name);

}  // namespace zest::certify
