// Why something is as it is: calls, deliveries, resources, keys and tokens by any of their ids.
#include <algorithm>

#include "api/control/control.h"
#include "api/control/holdings.h"
#include "api/pipeline/errors.h"
#include "api/pipeline/request_scope.h"
#include "base/id.h"
#include "base/json_path.h"
#include "base/nearest.h"
#include "insight/explanation.h"
#include "insight/remedy.h"
#include "model/codec.h"
#include "model/rule_catalogue.h"

namespace zest::api {
namespace {

constexpr std::size_t kLastThings = 10;
constexpr std::size_t kMostRelated = 50;  // calls and deliveries of one resource
constexpr std::size_t kNearIds = 200;     // of each kind, for naming the nearest one

struct Moment {
  Instant at{};
  std::string what;
};

Json history_json(std::vector<Moment> moments) {
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.at < b.at; });
  Json list = Json::array();
  for (const Moment& moment : moments)
    list.push_back(Json{{"at", format_instant(moment.at)}, {"what", moment.what}});
  return list;
}

// A batch that succeeded as a whole.
bool has_failed_rows(const JournalEntry& entry) {
  return entry.error_code.empty() && !entry.violations.empty();
}

Rule rule_broken_by(const JournalEntry& entry) {
  return has_failed_rows(entry) ? rule_of_violation(entry.violations.front().code) : entry.rule;
}

// What the call can be asked for by.
std::string id_of(const JournalEntry& entry) {
  if (has_failed_rows(entry) && entry.idempotency_key) return *entry.idempotency_key;
  return entry.error_id.empty() ? insight::call_id(entry.sequence) : entry.error_id;
}

class Explainer {
 public:
  Explainer(const Services& services, std::string base_url)
      : services_(services), base_url_(std::move(base_url)) {}

  Result<Json> explain(const std::string& id) {
    if (id == "last") return explain_last();
    if (const std::optional<std::uint64_t> sequence = insight::sequence_of_call(id)) {
      JournalFilter by_sequence;
      by_sequence.sequence = *sequence;
      const auto numbered = services_.journal.find(by_sequence, 0, 1, nullptr);
      if (!numbered.empty()) return call(numbered.front());
    }
    JournalFilter by_error;
    by_error.error_id = id;
    const auto calls = services_.journal.find(by_error, 0, 1, nullptr);
    if (!calls.empty()) return call(calls.front());
    if (const std::optional<JournalEntry> refused = services_.journal.control_refusal(id))
      return call(*refused);
    ASSIGN_OR_RETURN(Json stored, stored_thing(id));
    if (!stored.is_null()) return stored;
    for (const bool by_key : {true, false}) {
      Json together = calls_with(id, by_key);
      if (!together.is_null()) return together;
    }
    JournalFilter by_row;
    by_row.failed_row_id = id;
    const auto batches = services_.journal.find(by_row, 0, 1, nullptr);
    return batches.empty() ? unknown(id) : call(with_row_first(batches.front(), id));
  }

  // What is wrong with that row comes before what is wrong with others.
  static JournalEntry with_row_first(JournalEntry entry, const std::string& id) {
    const auto row = std::find(entry.failed_row_ids.begin(), entry.failed_row_ids.end(), id);
    const auto first = entry.violations.begin();
    const auto its = first + (row - entry.failed_row_ids.begin());
    std::rotate(first, its, its + 1);
    return entry;
  }

