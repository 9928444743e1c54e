// Snapshots of a store: taken while it changes, loaded as a whole or not at all.
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <thread>

#include "base/crypto.h"
#include "base/file.h"
#include "snapshot/load.h"
#include "snapshot/save.h"
#include "snapshot/state_json.h"
#include "store/sqlite/sqlite_fixture.h"
#include "support/fake_clock.h"

namespace zest::snapshot {
namespace {

class Snapshot : public store::SqliteTest {
 protected:
  void SetUp() override {
    SqliteTest::SetUp();
    change(store::fill_state);
    change([this](store::Write& tx) {
      Partner partner = store::sample_partner("a");
      partner.public_key.resize(32, 'k');
      tx.put_partner(partner);
      Subscription subscription = *tx.subscription("sub_1");
      subscription.form->sha256 = content("form");
      subscription.funding->upload.sha256 = content(std::string("\0\xff", 2));
      tx.put_subscription(subscription);
      tx.forget_replaced_uploads("a", store::at(1'000'000));
      tx.keep_replaced_upload({"a", content(""), store::at(2'000'000)});
    });
  }

  // Content in the store; answers its hash.
  std::string content(const std::string& bytes) {
    const std::string hash = to_hex(sha256(bytes));
    const std::filesystem::path path = store_->uploads().spool_dir() / hash;
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_TRUE(store_->uploads().keep({{path, hash}}).ok());
    return hash;
  }

  std::string taken() {
    const std::filesystem::path path = folder_ / "snapshot.json";
    const Result<void> saved = save(*store_, clock_, path);
    EXPECT_TRUE(saved.ok()) << saved.error().detail;
    return read_file(path).value();
  }
  Result<void> load(const std::string& text, bool rewind = false) {
    ASSIGN_OR_RETURN(const auto incoming,
                     Incoming::read(*store_, folder_.write("incoming.json", text), log_));
    return incoming->take_place(incoming->rewind().value_or(rewind), machine_time(clock_));
  }
  std::string refusal(const std::string& text) {
    const Result<void> loaded = load(text);
    if (loaded.ok()) return "loaded";
    EXPECT_EQ(loaded.error().kind, ErrorKind::InvalidRequest) << loaded.error().detail;
    return loaded.error().detail;
  }
  std::string refusal(const std::function<void(Json&)>& spoil) {
    Json document = parse_json(taken()).value();
    spoil(document);
    return refusal(dump_json(document));
  }
  // Without what a load changes by intent.
  Json state() {
    Json document = parse_json(taken()).value();
    for (Json& delivery : document["deliveries"]) {
      if (delivery["status"] == "in_flight") delivery["status"] = "retrying";
    }
    return document;
  }
  // Contents by hash, and what is on its way.
  std::map<std::string, std::string> files() {
    std::map<std::string, std::string> found;
    const std::filesystem::path root = store_->uploads().spool_dir().parent_path();
    for (const char* folder : {"content", "spool"}) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
        if (entry.is_regular_file()) found[entry.path().filename()] = read_file(entry.path()).value();
      }
    }
    return found;
  }

  test::FakeClock clock_{test::FakeClock::Pace::Stands, store::at(1000)};
};

TEST_F(Snapshot, ComesBackTheSame) {
  const Json before = state();
  const auto content_before = files();
  const std::string text = taken();
  change([](store::Write& tx) {
    tx.remove_partner("a");
    tx.put_partner(store::sample_partner("intruder"));
    tx.put_lane(store::sample_lane("intruder"));
  });
  store_->uploads().sweep();
  EXPECT_TRUE(files().empty() || files().size() == 3U);  // spared: it was kept a moment ago
  reopen();
  EXPECT_TRUE(files().empty());
  const Result<void> loaded = load(text);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_EQ(files(), content_before);
  Json after = state();
  // The intruder's identifiers never come again.
  ASSERT_EQ(after["formerPartners"].size(), 2U);
  after["formerPartners"] = before["formerPartners"];
  EXPECT_EQ(dump_json_pretty(after), dump_json_pretty(before));
}

TEST_F(Snapshot, OfNothingIsADocumentToo) {
  change([](store::Write& tx) { tx.remove_partner("a"); });
  const std::string text = taken();
  EXPECT_TRUE(load(text).ok());
  EXPECT_EQ(look([](store::Read& tx) { return tx.partners().size(); }), 0U);
}

