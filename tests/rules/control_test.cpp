// What the control plane decides: reset, restore, chaos rules.
#include <functional>

#include "rules/chaos_rules.h"
#include "rules/reset.h"
#include "rules/restore.h"
#include "rules/rules_fixture.h"

namespace zest::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// The machine: its wall clock has jumped a minute ahead of what has passed.
const MachineTime kMachine{after(1'000'000), after(1'060'000)};

class Control : public RulesTest {
 protected:
  template <class Body>
  auto write(Body body) {
    return store_->write([&](store::Write& tx) { return body(tx); });
  }
  // Statements that cannot fail.
  void change(const std::function<void(store::Write&)>& body) {
    ASSERT_TRUE(write([&](store::Write& tx) -> Result<Done> {
                  body(tx);
                  return Done{};
                }).ok());
  }
  Result<Cleared> do_reset(const Reset& wanted) {
    return reset(*store_, wanted, [] { return kMachine; });
  }
  std::optional<Lane> lane(const std::string& client_id = "acme") {
    return look([&](store::Read& tx) { return tx.lane(client_id); });
  }
  // Leaves a lane of that mode that has gone on since it began, and is paused.
  void put_lane(ClockMode mode) {
    change([&](store::Write& tx) {
      Lane changed = *tx.lane("acme");
      changed.initial = LaneClock{mode, 1, kDawn, kDawn};
      changed.clock = LaneClock{ClockMode::Manual, 1, after(5000), kDawn};
      changed.high_water = after(7000);
      changed.paused = true;
      tx.put_lane(changed);
    });
  }

  static chaos::Rule rule(const std::string& id, const std::optional<std::string>& client_id = std::nullopt) {
    chaos::Rule made =
        chaos::read_rule(parse_json(R"({"on":"webhook","action":{"type":"drop"},"ttl":"1m"})").value())
            .value();
    made.id = id;
    made.client_id = client_id;
    return made;
  }
  Result<store::ChaosRuleRow> set(const chaos::Rule& of, bool must_be_new = true) {
    return write([&](store::Write& tx) {
      return set_chaos_rule(tx, of, must_be_new, after(1), kMachine,
                            [this](const std::string& id) { ended_.push_back(id); });
    });
  }
  Result<std::size_t> remove(const ChaosRuleChoice& chosen) {
    return write([&](store::Write& tx) {
      return remove_chaos_rules(tx, chosen, [this](const std::string& id) { ended_.push_back(id); });
    });
  }
  std::vector<std::string> rules() {
    std::vector<std::string> ids;
    for (const store::ChaosRuleRow& row : look([](store::Read& tx) { return tx.chaos_rules(); })) {
      ids.push_back(row.id);
    }
    return ids;
  }

  std::vector<std::string> ended_;
};

TEST_F(Control, AResetSaysWhatWentAndLeavesThePartner) {
  submit(after(0)).value();
  invest(after(0), Json::array({investor_row("a"), investor_row("b")}));
  add_partner("other");
  submit(after(0), "other").value();
  Reset wanted;
  wanted.client_id = "acme";
  const Cleared cleared = do_reset(wanted).value();
  EXPECT_THAT(cleared, ::testing::Contains(Pair("spvRequests", 1U)));
  EXPECT_THAT(cleared, ::testing::Contains(Pair("investors", 2U)));
  EXPECT_THAT(cleared, ::testing::Contains(Pair("deliveries", 3U)));
  EXPECT_THAT(fired(), IsEmpty());
  EXPECT_EQ(fired("other").size(), 1U);
  EXPECT_TRUE(lane().has_value());
  wanted.client_id = "nobody";
  expect_refused(do_reset(wanted), ErrorKind::NotFound, "nobody");
}

TEST_F(Control, OfAResetOfAllTheKindsAreAddedUp) {
  add_partner("other");
  submit(after(0)).value();
  submit(after(0), "other").value();
  EXPECT_THAT(do_reset({}).value(), ::testing::Contains(Pair("spvRequests", 2U)));
}

TEST_F(Control, AResetLaneShowsItsFirstInstantOnTheClockOfItsMode) {
  for (const ClockMode mode : {ClockMode::Manual, ClockMode::Real, ClockMode::Scaled}) {
    put_lane(mode);
    ASSERT_TRUE(do_reset({}).ok());
    EXPECT_EQ(lane_now(*lane(), kMachine), kDawn) << to_string(mode);
    EXPECT_EQ(lane()->clock.mode, mode);
    EXPECT_FALSE(lane()->paused);
  }
}

TEST_F(Control, IdentifiersGoOnAfterAResetUnlessItRewinds) {
  const std::string first = submit(after(0)).value().slug;
  ASSERT_TRUE(do_reset({}).ok());
  const std::string second = submit(after(0)).value().slug;
  EXPECT_NE(second, first);
  Reset wanted;
  wanted.rewind = true;
  ASSERT_TRUE(do_reset(wanted).ok());
  EXPECT_EQ(submit(after(0)).value().slug, first);
}

TEST_F(Control, AResetThatCannotBeReadIsNotTakenForOneOfEverything) {
  const std::string slug = submit(after(0)).value().slug;
  const auto say = [this](const std::string& resetting) {
    change([&](store::Write& tx) {
      Lane changed = *tx.lane("acme");
      changed.resetting = resetting;
      tx.put_lane(changed);
    });
  };
  say("half a wor");
  const Result<void> finished = finish_resets(*store_, [] { return kMachine; });
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(finished.error().detail,
            "the database tells of a reset that this version cannot finish: half a wor");
  say("");
  EXPECT_TRUE(look([&](store::Read& tx) { return tx.spv_request(slug); }));
}

