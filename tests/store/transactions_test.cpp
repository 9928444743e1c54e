// Group commit: who sees what when, and what a failure leaves behind.
#include <atomic>
#include <future>
#include <set>
#include <thread>
#include <utility>

#include "store/store_fixture.h"

namespace zest::store {
namespace {

class Transactions : public ConformanceTest {
 protected:
  // Holds the writer until released, so that what is posted meanwhile shares one group.
  void block_writer() {
    std::promise<void> entered;
    store_->post(
        [&entered, wait = released_.get_future().share()](Write&) -> Result<void> {
          entered.set_value();
          wait.wait();
          return {};
        },
        [](const Result<void>&) {});
    entered.get_future().wait();
  }
  void release_writer() { std::exchange(released_, std::promise<void>()).set_value(); }
  // Returns once everything posted before has been answered.
  void drain() {
    change([](Write&) {});
  }

  std::optional<std::string> meta(const std::string& name) {
    return look([&name](Read& tx) { return tx.meta(name); });
  }

 private:
  std::promise<void> released_;
};

TEST_P(Transactions, WriteReturnsTheBodysValue) {
  const Result<std::uint64_t> value =
      store_->write([](Write& tx) -> Result<std::uint64_t> { return tx.next_counter("a", "svr"); });
  EXPECT_EQ(value.value(), 1U);
}

TEST_P(Transactions, BodiesSeeWhatEarlierBodiesOfTheGroupDid) {
  block_writer();
  std::optional<std::string> seen;
  store_->post(
      [](Write& tx) -> Result<void> {
        tx.set_meta("one", "1");
        return {};
      },
      [](const Result<void>&) {});
  store_->post(
      [&seen](Write& tx) -> Result<void> {
        seen = tx.meta("one");
        return {};
      },
      [](const Result<void>&) {});
  release_writer();
  drain();
  EXPECT_EQ(seen, "1");
}

TEST_P(Transactions, ABodyThatFailsLeavesNoTraceWhileItsNeighboursCommit) {
  block_writer();
  std::vector<std::string> answers;
  const auto note = [&answers](const std::string& name) {
    return [&answers, name](const Result<void>& result) {
      answers.push_back(name + (result.ok() ? " ok" : " " + result.error().detail));
    };
  };
  std::vector<std::string> hooks;
  const auto put = [&hooks](const std::string& name, std::optional<Error> error) {
    return [&hooks, name, error](Write& tx) -> Result<void> {
      tx.set_meta(name, "x");
      tx.next_counter("a", "shared");
      tx.after_commit([&hooks, name] { hooks.push_back(name); });
      if (error) return *error;
      return {};
    };
  };
  store_->post(put("first", std::nullopt), note("first"));
  store_->post(put("second", make_error(ErrorKind::Conflict, "no")), note("second"));
  store_->post(
      [&](Write& tx) -> Result<void> {
        (void)put("third", std::nullopt)(tx);
        throw std::runtime_error("a bug");
      },
      note("third"));
  store_->post(put("fourth", std::nullopt), note("fourth"));
  release_writer();
  drain();
  EXPECT_EQ(answers, (std::vector<std::string>{"first ok", "second no",
                                               "third The sandbox failed unexpectedly; its log says why.",
                                               "fourth ok"}));
  EXPECT_EQ(hooks, (std::vector<std::string>{"first", "fourth"}));
  EXPECT_EQ(meta("first"), "x");
  EXPECT_EQ(meta("second"), std::nullopt);
  EXPECT_EQ(meta("third"), std::nullopt);
  EXPECT_EQ(meta("fourth"), "x");
  change([](Write& tx) { EXPECT_EQ(tx.next_counter("a", "shared"), 3U); });
}

// What the writer keeps of lanes between bodies is undone with the body, whether that changed the database or
// not.
TEST_P(Transactions, ABodyThatFailsTakesBackItsCountersAndItsLane) {
  change([](Write& tx) {
    tx.put_partner(sample_partner("a"));
    tx.put_lane(sample_lane("a"));
  });
  const Instant start = sample_lane("a").high_water;
  const auto use = [start](Write& tx, int minutes) {
    Lane lane = *tx.lane("a");
    lane.high_water = start + Duration(minutes * 60'000);
    tx.put_lane(lane);
    return tx.next_counter("a", "svr");
  };
  for (const bool changes_database : {false, true}) {
    block_writer();
    std::vector<std::uint64_t> counted;
    const auto post = [&](int minutes, bool fails) {
      store_->post(
          [&counted, use, minutes, fails, changes_database](Write& tx) -> Result<void> {
            const std::uint64_t count = use(tx, minutes);
            if (fails && changes_database) tx.set_meta("half", "x");
            if (fails) return make_error(ErrorKind::Conflict, "no");
            tx.after_commit([&counted, count] { counted.push_back(count); });
            return {};
          },
          [](const Result<void>&) {});
    };
    post(1, false);
    post(2, true);
    post(3, false);
    post(4, true);
    release_writer();
    drain();
    const std::uint64_t before = changes_database ? 2 : 0;
    EXPECT_EQ(counted, (std::vector<std::uint64_t>{before + 1, before + 2}));
    EXPECT_EQ(store_->committed_lane("a")->high_water, start + Duration(3 * 60'000));
    EXPECT_EQ(look([](Read& tx) { return tx.lane("a")->high_water; }), start + Duration(3 * 60'000));
    EXPECT_EQ(meta("half"), std::nullopt);
    change([before](Write& tx) { EXPECT_EQ(tx.counters().front().value, before + 2); });
  }
}

// How many deliveries there are is told within a group, to readers only after it, and follows no body that
// failed.
TEST_P(Transactions, CountsOfDeliveriesFollowTheBodiesThatSucceed) {
  const auto open = [this] { return look([](Read& tx) { return tx.open_deliveries("a"); }); };
  block_writer();
  std::vector<std::size_t> counted;
  const auto post = [&](const std::string& id, bool fails) {
    store_->post(
        [&counted, id, fails](Write& tx) -> Result<void> {
          tx.add_event(sample_event(id, "a", "investor.created"),
                       sample_delivery(id, "a", "investor.created"));
          Delivery delivery = *tx.delivery(id);
          delivery.status = DeliveryStatus::InFlight;
          tx.put_delivery(delivery);
          if (fails) return make_error(ErrorKind::Conflict, "no");
          delivery.status = DeliveryStatus::Retrying;
          tx.put_delivery(delivery);
          const std::size_t open_now = tx.open_deliveries("a");
          tx.after_commit([&counted, open_now] { counted.push_back(open_now); });
          return {};
        },
        [](const Result<void>&) {});
  };
  post("wde_1", false);
  post("wde_2", true);
  post("wde_3", false);
  post("wde_4", true);
  EXPECT_EQ(open(), 0U);
  release_writer();
  drain();
  EXPECT_EQ(counted, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(open(), 2U);
  reopen();
  EXPECT_EQ(open(), 2U);
  EXPECT_EQ(look([](Read& tx) { return tx.delivery_counts().size(); }), 1U);
}

// A reset counts from one again, also in the body that clears and for what was counted right before.
TEST_P(Transactions, CountsOfInvestorsFollowTheBodiesThatSucceed) {
  const auto count = [this] { return look([](Read& tx) { return tx.investors("a", Page{}).count; }); };
  block_writer();
  for (const char* person : {"psn_1", "psn_2", "psn_3"}) {
    store_->post(
        [person](Write& tx) -> Result<void> {
          tx.put_investor(sample_investor(person, "a"));
          if (tx.investors("a", Page{}).count == 2)
            return make_error(ErrorKind::Conflict, "the second is refused");
          return {};
        },
        [](const Result<void>&) {});
  }
  release_writer();
  drain();
  EXPECT_EQ(count(), 1U);  // what refuses the second refuses the third
  change([](Write& tx) { tx.put_investor(sample_investor("psn_4", "a")); });
  EXPECT_EQ(count(), 2U);
  change([](Write& tx) { tx.clear_partner_data("a"); });
  EXPECT_EQ(count(), 0U);
  change([](Write& tx) { tx.put_investor(sample_investor("psn_1", "a")); });
  EXPECT_EQ(count(), 1U);
}

TEST_P(Transactions, WhatIsRarelyThereIsSeenFromItsFirstToItsLast) {
  struct Seen {
    bool timer, rule, chaos, held;
    bool operator==(const Seen&) const = default;
  };
  const auto seen_by = [](Write& tx) {
    return Seen{tx.next_due("a", false).has_value(), !tx.chaos_rules().empty(),
                tx.delivery_chaos("wde_1").has_value(), !tx.held_deliveries(HeldFilter{}).empty()};
  };
  const auto seen = [this, seen_by] {
    return store_->write([seen_by](Write& tx) -> Result<Seen> { return seen_by(tx); }).value();
  };
  const auto put = [](Write& tx) {
    Timer timer;
    timer.client_id = "a";
    timer.kind = TimerKind::AutoApprove;
    tx.add_timer(timer);
    tx.put_chaos_rule({"r", "a", "{}"});
    tx.put_delivery_chaos(DeliveryChaos{"wde_1", "a", {}, {}, {}});
    tx.hold_delivery(HeldDelivery{"wde_1", "a", "r", at(0), std::nullopt, std::nullopt, false});
  };
  const Seen none{false, false, false, false};
  const Seen all{true, true, true, true};
  EXPECT_EQ(seen(), none);
  const Result<void> refused = store_->write([&](Write& tx) -> Result<void> {
    put(tx);
    EXPECT_EQ(seen_by(tx), all);
    return make_error(ErrorKind::Conflict, "refused");
  });
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(seen(), none);
  change(put);
  EXPECT_EQ(seen(), all);
  change([](Write& tx) {
    tx.remove_timers("a", TimerKind::AutoApprove, "");
    tx.remove_chaos_rule("r");
    tx.remove_held("wde_1");
  });
  EXPECT_EQ(seen(), (Seen{false, false, true, false}));
  change(put);
  EXPECT_EQ(seen(), all);
  change([](Write& tx) { tx.clear_partner_data("a"); });
  EXPECT_EQ(seen(), none);
}

// The writer knows it by heart from its claim to its settlement.
TEST_P(Transactions, ADeliveryInFlightIsReadAsItWasPut) {
  change([](Write& tx) {
    tx.add_event(sample_event("wde_1", "a", "investor.created"),
                 sample_delivery("wde_1", "a", "investor.created"));
  });
  const auto put = [](Write& tx, DeliveryStatus status, int attempts) {
    Delivery delivery = tx.delivery("wde_1").value();
    delivery.status = status;
    delivery.attempt_count = attempts;
    tx.put_delivery(delivery);
  };
  const auto read = [this] {
    return store_->write([](Write& tx) -> Result<Delivery> { return tx.delivery("wde_1").value(); }).value();
  };
  change([put](Write& tx) { put(tx, DeliveryStatus::InFlight, 1); });
  EXPECT_EQ(read().attempt_count, 1);
  const Result<void> refused = store_->write([put](Write& tx) -> Result<void> {
    put(tx, DeliveryStatus::InFlight, 2);
    EXPECT_EQ(tx.delivery("wde_1").value().attempt_count, 2);
    return make_error(ErrorKind::Conflict, "refused");
  });
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(read().attempt_count, 1);
  EXPECT_EQ(read().status, DeliveryStatus::InFlight);
  change([put](Write& tx) { put(tx, DeliveryStatus::Delivered, 3); });
  EXPECT_EQ(read().status, DeliveryStatus::Delivered);
  change([put](Write& tx) { put(tx, DeliveryStatus::InFlight, 4); });
  change([](Write& tx) { tx.clear_partner_data("a"); });
  EXPECT_FALSE(
      store_->write([](Write& tx) -> Result<bool> { return tx.delivery("wde_1").has_value(); }).value());
}

TEST_P(Transactions, ClearedCountersBeginAgain) {
  change([](Write& tx) {
    tx.put_partner(sample_partner("a"));
    tx.put_lane(sample_lane("a"));
    EXPECT_EQ(tx.next_counter("a", "svr"), 1U);
    tx.clear_counters("a");
    EXPECT_EQ(tx.next_counter("a", "svr"), 1U);
    tx.remove_partner("a");
    EXPECT_FALSE(tx.lane("a").has_value());
    EXPECT_FALSE(tx.partner("a").has_value());
    EXPECT_TRUE(tx.counters().empty());
  });
  EXPECT_FALSE(look([](Read& tx) { return tx.lane("a"); }).has_value());
}

TEST_P(Transactions, AnExceptionIsAnInternalErrorOfThatBodyOnly) {
  const Result<void> broken =
      store_->write([](Write&) -> Result<void> { throw std::runtime_error("a bug"); });
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().kind, ErrorKind::InternalError);
  const Result<void> refused = store_->write([](Write& tx) -> Result<void> {
    tx.put_investor(sample_investor("psn_1", "a"));
    tx.put_investor(sample_investor("psn_1", "a"));
    return {};
  });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::InternalError);
  EXPECT_FALSE(look([](Read& tx) { return tx.investor("psn_1"); }).has_value());
  const Result<int> reading = store_->read([](Read&) -> int { throw std::runtime_error("a bug"); });
  EXPECT_EQ(reading.error().kind, ErrorKind::InternalError);
}

TEST_P(Transactions, HooksRunAfterTheCommitBeforeTheAnswer) {
  std::optional<std::string> seen_by_hook;
  bool answered = false;
  store_->post(
      [&](Write& tx) -> Result<void> {
        tx.set_meta("a", "1");
        EXPECT_EQ(meta("a"), std::nullopt);  // a reader, while the body runs
        tx.after_commit([&] {
          EXPECT_FALSE(answered);
          seen_by_hook = meta("a");
        });
        return {};
      },
      [&](const Result<void>& result) { answered = result.ok(); });
  drain();
  EXPECT_TRUE(answered);
  EXPECT_EQ(seen_by_hook, "1");
}

TEST_P(Transactions, AHookThatThrowsHoldsUpNobody) {
  int ran = 0;
  change([&](Write& tx) {
    tx.after_commit([] { throw std::runtime_error("a bug"); });
    tx.after_commit([&ran] { ++ran; });
  });
  EXPECT_EQ(ran, 1);
}

TEST_P(Transactions, WriteFromInsideABodyIsRefusedInsteadOfHanging) {
  change([this](Write&) {
    const Result<void> inner = store_->write([](Write&) -> Result<void> { return {}; });
    EXPECT_EQ(inner.error().kind, ErrorKind::InternalError);
  });
}

TEST_P(Transactions, CountersAreUniqueAcrossThreads) {
  constexpr int kThreads = 16;
  constexpr int kEach = 50;
  std::vector<std::vector<std::uint64_t>> taken(kThreads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this, &mine = taken[static_cast<std::size_t>(thread)]] {
      for (int i = 0; i < kEach; ++i) {
        mine.push_back(store_
                           ->write([](Write& tx) -> Result<std::uint64_t> {
                             return tx.next_counter("client_acme", "svr");
                           })
                           .value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : taken) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), std::size_t{kThreads * kEach});
  EXPECT_EQ(*all.begin(), 1U);
  EXPECT_EQ(*all.rbegin(), std::uint64_t{kThreads * kEach});
}

TEST_P(Transactions, AReaderSeesOneSnapshot) {
  change([](Write& tx) { tx.set_meta("state", "before"); });
  look([this](Read& tx) {
    EXPECT_EQ(tx.meta("state"), "before");
    change([](Write& write) { write.set_meta("state", "after"); });
    EXPECT_EQ(tx.meta("state"), "before");
    EXPECT_EQ(meta("state"), "after");
    return 0;
  });
  EXPECT_EQ(meta("state"), "after");
}

TEST_P(Transactions, ReadersNeverSeeHalfAChange) {
  change([](Write& tx) {
    tx.set_meta("left", "0");
    tx.set_meta("right", "0");
  });
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 6; ++reader) {  // more than there are connections
    readers.emplace_back([this, &stop] {
      while (!stop) {
        look([](Read& tx) {
          const auto left = tx.meta("left");
          EXPECT_EQ(left, tx.meta("right"));
          return 0;
        });
      }
    });
  }
  for (int i = 1; i <= 200; ++i) {
    change([i](Write& tx) {
      tx.set_meta("left", std::to_string(i));
      tx.set_meta("right", std::to_string(i));
    });
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_P(Transactions, CloseFinishesWhatIsQueuedAndRefusesTheRest) {
  block_writer();
  std::atomic<int> served{0};
  for (int i = 0; i < 600; ++i) {  // more than one group
    store_->post(
        [](Write& tx) -> Result<void> {
          tx.next_counter("a", "n");
          return {};
        },
        [&served](const Result<void>& result) { served += result.ok() ? 1 : 0; });
  }
  release_writer();
  store_->close();
  EXPECT_EQ(served, 600);
  const Result<void> write = store_->write([](Write&) -> Result<void> { return {}; });
  EXPECT_EQ(write.error().kind, ErrorKind::ServiceUnavailable);
  const Result<int> read = store_->read([](Read&) { return 0; });
  EXPECT_EQ(read.error().kind, ErrorKind::ServiceUnavailable);
  bool told = false;
  store_->post([](Write&) -> Result<void> { return {}; },
               [&told](const Result<void>& result) { told = !result.ok(); });
  EXPECT_TRUE(told);
  store_->close();
  reopen();
  change([](Write& tx) { EXPECT_EQ(tx.next_counter("a", "n"), 601U); });
}

ZEST_FOR_EVERY_BACKEND(Transactions);

}  // namespace
}  // namespace zest::store
