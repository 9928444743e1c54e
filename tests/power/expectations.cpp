#include "power/expectations.h"

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/file.h"

namespace zest::power {
namespace {

using Missing = std::optional<std::string>;

Missing unless(bool holds, const std::string& what) {
  if (holds) return std::nullopt;
  return what;
}

std::string content_hash(store::Store& store, const std::string& sha256_hex) {
  const Result<std::string> bytes = read_file(store.uploads().path(sha256_hex));
  return bytes.ok() ? to_hex(sha256(*bytes)) : bytes.error().detail;
}

// Walks the whole state and remembers what belongs together.
class Tally {
 public:
  Result<void> see(const store::StateItem& item) {
    std::visit([this](const auto& value) { take(value); }, item);
    return {};
  }

  Missing problem(store::Read& tx, store::Store& store) const {
    if (problem_) return problem_;
    for (const std::string& event : expected_) {
      if (!events_.contains(event)) return "there is no event " + event;
      if (events_.at(event) > 1) return "there are two events " + event;
    }
    for (const std::string& hash : content_) {
      if (content_hash(store, hash) != hash) return "content " + hash + " is not what it is called";
    }
    for (const auto& [client_and_prefix, greatest] : greatest_) {
      const auto counter = counters_.find(client_and_prefix);
      if (counter == counters_.end() || counter->second < greatest)
        return "identifiers " + client_and_prefix.second + " could come again";
    }
    for (const auto& [delivery, attempts] : scheduled_) {
      if (const auto found = deliveries_.find(delivery);
          found == deliveries_.end() || found->second < attempts)
        return "attempts of " + delivery + " that it does not know of";
    }
    std::map<std::pair<std::string, DeliveryStatus>, std::size_t> counted;
    for (const store::DeliveryCount& count : tx.delivery_counts()) {
      if (count.count > 0) counted[{count.client_id, count.status}] += count.count;
    }
    return unless(counted == by_status_, "deliveries are counted wrong");
  }

 private:
  void expect(const std::string& type, const std::string& subject) { expected_.insert(type + " " + subject); }
  void known(bool is, const std::string& what) {
    if (!is && !problem_) problem_ = what;
  }
  void numbered(const std::string& client_id, const std::string& id) {
    const std::size_t dash = id.find('_');
    if (dash == std::string::npos || id.size() < dash + 17) return;
    std::uint64_t& greatest = greatest_[{client_id, id.substr(0, dash)}];
    greatest = std::max<std::uint64_t>(greatest, std::stoull(id.substr(dash + 9), nullptr, 16));
  }

  void take(const store::PartnerState& state) { partners_.insert(state.partner.client_id); }
  void take(const store::Counter& counter) { counters_[{counter.client_id, counter.name}] = counter.value; }
  void take(const SpvRequest& request) {
    numbered(request.client_id, request.slug);
    known(partners_.contains(request.client_id), "an SPV request of nobody");
    expect("spv_request.created", request.slug);
    if (request.status == SpvStatus::Approved) expect("spv_request.completed", request.slug);
    if (request.status == SpvStatus::Rejected) expect("spv_request.rejected", request.slug);
    if (request.status == SpvStatus::Cancelled) expect("spv_request.cancelled", request.slug);
    if (request.refs) vehicles_.insert(request.refs->vehicle_slug);
  }
  void take(const Investor& investor) {
    numbered(investor.client_id, investor.person_id);
    known(partners_.contains(investor.client_id), "an investor of nobody");
    investors_.insert(investor.person_id);
    expect("investor.created", investor.person_id);
  }
  void take(const Subscription& subscription) {
    numbered(subscription.client_id, subscription.slug);
    known(vehicles_.contains(subscription.spv_slug), "a subscription to nothing");
    known(investors_.contains(subscription.person_id), "a subscription of nobody");
    expect("subscription.created", subscription.slug);
    if (subscription.form) content_.insert(subscription.form->sha256);
    if (subscription.funding) content_.insert(subscription.funding->upload.sha256);
    if (subscription.completion_emitted) expect("subscription.completed", subscription.slug);
  }
  void take(const store::ReplacedUpload& replaced) { content_.insert(replaced.sha256); }
  void take(const store::DeliveryState& state) {
    numbered(state.delivery.client_id, state.delivery.id);
    ++events_[state.delivery.event_type + " " + state.delivery.subject];
    deliveries_[state.delivery.id] = state.delivery.attempt_count;
    ++by_status_[{state.delivery.client_id, state.delivery.status}];
    known(parse_json(state.event.body).ok(), "an event's body is no document");
  }
  void take(const Attempt& attempt) {
    if (attempt.kind != AttemptKind::Scheduled) return;
    ++scheduled_[attempt.delivery_id];
    const auto number = std::make_pair(attempt.delivery_id, std::make_pair(attempt.schedule, attempt.number));
    known(attempts_.insert(number).second, "an attempt was made twice: " + attempt.delivery_id);
  }
  void take(const store::IdempotencyKey& key) { known(parse_json(key.reply.body).ok(), "half a reply"); }
  template <class Other>
  void take(const Other&) {}