TEST_F(Control, AResetOfPartnersRemovesThoseThatWereNotSeeded) {
  change([](store::Write& tx) {
    Partner seeded = *tx.partner("acme");
    seeded.seeded = true;
    tx.put_partner(seeded);
  });
  add_partner("other");
  Reset wanted;
  wanted.partners = true;
  EXPECT_THAT(do_reset(wanted).value(), ::testing::Contains(Pair("partners", 1U)));
  EXPECT_TRUE(look([](store::Read& tx) { return tx.partner("acme"); }).has_value());
  EXPECT_FALSE(look([](store::Read& tx) { return tx.partner("other"); }).has_value());
  EXPECT_EQ(look([](store::Read& tx) { return tx.former_generation("other"); }), 1U);
}

TEST_F(Control, AResetRemovesRulesOfThePartnerAndOfEverybodyOnlyWithEverything) {
  add_partner("other");
  for (const auto& of : {rule("all"), rule("acmes", "acme"), rule("others", "other")}) {
    ASSERT_TRUE(set(of).ok());
  }
  Reset wanted;
  wanted.client_id = "acme";
  ASSERT_TRUE(do_reset(wanted).ok());
  EXPECT_THAT(rules(), ElementsAre("all", "others"));
  ASSERT_TRUE(do_reset({}).ok());
  EXPECT_THAT(rules(), IsEmpty());
}

TEST_F(Control, ARestoredLaneShowsWhatItShowedOnTheClockOfItsMode) {
  for (const ClockMode mode : {ClockMode::Manual, ClockMode::Real, ClockMode::Scaled}) {
    change([&](store::Write& tx) {
      Lane saved = *tx.lane("acme");
      saved.clock = LaneClock{mode, 2, after(0), after(0)};
      if (mode != ClockMode::Scaled) saved.clock.scale = 1;
      saved.high_water = after(0);
      tx.put_lane(saved);
      take_up_restored(tx, tx, after(300), true, kMachine);
    });
    const std::int64_t shown = mode == ClockMode::Manual ? 0 : mode == ClockMode::Real ? 300 : 600;
    EXPECT_EQ(lane_now(*lane(), kMachine), after(shown)) << to_string(mode);
  }
}

TEST_F(Control, ARuleCountsFromTheBeginningForEveryPartnerThatItIsAbout) {
  add_partner("other");
  const store::ChaosRuleRow row = set(rule("r")).value();
  EXPECT_EQ(parse_json(row.document)->at("createdAt"), format_instant(after(1)));
  const auto lanes = look([](store::Read& tx) { return tx.chaos_rule_lanes("r"); });
  ASSERT_EQ(lanes.size(), 2U);
  EXPECT_EQ(lanes[0].hits, 0U);
  EXPECT_EQ(lanes[0].expires_at, kDawn + Duration(60'000));  // on the lane's clock
  ASSERT_TRUE(set(rule("acmes", "acme")).ok());
  EXPECT_EQ(look([](store::Read& tx) { return tx.chaos_rule_lanes("acmes"); }).size(), 1U);
  expect_refused(set(rule("x", "nobody")), ErrorKind::NotFound, "nobody");
}

TEST_F(Control, ARuleIsReplacedOnlyWhenItMayBeAndEndsBefore) {
  ASSERT_TRUE(set(rule("r")).ok());
  expect_refused(set(rule("r")), ErrorKind::Conflict, "exists already");
  EXPECT_THAT(ended_, IsEmpty());
  ASSERT_TRUE(set(rule("r"), false).ok());
  EXPECT_THAT(ended_, ElementsAre("r"));
  EXPECT_THAT(rules(), ElementsAre("r"));
}

TEST_F(Control, ARuleWithoutIdGetsOneThatNobodyHas) {
  const std::string first = set(rule("")).value().id;
  ASSERT_EQ(first.rfind("chr_", 0), 0U) << first;
  EXPECT_NE(set(rule("")).value().id, first);
}

TEST_F(Control, ThereAreAThousandRulesAtMost) {
  change([](store::Write& tx) {
    for (std::size_t i = 0; i < kMaxChaosRules; ++i) {
      tx.put_chaos_rule({"r" + std::to_string(i), std::nullopt, "{}"});
    }
  });
  expect_refused(set(rule("one more")), ErrorKind::Conflict, "1000");
  EXPECT_TRUE(set(rule("r7"), false).ok());
}

TEST_F(Control, RulesAreRemovedByIdOrByPartner) {
  for (const auto& of : {rule("all"), rule("a", "acme"), rule("b", "acme")}) ASSERT_TRUE(set(of).ok());
  expect_refused(remove({"nothing", std::nullopt}), ErrorKind::NotFound, "nothing");
  EXPECT_EQ(remove({"b", std::nullopt}).value(), 1U);
  EXPECT_EQ(remove({std::nullopt, "acme"}).value(), 1U);
  EXPECT_THAT(rules(), ElementsAre("all"));
  EXPECT_EQ(remove({}).value(), 1U);
  EXPECT_THAT(ended_, ElementsAre("b", "a", "all"));
  EXPECT_EQ(remove({}).value(), 0U);
}

}  // namespace
}  // namespace zest::rules
