// Due work, lists and counts of deliveries.
#include <map>

#include "store/store_fixture.h"

namespace zest::store {
namespace {

class Deliveries : public ConformanceTest {
 protected:
  void add(const std::string& id, const std::string& client, const std::string& type, DeliveryStatus status,
           std::optional<Instant> next = std::nullopt, std::uint64_t sequence = 1, int attempts = 0) {
    change([&](Write& tx) {
      Event event = sample_event(id, client, type);
      event.subjects = {"sub_" + id, "veh_" + client};
      Delivery delivery = sample_delivery(id, client, type);
      delivery.status = status;
      delivery.next_attempt_at = next;
      delivery.sequence = sequence;
      delivery.schedule_attempts = attempts;
      tx.add_event(event, delivery);
    });
  }
  void move(const std::string& id, DeliveryStatus status, std::optional<Instant> next) {
    change([&](Write& tx) {
      Delivery delivery = tx.delivery(id).value();
      delivery.status = status;
      delivery.next_attempt_at = next;
      tx.put_delivery(delivery);
    });
  }
  void add_timer(const std::string& client, Instant due, std::uint64_t sequence, const std::string& subject) {
    change([&](Write& tx) {
      Timer timer;
      timer.client_id = client;
      timer.due_at = due;
      timer.sequence = sequence;
      timer.subject = subject;
      tx.add_timer(timer);
    });
  }
  std::string next(const std::string& client, bool with_deliveries = true) {
    const std::optional<Instant> at = look([&](Read& tx) { return tx.next_due(client, with_deliveries); });
    if (!at) return "nothing";
    const auto due_at = [&](Instant now) {
      return look([&](Read& tx) { return tx.due_work(client, now, with_deliveries); });
    };
    EXPECT_FALSE(due_at(*at - Duration(1)).has_value());
    const std::optional<DueWork> due = due_at(*at);
    if (!due) return "not due";
    if (const auto* timer = std::get_if<Timer>(&*due)) return timer->subject;
    const auto& [delivery, event] = std::get<DueDelivery>(*due);
    const std::string& id = delivery.id;
    EXPECT_EQ(delivery.next_attempt_at, at);
    const std::optional<Event> stored = look([&id](Read& tx) { return tx.event(id); });
    EXPECT_EQ(event.id, id);
    EXPECT_EQ(event.type, stored->type);
    EXPECT_EQ(event.client_id, client);
    EXPECT_EQ(event.occurred_at, stored->occurred_at);
    EXPECT_EQ(event.body, stored->body);
    EXPECT_EQ(event.subjects, stored->subjects);
    return id;
  }
  std::vector<std::string> ids(const DeliveryFilter& filter, Page page = Page{0, 100}) {
    std::vector<std::string> found;
    for (const Delivery& delivery : look([&](Read& tx) { return tx.deliveries(filter, page); }).documents) {
      found.push_back(delivery.id);
    }
    return found;
  }
  std::size_t count(const DeliveryFilter& filter) {
    return look([&](Read& tx) { return tx.deliveries(filter, Page{0, 1}).count; });
  }
};

TEST_P(Deliveries, NextDueIsTheEarliestByInstantThenSequence) {
  EXPECT_EQ(next("a"), "nothing");
  add("late", "a", "investor.created", DeliveryStatus::Pending, at(300), 1);
  add("second", "a", "investor.created", DeliveryStatus::Retrying, at(100), 7);
  add("first", "a", "investor.created", DeliveryStatus::Pending, at(100), 5);
  add("other", "b", "investor.created", DeliveryStatus::Pending, at(1), 1);
  add("held", "a", "investor.created", DeliveryStatus::Pending, std::nullopt, 1);
  EXPECT_EQ(next("a"), "first");
  add_timer("a", at(100), 6, "timer");
  EXPECT_EQ(next("a"), "first");
  EXPECT_EQ(next("a", false), "timer");
  move("first", DeliveryStatus::InFlight, at(100));
  EXPECT_EQ(next("a"), "timer");
  add_timer("a", at(99), 9, "earlier timer");
  EXPECT_EQ(next("a"), "earlier timer");
  EXPECT_EQ(next("b"), "other");
  move("other", DeliveryStatus::Delivered, std::nullopt);
  EXPECT_EQ(next("b"), "nothing");
}

TEST_P(Deliveries, OpenOnesArePendingOrRetryingWithOrWithoutAnInstant) {
  add("d1", "a", "investor.created", DeliveryStatus::Retrying, at(1));
  add("d2", "a", "subscription.created", DeliveryStatus::Pending, std::nullopt);
  add("d3", "a", "investor.created", DeliveryStatus::Dead);
  add("d4", "a", "investor.created", DeliveryStatus::InFlight, at(1));
  add("d5", "a", "investor.created", DeliveryStatus::Pending, at(5));
  add("d6", "b", "investor.created", DeliveryStatus::Pending, at(5));
  EXPECT_EQ(look([](Read& tx) { return tx.open_deliveries("a"); }), 3U);
  EXPECT_EQ(look([](Read& tx) { return tx.open_delivery_ids("a", 10); }),
            (std::vector<std::string>{"d1", "d2", "d5"}));
  EXPECT_EQ(look([](Read& tx) { return tx.open_delivery_ids("a", 2); }),
            (std::vector<std::string>{"d1", "d2"}));
  EXPECT_EQ(look([](Read& tx) { return tx.open_deliveries("nobody"); }), 0U);
}

// Every combination of filters and many pages against a plain walk over all deliveries.
TEST_P(Deliveries, ListsAnswerEveryCombinationOfFilters) {
  const std::vector<std::string> clients = {"a", "b", "c"};
  const std::vector<std::string> types = {"investor.created", "subscription.created"};
  std::vector<Delivery> all;  // newest first
  for (int i = 0; i < 60; ++i) {
    const std::string id = "d" + std::to_string(i);
    const auto pick = static_cast<std::size_t>(i * i + i / 7);
    add(id, clients[pick % 3], types[pick / 3 % 2], kDeliveryStatuses[pick / 2 % 5]);
    all.insert(all.begin(), look([&](Read& tx) { return tx.delivery(id).value(); }));
  }
  std::vector<std::optional<std::string>> client_filters = {std::nullopt, "a", "b", "nobody"};
  std::vector<std::optional<std::string>> type_filters = {std::nullopt, types[0], types[1]};
  std::vector<std::optional<DeliveryStatus>> status_filters = {
      std::nullopt, DeliveryStatus::Pending, DeliveryStatus::InFlight, DeliveryStatus::Dead};
  std::vector<std::optional<std::string>> subject_filters = {std::nullopt, "veh_a", "sub_d7", "unknown"};
  for (const auto& client : client_filters) {
    for (const auto& type : type_filters) {
      for (const auto& status : status_filters) {
        for (const auto& subject : subject_filters) {
          DeliveryFilter filter;
          filter.client_id = client;
          filter.event_type = type;
          filter.status = status;
          filter.subject = subject;
          std::vector<std::string> expected;
          for (const Delivery& delivery : all) {
            if (client && *client != delivery.client_id) continue;
            if (type && *type != delivery.event_type) continue;
            if (status && *status != delivery.status) continue;
            if (subject && *subject != "veh_" + delivery.client_id && *subject != "sub_" + delivery.id) {
              continue;
            }
            expected.push_back(delivery.id);
          }
          EXPECT_EQ(ids(filter), expected);
          EXPECT_EQ(count(filter), expected.size());
          std::vector<std::string> paged;
          for (std::size_t skip = 0; skip < expected.size() + 7; skip += 7) {
            for (const std::string& id : ids(filter, Page{skip, 7})) paged.push_back(id);
          }
          EXPECT_EQ(paged, expected);
        }
      }
    }
  }
}

// Pages far down begin at the right place, whatever lies above them.
class DeepPages : public Deliveries {
 protected:
  static constexpr int kDeliveries = 5'000;
  static constexpr std::size_t kPage = 900;