  Missing problem_;
  std::set<std::string> partners_;
  std::set<std::string> vehicles_;
  std::set<std::string> investors_;
  std::set<std::string> expected_;
  std::set<std::string> content_;
  std::map<std::string, int> events_;
  std::map<std::string, int> deliveries_;
  std::map<std::string, int> scheduled_;
  std::set<std::pair<std::string, std::pair<int, int>>> attempts_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counters_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> greatest_;
  std::map<std::pair<std::string, DeliveryStatus>, std::size_t> by_status_;
};

}  // namespace

Fact has_partner(const std::string& client_id) {
  return [=](store::Read& tx, store::Store&) {
    return unless(tx.partner(client_id) && tx.lane(client_id), "partner " + client_id);
  };
}

Fact has_no_partner(const std::string& client_id) {
  return [=](store::Read& tx, store::Store&) {
    return unless(!tx.partner(client_id) && !tx.lane(client_id), "the absence of partner " + client_id);
  };
}

Fact has_investor(const std::string& client_id, const std::string& own_id, const std::string& person_id) {
  return [=](store::Read& tx, store::Store&) {
    const auto investor = tx.investor_by_partner_id(client_id, own_id);
    return unless(investor && investor->person_id == person_id, "investor " + own_id + " of " + client_id);
  };
}

Fact has_no_investors(const std::string& client_id, const std::string& own_id) {
  return [=](store::Read& tx, store::Store&) {
    return unless(!tx.investor_by_partner_id(client_id, own_id),
                  "the absence of investor " + own_id + " of " + client_id);
  };
}

Fact has_request(const std::string& slug, SpvStatus at_least) {
  return [=](store::Read& tx, store::Store&) {
    const auto request = tx.spv_request(slug);
    const bool there = request && (at_least == SpvStatus::PendingReview || request->status == at_least);
    return unless(there, "SPV request " + slug + " " + std::string(to_string(at_least)));
  };
}

Fact has_subscription(const std::string& slug, SubscriptionStage at_least) {
  return [=](store::Read& tx, store::Store&) {
    const auto subscription = tx.subscription(slug);
    return unless(subscription && subscription->stage() >= at_least, "subscription " + slug);
  };
}

Fact has_content(const std::string& sha256_hex, const std::string& bytes) {
  return [=](store::Read& tx, store::Store& store) {
    const Result<std::string> found = read_file(store.uploads().path(sha256_hex));
    return unless(found.ok() && *found == bytes && tx.refers_to_upload(sha256_hex), "content " + sha256_hex);
  };
}

Fact has_reply(const std::string& client_id, const std::string& key, const std::string& body) {
  return [=](store::Read& tx, store::Store&) {
    const auto reply = tx.reply(client_id, key);
    return unless(reply && reply->body == body, "the reply to key " + key);
  };
}

Fact has_event(const std::string& id, const std::string& body) {
  return [=](store::Read& tx, store::Store&) {
    const auto event = tx.event(id);
    return unless(event && event->body == body, "event " + id + ", which was sent");
  };
}

Fact has_time(const std::string& client_id, Instant at_least) {
  return [=](store::Read& tx, store::Store&) {
    const auto lane = tx.lane(client_id);
    return unless(lane && lane->clock.anchor_virtual >= at_least, "the time of " + client_id);
  };
}

Fact has_meta(const std::string& name, const std::string& value) {
  return [=](store::Read& tx, store::Store&) {
    return unless(tx.meta(name) == value, "the database's " + name);
  };
}

void Expectation::add(const std::string& area, Fact fact) {
  auto& alternatives = areas_[area];
  if (alternatives.empty()) alternatives.emplace_back();
  alternatives.front().push_back(std::move(fact));
}

void Expectation::begin(const std::string& area, std::vector<Fact> other) {
  auto& alternatives = areas_[area];
  if (alternatives.empty()) alternatives.emplace_back();
  alternatives.push_back(std::move(other));
}

void Expectation::end(const std::string& area) {
  auto& alternatives = areas_.at(area);
  alternatives = {alternatives.back()};
}

void Expectation::join(const std::string& area) {
  std::vector<Fact> all;
  for (const auto& entry : areas_)
    all.insert(all.end(), entry.second.front().begin(), entry.second.front().end());
  areas_ = {{area, {std::move(all)}}};
}

std::vector<Fact> Expectation::facts(const std::string& area) const { return areas_.at(area).front(); }

Missing Expectation::missing(store::Read& tx, store::Store& store) const {
  for (const auto& [area, alternatives] : areas_) {
    std::string all_missing;
    for (const std::vector<Fact>& facts : alternatives) {
      Missing first;
      for (const Fact& fact : facts) {
        if (!first) first = fact(tx, store);
      }
      if (!first) {
        all_missing.clear();
        break;
      }
      all_missing += (all_missing.empty() ? "" : ", or ") + *first;
    }
    if (!all_missing.empty()) return area + ": " + all_missing;
  }
  return std::nullopt;
}

Missing half_done(store::Read& tx, store::Store& store) {
  Tally tally;
  const Result<void> seen =
      tx.visit_state([&tally](const store::StateItem& item) { return tally.see(item); });
  if (!seen.ok()) return seen.error().detail;
  return tally.problem(tx, store);
}

}  // namespace zest::power