// Writers of other languages sort members, indent, escape what need not be escaped, and mark the byte order.
TEST_F(Snapshot, LoadsInWhateverFormItsJsonComes) {
  const Json before = state();
  const Json document = parse_json(taken()).value();
  nlohmann::json sorted = nlohmann::json::parse(dump_json(document));
  ASSERT_NE(sorted.begin().key(), "version");
  std::string text = "\xEF\xBB\xBF" + sorted.dump(4, ' ', true);
  for (std::size_t at = 0; (at = text.find('/', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\/");
  change([](store::Write& tx) { tx.clear_partner_data("a"); });
  const Result<void> loaded = load(text);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  Json after = state();
  after["formerPartners"] = before["formerPartners"];
  EXPECT_EQ(canonical_json(after), canonical_json(before));
}

TEST_F(Snapshot, IdentifiersGoBackOnlyWhenRewound) {
  const std::string text = taken();
  change([](store::Write& tx) {
    for (int i = 0; i < 5; ++i) tx.next_counter("a", "svr");
    tx.next_counter("b", "svr");
    Partner partner = *tx.partner("a");
    partner.generation = 9;
    tx.put_partner(partner);
  });
  ASSERT_TRUE(load(text).ok());
  change([](store::Write& tx) {
    EXPECT_EQ(tx.next_counter("a", "svr"), 7U);
    EXPECT_EQ(tx.next_counter("b", "svr"), 2U);  // of a partner that the snapshot does not know
    EXPECT_EQ(tx.former_generation("a"), 9U);
    EXPECT_EQ(tx.former_generation("gone"), 2U);
  });
  ASSERT_TRUE(load(text, true).ok());
  change([](store::Write& tx) {
    EXPECT_EQ(tx.next_counter("a", "svr"), 2U);
    EXPECT_EQ(tx.next_counter("b", "svr"), 1U);
    EXPECT_EQ(tx.former_generation("a"), 0U);
  });
}

// The counts of a partner who is removed go with it. What it counted since the snapshot was taken must not be
// counted again.
TEST_F(Snapshot, BringsBackARemovedPartnerAsAnotherGeneration) {
  const std::string early = taken();
  const Partner before = *look([](store::Read& tx) { return tx.partner("a"); });
  const auto loaded = [&](bool rewind) {
    EXPECT_TRUE(load(early, rewind).ok());
    return *look([](store::Read& tx) { return tx.partner("a"); });
  };
  EXPECT_EQ(loaded(false).tag, before.tag);  // it was there all the time

  change([&](store::Write& tx) {
    tx.remove_partner("a");
    tx.put_former_partner({"a", before.generation});
  });
  const Partner again = loaded(false);
  EXPECT_EQ(again.generation, before.generation + 1);
  EXPECT_NE(again.tag, before.tag);
  EXPECT_EQ(loaded(false).generation, before.generation + 2);

  EXPECT_EQ(loaded(true).generation, before.generation);
  EXPECT_EQ(loaded(true).tag, before.tag);
}

TEST_F(Snapshot, ClocksStandWhereTheyStood) {
  const std::string text = taken();
  change([](store::Write& tx) {
    Lane lane = *tx.lane("a");
    lane.clock.anchor_virtual = store::at(99'000'000);
    lane.high_water = lane.clock.anchor_virtual;
    tx.put_lane(lane);
  });
  ASSERT_TRUE(load(text).ok());
  const Lane lane = look([](store::Read& tx) { return tx.lane("a"); }).value();
  // 60 times 994 ms after at(5), when it was taken, and that is now.
  EXPECT_EQ(lane.clock.now(clock_.steady()), store::at(5 + 60 * 994));
  EXPECT_EQ(lane.clock.mode, ClockMode::Scaled);
  EXPECT_EQ(lane.initial.mode, ClockMode::Manual);
  EXPECT_EQ(lane.initial.anchor_virtual, store::at(7));
  EXPECT_TRUE(lane.paused);
}

TEST_F(Snapshot, AnUnknownMemberNamesTheNearestOne) {
  const auto meant = [this](const auto& spoil) {
    const std::string detail = refusal(spoil);
    const std::size_t at = detail.find("; did you mean ");
    return at == std::string::npos ? detail : detail.substr(at + 15);
  };
  EXPECT_EQ(meant([](Json& d) { d["investor"] = Json::array(); }), "investors?");
  EXPECT_EQ(meant([](Json& d) { d["rewound"] = true; }), "rewind?");
  EXPECT_EQ(meant([](Json& d) { d["investors"][0]["mail"] = "x"; }), "email?");
  EXPECT_EQ(meant([](Json& d) { d["partners"][0]["clock"]["mod"] = "manual"; }), "mode?");
  EXPECT_EQ(meant([](Json& d) {
              d = Json{{"version", 1},
                       {"createdAt", "2026-01-01T00:00:00Z"},
                       {"tables", {{"partner", Json::array()}}}};
            }),
            "partners?");
}

TEST_F(Snapshot, WhatIsWrongIsRefusedByItsPlaceAndNothingStays) {
  const Json before = state();
  const auto files_before = files();
  EXPECT_EQ(refusal([](Json& d) { d["version"] = 99; }),
            "\"version\" of the snapshot: this sandbox reads versions 1 and 2 only; a newer one wrote this "
            "snapshot");
  EXPECT_EQ(refusal([](Json& d) { d["version"] = "2"; }),
            "\"version\" of the snapshot must be a whole number of at least 1");
  EXPECT_EQ(refusal([](Json& d) { d.erase("version"); }), "the snapshot must have the member \"version\"");
  EXPECT_EQ(refusal([](Json& d) { d.erase("partners"); }), "the snapshot must have the member \"partners\"");
  EXPECT_EQ(refusal([](Json& d) { d["surplus"] = 1; }).substr(0, 48),
            "the snapshot has an unknown member \"surplus\"; al");
  EXPECT_EQ(refusal([](Json& d) { d["tables"] = Json::object(); }).substr(0, 43),
            "the snapshot has an unknown member \"tables\"");
  EXPECT_EQ(refusal([](Json& d) { d["investors"] = 5; }).substr(0, 23), "invalid JSON at line 1,");
  EXPECT_EQ(refusal([](Json& d) { d["investors"][0]["email"] = 5; }), "investors[0].email must be a string");
  EXPECT_EQ(refusal([](Json& d) { d["investors"].push_back(d["investors"][0]); }),
            "investors[1] of the snapshot does not fit: UNIQUE constraint failed: investors.client_id, "
            "investors.partner_investor_id");
  EXPECT_EQ(refusal([](Json& d) { d["investors"][0]["clientId"] = "b"; }),
            "investors[0] of the snapshot belongs to a partner that is not in it, 'b'");
  EXPECT_EQ(refusal([](Json& d) { d["heldDeliveries"][0]["since"] = "yesterday"; }).substr(0, 25),
            "heldDeliveries[0].since: ");
  EXPECT_EQ(refusal([](Json& d) { d["chaosRules"][0]["action"]["type"] = "x"; }).substr(0, 15),
            "chaosRules[0]: ");
  EXPECT_EQ(refusal([](Json& d) { d["files"].erase(d["files"].begin()); }).substr(0, 28),
            "the snapshot lacks the file ");
  EXPECT_EQ(refusal([](Json& d) { d["files"].begin().value() = "AAAA"; }),
            "a file of the snapshot does not have the hash that names it");
  EXPECT_EQ(refusal([](Json& d) { d["files"].begin().value() = "no base64"; }),
            "a file of the snapshot is not base64 text");
  EXPECT_EQ(refusal([](Json& d) { d["files"].begin().value() = 7; }).substr(0, 23),
            "invalid JSON at line 1,");
  EXPECT_EQ(
      refusal("{\"version\":1,\"createdAt\":\"2026-01-01T00:00:00Z\",\"tables\":{\"delivery_counts\":[]}}"),
      "The snapshot's table \"delivery_counts\" is unknown to its version.");
  EXPECT_EQ(
      refusal("{\"version\":1,\"createdAt\":\"2026-01-01T00:00:00Z\",\"tables\":{\"meta\":5}}").substr(0, 23),
      "invalid JSON at line 1,");
  EXPECT_EQ(refusal(taken().substr(0, 3000)).substr(0, 21), "invalid JSON at line ");
  EXPECT_EQ(dump_json_pretty(state()), dump_json_pretty(before));
  EXPECT_EQ(files(), files_before);
}

// Its content was read, kept and then of no use.
TEST_F(Snapshot, OneThatDoesNotTakeThePlaceLeavesNothing) {
  const std::string text = taken();
  change([](store::Write& tx) { tx.remove_partner("a"); });
  reopen();
  ASSERT_TRUE(files().empty());
  {
    const auto incoming = Incoming::read(*store_, folder_.write("incoming.json", text), log_);
    ASSERT_TRUE(incoming.ok());
    EXPECT_EQ((*incoming)->files(), 3U);
  }
  EXPECT_TRUE(files().empty());
}

TEST_F(Snapshot, HasMoreUploadsThanAnObjectMayHaveMembers) {
  std::vector<store::Uploads::Spooled> spooled;
  for (std::size_t i = 0; i < kMaxJsonMembers + 100; ++i) {
    const std::string bytes = "upload " + std::to_string(i);
    spooled.push_back(
        {store_->uploads().spool_dir() / ("upload-" + std::to_string(i)), to_hex(sha256(bytes))});
    std::ofstream(spooled.back().path, std::ios::binary) << bytes;
  }
  ASSERT_TRUE(store_->uploads().keep(spooled).ok());
  change([&spooled](store::Write& tx) {
    for (const auto& one : spooled) tx.keep_replaced_upload({"a", one.sha256_hex, store::at(2'000'000)});
  });
  const auto before = files();
  ASSERT_GT(before.size(), kMaxJsonMembers);
  const std::string text = taken();
  change([](store::Write& tx) { tx.remove_partner("a"); });
  reopen();
  ASSERT_TRUE(files().empty());
  const Result<void> loaded = load(text);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_EQ(files(), before);
}

TEST_F(Snapshot, ContentThatGoesWhileItIsTakenIsInItAllTheSame) {
  const auto before = files();
  const std::filesystem::path path = folder_ / "snapshot.json";
  // The clock is asked in the middle of it.
  test::FakeClock clock(test::FakeClock::Pace::Stands, store::at(1000));
  clock.at_each_look([this] {
    change([](store::Write& tx) { tx.remove_partner("a"); });
    store_->uploads().sweep();
  });
  const Result<void> saved = save(*store_, clock, path);
  ASSERT_TRUE(saved.ok()) << saved.error().detail;
  ASSERT_TRUE(load(read_file(path).value()).ok());
  EXPECT_EQ(files(), before);
}

TEST_F(Snapshot, LoadsFromAPipe) {
  const std::string text = taken();
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << text; });
  const auto incoming = Incoming::read(*store_, pipe, log_);
  writer.join();
  ASSERT_TRUE(incoming.ok()) << incoming.error().detail;
  EXPECT_TRUE((*incoming)->take_place(false, machine_time(clock_)).ok());
}

// Else the pipe that ends nowhere (/dev/zero) fills the disk first.
TEST_F(Snapshot, OfAPipeThatCannotBeOneOnlyTheBeginningIsRead) {
  const auto incoming = Incoming::read(*store_, "/dev/zero", log_);
  ASSERT_FALSE(incoming.ok());
  EXPECT_EQ(incoming.error().detail, "invalid JSON at line 1, column 1: expected an object");
}

// It could not be loaded.
TEST_F(Snapshot, WithoutTheContentOfAnUploadThereIsNone) {
  const std::string hash = to_hex(sha256("form"));
  const std::filesystem::path content = store_->uploads().path(hash);
  const auto complaint = [&] {
    const Result<void> saved = save(*store_, clock_, folder_ / "snapshot.json");
    EXPECT_FALSE(saved.ok());
    EXPECT_EQ(saved.error().kind, ErrorKind::ServiceUnavailable);
    return saved.error().detail;
  };
  std::ofstream(content, std::ios::binary) << "another";
  EXPECT_EQ(complaint(), "the snapshot cannot be written: the stored content of an upload is lost (" + hash +
                             ": it is another file); send the document again, or reset its partner");
  std::filesystem::remove(content);
  EXPECT_NE(complaint().find("No such file or directory"), std::string::npos);
  ASSERT_EQ(::mkfifo(content.c_str(), 0600), 0);
  EXPECT_NE(complaint().find("it is another file"), std::string::npos);
}

TEST_F(Snapshot, AFullDiskIsSaid) {
  const Result<void> saved = save(*store_, clock_, "/dev/full");
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_EQ(saved.error().detail, "the snapshot cannot be written: No space left on device");
}

}  // namespace
}  // namespace zest::snapshot