  // The last things that went wrong, newest first.
  Result<Json> last(std::size_t limit) {
    std::vector<std::pair<Instant, Json>> things;
    JournalFilter wrong;
    wrong.went_wrong = true;
    for (const JournalEntry& entry : services_.journal.find(wrong, 0, limit, nullptr)) {
      const std::string code = has_failed_rows(entry) ? "with rows that failed" : entry.error_code;
      Json thing{
          {"at", format_instant(entry.wall_time)},
          {"kind", "call"},
          {"id", id_of(entry)},
          {"summary", entry.method + " " + entry.path + ": " + std::to_string(entry.status) + " " + code}};
      if (const Rule rule = rule_broken_by(entry); rule != Rule::None) thing["rule"] = to_string(rule);
      things.emplace_back(entry.wall_time, std::move(thing));
    }
    RETURN_IF_ERROR(services_.store.read([&](store::Read& tx) {
      for (const DeliveryStatus status : {DeliveryStatus::Dead, DeliveryStatus::Retrying}) {
        store::DeliveryFilter filter;
        filter.status = status;
        for (const Delivery& delivery : tx.deliveries(filter, {0, limit}).documents)
          add_failed(tx, delivery, things);
      }
      return Done{};
    }));
    std::stable_sort(things.begin(), things.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    if (things.size() > limit) things.resize(limit);
    Json documents = Json::array();
    for (auto& [at, thing] : things) documents.push_back(std::move(thing));
    return Json{{"kind", "list"}, {"documents", std::move(documents)}};
  }

 private:
  static void add_failed(store::Read& tx, const Delivery& delivery,
                         std::vector<std::pair<Instant, Json>>& things) {
    const std::vector<Attempt> attempts = tx.attempts(delivery.id);
    const auto failed =
        std::find_if(attempts.rbegin(), attempts.rend(), [](const Attempt& each) { return !each.delivered; });
    if (failed == attempts.rend()) return;
    const Rule rule = insight::rule_of_attempt(*failed);
    things.emplace_back(
        failed->wall_time,
        Json{{"at", format_instant(failed->wall_time)},
             {"kind", "delivery"},
             {"id", delivery.id},
             {"summary", delivery.event_type + ": " + std::string(to_string(delivery.status)) + ", attempt " +
                             std::to_string(failed->number) + " failed"},
             {"rule", to_string(rule)}});
  }

  Result<Json> explain_last() {
    ASSIGN_OR_RETURN(const Json things, last(1));
    const Json& documents = things["documents"];
    if (documents.empty()) return make_error(ErrorKind::NotFound, "nothing went wrong so far");
    return explain(text_member(documents.front(), "id"));
  }

  Result<Json> call(const JournalEntry& entry) const {
    insight::CallFacts facts;
    facts.row = to_json(entry);
    facts.rule = rule_broken_by(entry);
    facts.base_url = base_url_;
    facts.wall = entry.wall_time;
    facts.contracts = &services_.contracts;
    ASSIGN_OR_RETURN(facts.holdings, holdings_for(services_.store, facts.row));
    if (entry.rule == Rule::IdempotencyConflict) facts.first_use = first_use_of(entry);
    Json told = insight::explain_call(facts, insight::remedy_of(facts));
    if (std::string since = succeeded_since(entry); !since.empty()) told["since"] = std::move(since);
    return told;
  }

  // What became of a call that went wrong: "createSpvRequest has succeeded since, 3 times, last by call-9".
  std::string succeeded_since(const JournalEntry& entry) const {
    if (entry.operation.empty() || entry.sequence == 0 || rule_broken_by(entry) == Rule::None) return "";
    JournalFilter later;
    later.client_id = entry.client_id;
    later.operation = entry.operation;
    later.failed = false;
    later.after = entry.sequence;
    std::size_t count = 0;
    const auto calls = services_.journal.find(later, 0, 1, &count);
    if (calls.empty()) return "";
    return entry.operation + " has succeeded since, " +
           (count == 1 ? "by " : std::to_string(count) + " times, last by ") +
           insight::call_id(calls.front().sequence);
  }

  // The call that the key of this one was used by.
  Json first_use_of(const JournalEntry& entry) const {
    JournalFilter filter;
    filter.client_id = entry.client_id;
    filter.idempotency_key = entry.idempotency_key;
    filter.idempotency_outcome = "executed";
    const auto calls = services_.journal.find(filter, 0, 1, nullptr);
    return calls.empty() ? Json() : to_json(calls.front());
  }

  Result<Json> stored_thing(const std::string& id) {
    std::optional<insight::DeliveryFacts> delivery;
    std::optional<SpvRequest> request;
    std::optional<Subscription> subscription;
    std::optional<Investor> investor;
    std::vector<Delivery> about;
    RETURN_IF_ERROR(services_.store.read([&](store::Read& tx) {
      if (const std::optional<Delivery> found = tx.delivery(id)) delivery = delivery_facts(tx, *found);
      request = tx.spv_request(id);
      if (!request) request = tx.spv_request_by_vehicle(id);
      subscription = tx.subscription(id);
      investor = tx.investor(id);
      for (const Partner& partner : tx.partners()) {
        if (!investor) investor = tx.investor_by_partner_id(partner.client_id, id);
      }
      store::DeliveryFilter filter;
      filter.subject = request ? request->slug : investor ? investor->person_id : id;
      about = tx.deliveries(filter, {0, kMostRelated}).documents;
      return Done{};
    }));
    if (delivery) return explain_delivery(std::move(*delivery));
    if (request) return spv_request(*request, about);
    if (subscription) return subscription_json(*subscription, about);
    if (investor) return investor_json(*investor, about);
    return Json();
  }

  static insight::DeliveryFacts delivery_facts(store::Read& tx, const Delivery& delivery) {
    insight::DeliveryFacts facts;
    facts.delivery = delivery;
    if (std::optional<Event> event = tx.event(delivery.id)) facts.event = std::move(*event);
    facts.attempts = tx.attempts(delivery.id);
    if (const std::optional<Partner> partner = tx.partner(delivery.client_id))
      facts.webhook_url = partner->webhook_url;
    store::HeldFilter filter;
    filter.delivery_id = delivery.id;
    const auto held = tx.held_deliveries(filter);
    if (!held.empty()) facts.held_by = held.front().rule_id;
    return facts;
  }

  Result<Json> explain_delivery(insight::DeliveryFacts facts) {
    facts.cause = cause_of(facts.event);
    facts.base_url = base_url_;
    ASSIGN_OR_RETURN(const auto lanes, services_.engine.lanes(facts.delivery.client_id));
    if (!lanes.empty()) {
      facts.now = lanes.front().now;
      facts.paused = lanes.front().paused;
    }
    return insight::explain_delivery(facts);
  }

  // The call whose transaction emitted the event; nothing for those of Zest's own and what is forgotten.
  std::optional<Json> cause_of(const Event& event) const {
    JournalFilter filter;
    filter.client_id = event.client_id;
    filter.emitted = counter_of(event.id);
    const auto calls = services_.journal.find(filter, 0, 1, nullptr);
    if (!filter.emitted || calls.empty()) return std::nullopt;
    return to_json(calls.front());
  }

  // What its deliveries, the calls that caused these and those that name it tell.
  std::vector<Moment> related(const std::vector<std::string>& names,
                              const std::vector<Delivery>& about) const {
    std::vector<Moment> moments;  // newest first
    moments.reserve(about.size());
    for (const Delivery& delivery : about) {
      moments.push_back({delivery.created_at, delivery.event_type + " was emitted (" + delivery.id +
                                                  "): " + std::string(to_string(delivery.status)) +
                                                  ", attempts " + std::to_string(delivery.attempt_count)});
    }
    std::size_t taken = 0;
    for (const JournalEntry& entry : services_.journal.find({}, 0, SIZE_MAX, nullptr)) {
      const bool named = std::any_of(names.begin(), names.end(), [&entry](const std::string& name) {
        return !name.empty() && entry.path.find(name) != std::string::npos;
      });
      const bool related =
          named || std::any_of(about.begin(), about.end(), [&entry](const Delivery& each) {
            const std::optional<std::uint64_t> number = counter_of(each.id);
            return entry.client_id == each.client_id && number && entry.emitted.holds(*number);
          });
      if (!related || !entry.virtual_time) continue;
      if (++taken > kMostRelated) break;
      const std::string known_by = entry.error_id.empty()
                                       ? " (" + insight::call_id(entry.sequence) + ")"
                                       : " " + entry.error_code + " (" + entry.error_id + ")";
      moments.push_back({*entry.virtual_time,
                         entry.method + " " + entry.path + ": " + std::to_string(entry.status) + known_by});
    }
    // Of one instant the calls first, in their order.
    std::reverse(moments.begin(), moments.end());
    return moments;
  }

  static Json resource(const std::string& id, std::string summary, std::vector<Moment> moments, Json waits) {
    Json json{{"kind", "resource"},
              {"id", id},
              {"summary", std::move(summary)},
              {"history", history_json(std::move(moments))}};
    if (!waits.is_null()) json["waitsFor"] = std::move(waits);
    return json;
  }

  Json spv_request(const SpvRequest& request, const std::vector<Delivery>& about) const {
    std::vector<Moment> moments =
        related({request.slug, request.refs ? request.refs->vehicle_slug : ""}, about);
    moments.push_back({request.created_at, "created, pending-review"});
    if (request.approved_at) {
      moments.push_back({*request.approved_at,
                         "approved" + (request.refs ? "; its SPV is " + request.refs->vehicle_slug : "")});
    }
    if (request.cancelled_at) moments.push_back({*request.cancelled_at, "cancelled by the partner"});
    if (request.rejection_reason)
      moments.push_back({request.updated_at, "rejected: " + *request.rejection_reason});
    return resource(request.slug,
                    "SPV request " + request.slug + " of " + request.client_id + ": " +
                        std::string(to_string(request.status)),
                    std::move(moments), insight::waits_for(request));
  }

  Json subscription_json(const Subscription& subscription, const std::vector<Delivery>& about) const {
    const std::string path = subscription.spv_slug + "/subscription/" + subscription.person_id;
    std::vector<Moment> moments = related({subscription.slug, path}, about);
    moments.push_back({subscription.created_at, "created, pending"});
    if (subscription.form) moments.push_back({subscription.form->uploaded_at, "signed form on record"});
    if (subscription.funding)
      moments.push_back({subscription.funding->upload.uploaded_at, "funding receipt on record"});
    if (subscription.completed_at) moments.push_back({*subscription.completed_at, "completed"});
    return resource(subscription.slug,
                    "subscription " + subscription.slug + " of " + subscription.person_id + " to " +
                        subscription.spv_slug + ": " + std::string(to_string(subscription.status)),
                    std::move(moments), insight::waits_for(subscription));
  }

  Json investor_json(const Investor& investor, const std::vector<Delivery>& about) const {
    std::vector<Moment> moments = related({investor.person_id}, about);
    moments.push_back({investor.created_at, "created as " + investor.partner_investor_id});
    return resource(investor.person_id, "investor " + investor.person_id + " of " + investor.client_id,
                    std::move(moments), nullptr);
  }

  // All calls with this Idempotency-Key, or with the token of this jti.
  Json calls_with(const std::string& id, bool by_key) const {
    JournalFilter filter;
    (by_key ? filter.idempotency_key : filter.token_id) = id;
    std::size_t count = 0;
    auto entries = services_.journal.find(filter, 0, kMostRelated, &count);
    if (!by_key) {
      JournalFilter grants;
      grants.operation = std::string(row_of(kOperationTable, Operation::ExchangeTokens).id);
      for (JournalEntry& entry : services_.journal.find(grants, 0, SIZE_MAX, nullptr)) {
        const Json* jti = reach(entry.request.grant, "assertion.jti");
        if (jti == nullptr || *jti != Json(id)) continue;
        entries.push_back(std::move(entry));
        ++count;
      }
    }
    if (entries.empty()) return nullptr;
    const auto batch = std::find_if(entries.begin(), entries.end(), has_failed_rows);
    if (by_key && batch != entries.end()) {
      const Result<Json> told = call(*batch);
      if (told.ok()) return *told;
    }
    std::vector<Moment> moments;
    for (const JournalEntry& entry : entries) {
      std::string what = entry.method + " " + entry.path + ": " + std::to_string(entry.status);
      if (!entry.idempotency_outcome.empty()) what += ", " + entry.idempotency_outcome;
      if (!entry.error_id.empty()) what += ", " + entry.error_code + " (" + entry.error_id + ")";
      if (!entry.fault.empty()) what += ", fault " + entry.fault;
      moments.push_back({entry.virtual_time.value_or(entry.wall_time), std::move(what)});
    }
    std::reverse(moments.begin(), moments.end());  // of one instant in their order
    return resource(id,
                    (by_key ? "Idempotency-Key " : "token with the jti ") + id + ": " +
                        std::to_string(count) + (count == 1 ? " call" : " calls"),
                    std::move(moments), nullptr);
  }

  Result<Json> unknown(const std::string& id) {
    std::vector<std::string> near;
    const auto entries = services_.journal.find({}, 0, SIZE_MAX, nullptr);
    for (const JournalEntry& entry : entries) {
      if (near.size() > kNearIds) break;
      if (!entry.error_id.empty()) near.push_back(entry.error_id);
      if (entry.idempotency_key) near.push_back(*entry.idempotency_key);
      near.insert(near.end(), entry.failed_row_ids.begin(), entry.failed_row_ids.end());
    }
    RETURN_IF_ERROR(services_.store.read([&near](store::Read& tx) {
      const store::Page page{0, kNearIds};
      for (const Delivery& each : tx.deliveries({}, page).documents) near.push_back(each.id);
      for (const SpvRequest& each : tx.spv_requests({}, page).documents) near.push_back(each.slug);
      for (const Subscription& each : tx.subscriptions({}, page).documents) near.push_back(each.slug);
      for (const Investor& each : tx.investors(std::nullopt, page).documents) near.push_back(each.person_id);
      return Done{};
    }));
    std::string detail =
        "nothing is known by that id: looked among the journal's calls, errorIds, Idempotency-Keys and jti, "
        "deliveries, "
        "SPV requests, SPVs, subscriptions, investors and rows that failed";
    if (entries.empty()) {
      detail += "; the journal is empty";
    } else if (entries.back().sequence > 1) {
      detail += "; the journal remembers calls since " + format_instant(entries.back().wall_time) +
                " only (--max-journal)";
    }
    if (const std::optional<std::string> meant = nearest(id, near))
      detail += "; did you mean " + *meant + "?";
    return make_error(ErrorKind::NotFound, std::move(detail));
  }

  const Services& services_;
  std::string base_url_;
};

Result<Answer> explain_one(const Services& services, Exchange& exchange) {
  Explainer explainer(services, base_url_of_call(services, exchange));
  ASSIGN_OR_RETURN(const Json explanation, explainer.explain(exchange.parameter("id")));
  return json_answer(200, explanation);
}

Result<Answer> explain_last_things(const Services& services, Exchange& exchange) {
  Explainer explainer(services, base_url_of_call(services, exchange));
  ASSIGN_OR_RETURN(const Json list, explainer.last(kLastThings));
  return json_answer(200, list);
}

}  // namespace

void add_explain_routes(RouteTable& table, const Services& services) {
  add_control(table, services,
              control_route(Operation::ListExplanations, "The last ten things that went wrong",
                            answers("Explanations")),
              explain_last_things);
  add_control(
      table, services,
      control_route(
          Operation::Explain,
          "Why: a refused call, a delivery, a resource, an Idempotency-Key or a jti; \"last\" is the newest "
          "thing that went wrong, call-5 the fifth call of the journal",
          answers("Explanation"), {404}),
      explain_one);
}

}  // namespace zest::api