  void add_many() {
    change([](Write& tx) {
      for (int i = 0; i < kDeliveries; ++i) {
        const std::string id = "d" + std::to_string(i);
        const std::string client = i / 1'500 % 2 == 0 && i % 7 != 0 ? "a" : "b";
        const std::string type = i % 3 == 0 ? "investor.created" : "subscription.created";
        Delivery delivery = sample_delivery(id, client, type);
        delivery.status = kDeliveryStatuses[static_cast<std::size_t>(i % 5)];
        tx.add_event(sample_event(id, client, type), delivery);
      }
    });
  }
  // Every status once more, so that deliveries have come from everywhere to everywhere.
  void move_many() {
    change([](Write& tx) {
      for (int i = 0; i < kDeliveries; i += 3) {
        std::optional<Delivery> delivery = tx.delivery("d" + std::to_string(i));
        if (!delivery) continue;
        delivery->status = kDeliveryStatuses[static_cast<std::size_t>(i % 4)];
        tx.put_delivery(*delivery);
      }
    });
  }
  void expect_pages(const DeliveryFilter& filter) {
    std::vector<std::string> expected;
    look([&](Read& tx) {
      for (int i = kDeliveries - 1; i >= 0; --i) {
        const std::optional<Delivery> delivery = tx.delivery("d" + std::to_string(i));
        if (!delivery || (filter.client_id && *filter.client_id != delivery->client_id)) continue;
        if (filter.status && *filter.status != delivery->status) continue;
        if (filter.event_type && *filter.event_type != delivery->event_type) continue;
        expected.push_back(delivery->id);
      }
      return true;
    });
    std::vector<std::string> paged;
    for (std::size_t skip = 0; skip < expected.size() + kPage; skip += kPage) {
      for (std::string& id : ids(filter, Page{skip, kPage})) paged.push_back(std::move(id));
    }
    EXPECT_EQ(paged, expected);
    EXPECT_EQ(count(filter), expected.size());
  }
  void expect_all_pages() {
    expect_pages({});
    expect_pages({"a", {}, {}, {}});
    expect_pages({"b", {}, {}, {}});
    expect_pages({{}, DeliveryStatus::Delivered, {}, {}});
    expect_pages({{}, DeliveryStatus::InFlight, {}, {}});
    expect_pages({"b", DeliveryStatus::Dead, "subscription.created", {}});
    expect_pages({{}, {}, "investor.created", {}});
  }
};

TEST_P(DeepPages, ListThoseBelow) {
  add_many();
  expect_all_pages();
}

TEST_P(DeepPages, FollowDeliveriesFromStatusToStatus) {
  add_many();
  move_many();
  expect_all_pages();
  reopen();  // those in flight return
  expect_all_pages();
}

TEST_P(DeepPages, LeaveOutWhatAResetRemoved) {
  add_many();
  change([](Write& tx) { tx.clear_partner_data("a"); });
  expect_all_pages();
  change([](Write& tx) { tx.clear_partner_data("b"); });
  expect_all_pages();
  add_many();
  expect_all_pages();
}

TEST_P(Deliveries, CountsFollowEveryChange) {
  const auto counts = [this] {
    std::map<std::string, std::size_t> by_name;
    for (const DeliveryCount& count : look([](Read& tx) { return tx.delivery_counts(); })) {
      by_name[count.client_id + " " + std::string(to_string(count.status))] = count.count;
    }
    return by_name;
  };
  using Counts = std::map<std::string, std::size_t>;
  EXPECT_EQ(counts(), Counts{});
  add("d1", "a", "investor.created", DeliveryStatus::Pending, at(1));
  add("d2", "a", "subscription.created", DeliveryStatus::Pending, at(1));
  add("d3", "b", "investor.created", DeliveryStatus::Dead);
  EXPECT_EQ(counts(), (Counts{{"a pending", 2}, {"b dead", 1}}));
  move("d1", DeliveryStatus::InFlight, at(1));
  move("d1", DeliveryStatus::InFlight, at(2));
  EXPECT_EQ(counts(), (Counts{{"a in_flight", 1}, {"a pending", 1}, {"b dead", 1}}));
  const Result<void> failed = store_->write([](Write& tx) -> Result<void> {
    tx.clear_partner_data("a");
    EXPECT_EQ(tx.open_deliveries("a"), 0U);
    return make_error(ErrorKind::Conflict, "");
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(counts(), (Counts{{"a in_flight", 1}, {"a pending", 1}, {"b dead", 1}}));
  change([](Write& tx) { tx.clear_partner_data("a"); });
  EXPECT_EQ(counts(), (Counts{{"b dead", 1}}));
}

TEST_P(Deliveries, ThoseInFlightAreReturnedAtTheNextStart) {
  add("never tried", "a", "investor.created", DeliveryStatus::InFlight, at(10), 1, 0);
  add("tried", "b", "investor.created", DeliveryStatus::InFlight, at(20), 1, 2);
  add("done", "a", "investor.created", DeliveryStatus::Delivered);
  EXPECT_EQ(next("a"), "nothing");
  reopen();
  EXPECT_EQ(look([](Read& tx) { return tx.delivery("never tried"); })->status, DeliveryStatus::Pending);
  EXPECT_EQ(look([](Read& tx) { return tx.delivery("tried"); })->status, DeliveryStatus::Retrying);
  EXPECT_EQ(look([](Read& tx) { return tx.delivery("done"); })->status, DeliveryStatus::Delivered);
  EXPECT_EQ(look([](Read& tx) { return tx.next_due("a", true); }), at(10));
  EXPECT_EQ(look([](Read& tx) { return tx.next_due("b", true); }), at(20));
  EXPECT_EQ(look([](Read& tx) { return tx.open_deliveries("b"); }), 1U);
}

// Extra attempts are not made again; what waited for a delivery goes on waiting for it.
TEST_P(Deliveries, WhatWaitsForAnExtraAttemptIsDueAtTheNextStart) {
  add("true", "a", "investor.created", DeliveryStatus::Pending, std::nullopt);
  add("later", "a", "investor.created", DeliveryStatus::Pending, std::nullopt);
  change([](Write& tx) {
    tx.hold_delivery(HeldDelivery{"true", "a", "r", at(60), std::nullopt, "key", true});
    tx.hold_delivery(HeldDelivery{"later", "a", "r", at(60), std::nullopt, "true", false});
  });
  EXPECT_EQ(next("a"), "nothing");
  reopen();
  EXPECT_EQ(next("a"), "true");
  const std::vector<HeldDelivery> held = look([](Read& tx) { return tx.held_deliveries(HeldFilter{}); });
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held.front().delivery_id, "later");
}

TEST_P(Deliveries, AnAttemptOfAnUnknownDeliveryIsRefused) {
  const Result<void> added = store_->write([](Write& tx) -> Result<void> {
    tx.add_attempt(sample_attempt("nowhere"));
    return {};
  });
  EXPECT_EQ(added.error().kind, ErrorKind::InternalError);
}

ZEST_FOR_EVERY_BACKEND(Deliveries);
ZEST_FOR_EVERY_BACKEND(DeepPages);

}  // namespace
}  // namespace zest::store
