// The power fails at any point of a mixed load: the store opens, what was acknowledged is there, and nothing
// half.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>

#include "app/sandbox.h"
#include "base/crypto.h"
#include "base/file.h"
#include "client/control_api.h"
#include "client/partner_api.h"
#include "delivery/sender.h"
#include "power/disk.h"
#include "power/expectations.h"
#include "store/sqlite/open.h"
#include "support/fake_sender.h"
#include "support/temporary_folder.h"

namespace zest::power {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDatabase = "sandbox.db";

// How often the power fails; more in scripts/test --full.
std::size_t wanted_cuts() {
  const char* text = std::getenv("ZEST_POWER_CUTS");
  return text != nullptr ? std::strtoul(text, nullptr, 10) : ZEST_POWER_CUTS;
}
std::uint64_t chosen_seed() {
  const char* text = std::getenv("ZEST_POWER_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

// What the log's notes mean, as they are written.
class Story {
 public:
  explicit Story(Recording& recording) : recording_(recording) {}

  using Turn = std::function<void(Expectation&)>;
  void tell(Turn turn) {
    const std::lock_guard lock(mutex_);
    const std::size_t number = recording_.note();
    turns_.resize(number + 1);
    turns_[number] = std::move(turn);
  }
  void add(const std::string& area, Fact fact) {
    tell([area, fact](Expectation& expectation) { expectation.add(area, fact); });
  }
  std::vector<Turn> turns() const { return turns_; }

 private:
  Recording& recording_;
  std::mutex mutex_;
  std::vector<Turn> turns_;
};

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().detail);
  return std::move(result).value();
}

// A sandbox on the recorded disk, and what is done to it.
class World {
 public:
  World(const fs::path& root, Story& story) : root_(root), story_(story) {}

  void start() {
    app::ServeOptions options;
    options.port = 0;
    options.clock = ClockMode::Manual;
    options.database = root_ / kDatabase;
    options.webhook_url = "http://127.0.0.1:1/kept";
    options.log_level = LogLevel::Off;
    sandbox_ = must(app::Sandbox::start(options, log_, {nullptr, &sender_}));
    story_.add("seeded", has_partner(sandbox_->partner().client_id));
    for (const char* name : {"local.seed", "local.token_secret", "local.file_url_key"}) {
      const auto value = must(sandbox_->store().read([name](store::Read& tx) { return tx.meta(name); }));
      story_.add("seeded", has_meta(name, value.value()));
    }
  }
  void stop() { sandbox_.reset(); }

  client::ControlApi control() const { return client::ControlApi(sandbox_->local_url()); }
  client::PartnerApi partner(const std::string& client_id, const char* hook) const {
    const Ed25519PrivateKey key = Ed25519PrivateKey::generate();
    must(control().register_partner(Json{{"clientId", client_id},
                                         {"name", client_id},
                                         {"publicKey", base64_encode(key.public_key())},
                                         {"webhookUrl", std::string("http://127.0.0.1:1/") + hook}}));
    return client::PartnerApi(sandbox_->local_url(), {client_id, key});
  }
  app::Sandbox& sandbox() { return *sandbox_; }

  static Json investor(const std::string& own_id) {
    return Json{{"partnerInvestorId", own_id},
                {"email", "ada@example.com"},
                {"firstName", "Ada"},
                {"lastName", "Lovelace"},
                {"dateOfBirth", "1990-12-10"}};
  }
  // The answer's text is what the key replays.
  std::string create_investor(client::PartnerApi& api, const std::string& area, const std::string& own_id) {
    client::Request request =
        client::json_request("POST", "/v1/investors", Json{{"investors", Json::array({investor(own_id)})}});
    request.headers.emplace_back("Idempotency-Key", "key-" + own_id);
    const client::Reply reply = must(api.exchange(request));
    if (!reply.ok()) throw std::runtime_error(reply.text);
    const std::string person = reply.body["results"][0].value("zestPersonId", "");
    story_.add(area, has_investor(api.client_id(), own_id, person));
    story_.add(area, has_reply(api.client_id(), "key-" + own_id, reply.text));
    return person;
  }

  // An SPV from its request to a completed subscription, with documents that replace one another.
  void live_a_life(client::PartnerApi& api, const std::string& area, int round) {
    const std::string number = std::to_string(round);
    const std::string person = create_investor(api, area, "life-" + number);
    const Json share_class{{"name", "Class A"}, {"managementFeePercent", "2"}, {"carryPercent", "20"}};
    const Json submission{{"templateId", "syndicate_secondary"},
                          {"templateVersion", "1.0.0"},
                          {"attributes",
                           {{"underlyingCompanySlug", "co_" + number},
                            {"currency", "USD"},
                            {"shareClasses", Json::array({share_class})}}}};
    const std::string slug =
        must(api.submit_spv_request(submission, "spv-" + number)).value("spvRequestSlug", "");
    story_.add(area, has_request(slug, SpvStatus::PendingReview));
    if (round % 4 == 3) {
      must(api.cancel_spv_request(slug));
      story_.add(area, has_request(slug, SpvStatus::Cancelled));
      return;
    }
    const std::string spv =
        must(control().approve_spv_request(slug))["materialisedRefs"].value("vehicleSlug", "");
    story_.add(area, has_request(slug, SpvStatus::Approved));
    const Json row{{"zestPersonId", person},
                   {"lumpSum", {{"currency", "USD"}, {"value", "1000.00"}}},
                   {"shareClassSlug", "sc_classA"}};
    const std::string subscription =
        must(api.create_subscriptions(spv, Json::array({row})))["results"][0].value("subscriptionSlug", "");
    story_.add(area, has_subscription(subscription, SubscriptionStage::Created));
    for (int version = 0; version < 2; ++version) {
      const std::string bytes =
          "%PDF form " + number + "." + std::to_string(version) + std::string(3000, 'f');
      must(api.upload_form(spv, person, {"form.pdf", "application/pdf", bytes}));
      story_.add(area, has_content(to_hex(sha256(bytes)), bytes));
      story_.add(area, has_subscription(subscription, SubscriptionStage::FormUploaded));
    }
    // The same for all: two may bring it at once.
    const std::string receipt = "%PDF receipt" + std::string(20'000, 'r');
    must(api.upload_funding(spv, person, {"receipt.pdf", "application/pdf", receipt},
                            {"1000.00", "USD", "w"}));
    story_.add(area, has_content(to_hex(sha256(receipt)), receipt));
    story_.add(area, has_subscription(subscription, SubscriptionStage::Funded));
    must(control().complete_subscription(subscription, Json::object()));
    story_.add(area, has_subscription(subscription, SubscriptionStage::Completed));
  }

  void let_time_pass(const std::string& client_id, const std::string& area) {
    const Json report = must(control().advance(Json{{"clientId", client_id}, {"by", "1m"}}));
    const Instant now = parse_instant(report["lanes"][0].value("now", "")).value();
    story_.add(area, has_time(client_id, now));
  }

  // Investors of a partner that is reset again and again: all of them are there, or none.
  void be_reset(client::PartnerApi& api, const std::string& area, int round) {
    std::vector<Fact> gone;
    for (int i = 0; i < 2; ++i) {
      const std::string own_id = "reset-" + std::to_string(round) + "-" + std::to_string(i);
      create_investor(api, area, own_id);
      gone.push_back(has_no_investors(api.client_id(), own_id));
    }
    story_.tell([area, gone](Expectation& expectation) { expectation.begin(area, gone); });
    must(control().reset(Json{{"clientId", api.client_id()}}));
    story_.tell([area](Expectation& expectation) { expectation.end(area); });
  }

  void come_and_go(const std::string& area, int round) {
    const std::string client_id = "passing-" + std::to_string(round);
    partner(client_id, "gone");
    story_.add(area, has_partner(client_id));
    std::vector<Fact> gone{has_no_partner(client_id)};
    story_.tell([area, gone](Expectation& expectation) { expectation.begin(area, gone); });
    must(control().remove_partner(client_id));
    story_.tell([area](Expectation& expectation) { expectation.end(area); });
  }

  // A snapshot is taken, life goes on, and it is loaded: the state is the one or the other.
  void go_back(client::PartnerApi& api, int round) {
    story_.tell([](Expectation& expectation) { expectation.join("all"); });
    const std::string snapshot = must(control().save_snapshot());
    const auto before = std::make_shared<std::vector<Fact>>();
    story_.tell([before](Expectation& expectation) { *before = expectation.facts("all"); });
    std::vector<std::string> later;
    for (int i = 0; i < 2; ++i) {
      later.push_back("later-" + std::to_string(round) + "-" + std::to_string(i));
      create_investor(api, "all", later.back());
    }
    live_a_life(api, "all", 10'000 + 4 * round);
    const std::string client_id = api.client_id();
    story_.tell([before, later, client_id](Expectation& expectation) {
      std::vector<Fact> after = *before;
      for (const std::string& own_id : later) after.push_back(has_no_investors(client_id, own_id));
      expectation.begin("all", std::move(after));
      expectation.begin("sent", {});  // of what was sent since, the state knows no more
    });
    must(control().load_snapshot(snapshot));
    story_.tell([](Expectation& expectation) {
      expectation.end("all");
      expectation.end("sent");
    });
    create_investor(api, "all", "after-" + std::to_string(round));
  }

 private:
  const fs::path root_;
  Story& story_;
  // Takes every webhook: what left the process must be there ever after. Each third attempt fails.
  std::atomic<int> sent_ = 0;
  test::FakeSender sender_{[this](const http::Call& call) {
    // Partners whose data goes again have an endpoint that nobody cares about.
    if (call.url.find("/kept") != std::string::npos)
      story_.add("sent", has_event(*call.headers.find("Zest-Event-Id"), *call.body));
    return std::optional(test::answer(++sent_ % 3 == 0 ? 500 : 200));
  }};
  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<app::Sandbox> sandbox_;
};

struct Recorded {
  Disk before;
  std::vector<Step> log;
  std::vector<Story::Turn> turns;
};

// From an empty folder on: a first start, everything at once, a stop and another start, and snapshots.
Recorded record_load(const fs::path& root, int rounds) {
  Disk before(root);
  Recording recording(root);
  Story story(recording);
  {
    World world(root, story);
    world.start();
    client::PartnerApi first = world.partner("first", "kept");
    client::PartnerApi second = world.partner("second", "kept");
    client::PartnerApi wiped = world.partner("wiped", "gone");
    for (int life = 0; life < 2; ++life) {
      std::vector<std::thread> threads;
      std::mutex failures_gate;
      std::string failures;
      const auto run = [&](const std::function<void(int)>& body) {
        threads.emplace_back([&, body] {
          try {
            for (int round = 0; round < rounds; ++round) body(life * rounds + round);
          } catch (const std::exception& failure) {
            const std::lock_guard lock(failures_gate);
            failures += failure.what();
          }
        });
      };
      run([&](int round) { world.live_a_life(first, "first", round); });
      run([&](int round) {
        world.live_a_life(second, "second", round);
        world.let_time_pass("second", "second");
      });
      run([&](int round) { world.be_reset(wiped, "wiped", round); });
      run([&](int round) { world.come_and_go("passing", round); });
      for (std::thread& thread : threads) thread.join();
      if (!failures.empty()) throw std::runtime_error(failures);
      const std::string former = world.sandbox().local_url();
      world.stop();
      world.start();
      // On another port.
      first.connection() = client::Connection(world.sandbox().local_url());
      second.connection() = client::Connection(world.sandbox().local_url());
      wiped.connection() = client::Connection(world.sandbox().local_url());
    }
    for (int round = 0; round < std::max(1, rounds / 4); ++round) world.go_back(first, round);
    world.stop();
  }
  std::vector<Story::Turn> turns = story.turns();
  return Recorded{std::move(before), recording.stop(), std::move(turns)};
}

// Files that hold what matters: not the shared memory of SQLite, nor what is on its way.
std::map<std::string, std::string> kept_files(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = fs::relative(entry.path(), root);
    const bool matters = name == kDatabase || name == std::string(kDatabase) + "-wal" ||
                         name.find("/content/") != std::string::npos;
    if (entry.is_regular_file() && matters) files[name] = read_file(entry.path()).value();
  }
  return files;
}

// What is wrong with the disk, or nothing.
std::optional<std::string> judge(const fs::path& root, const Expectation& expectation) {
  Log log(LogFormat::Text, LogLevel::Off);
  store::SqliteOptions options;
  options.database = root / kDatabase;
  const Result<std::unique_ptr<store::Store>> opened = store::open_sqlite(options, log);
  if (!opened.ok()) return "it does not open: " + opened.error().detail;
  store::Store& store = **opened;
  const auto wrong = store.read([&](store::Read& tx) -> std::optional<std::string> {
    if (const auto half = half_done(tx, store)) return "half: " + *half;
    if (const auto missing = expectation.missing(tx, store)) return "missing: " + *missing;
    return std::nullopt;
  });
  if (!wrong.ok()) return "it cannot be read: " + wrong.error().detail;
  if (*wrong) return *wrong;
  const Result<void> written = store.write([](store::Write& tx) -> Result<void> {
    tx.set_meta("local.after", "written");
    return {};
  });
  if (!written.ok()) return "it cannot be written: " + written.error().detail;
  return std::nullopt;
}

constexpr std::pair<Disk::Mercy, const char*> kMercies[] = {{Disk::Mercy::Nothing, "nothing"},
                                                            {Disk::Mercy::Chance, "chance"},
                                                            {Disk::Mercy::InOrder, "in order"},
                                                            {Disk::Mercy::Everything, "everything"},
                                                            {Disk::Mercy::Chance, "chance"}};

// The power fails again while the store comes back from the first time.
std::optional<std::string> fail_again(const fs::path& root, const Expectation& expectation,
                                      std::mt19937_64& chance) {
  Disk disk(root);
  std::vector<Step> log;
  {
    Recording recording(root);
    if (auto wrong = judge(root, expectation)) return wrong;
    log = recording.stop();
  }
  const std::size_t cut = log.empty() ? 0 : chance() % log.size();
  for (std::size_t i = 0; i < cut; ++i) disk.apply(log[i]);
  const test::TemporaryFolder folder;
  disk.after_loss(kMercies[chance() % std::size(kMercies)].first, chance, folder.path());
  return judge(folder.path(), expectation);
}

// Every point of a first start and of the stop after it, several times.
TEST(PowerLoss, InAFirstStartLeavesADatabaseThatOpens) {
  const std::uint64_t seed = chosen_seed();
  SCOPED_TRACE("ZEST_POWER_SEED=" + std::to_string(seed));
  std::mt19937_64 chance(seed);
  const test::TemporaryFolder folder;
  const fs::path root = fs::canonical(folder.path());
  Disk disk(root);
  Recording recording(root);
  Story story(recording);
  World world(root, story);
  world.start();
  world.stop();
  const std::vector<Step> log = recording.stop();
  Expectation expectation;
  std::size_t cuts = 0;
  for (const Step& step : log) {
    if (std::holds_alternative<Synchronise>(step)) {
      for (const auto& [mercy, name] : kMercies) {
        const test::TemporaryFolder image;
        disk.after_loss(mercy, chance, image.path());
        const auto wrong = judge(image.path(), expectation);
        EXPECT_FALSE(wrong.has_value()) << "cut " << cuts << ", left: " << name << ": " << *wrong;
        ++cuts;
      }
    }
    disk.apply(step);
    if (const auto* note = std::get_if<Note>(&step)) story.turns().at(note->number)(expectation);
  }
  EXPECT_GT(cuts, 30U);
}

TEST(PowerLoss, LosesNothingThatWasAcknowledgedAndLeavesNothingHalf) {
  const std::size_t cuts = wanted_cuts();
  const std::uint64_t seed = chosen_seed();
  SCOPED_TRACE("ZEST_POWER_SEED=" + std::to_string(seed));
  std::mt19937_64 chance(seed);
  const test::TemporaryFolder folder;
  const fs::path root = fs::canonical(folder.path());
  Recorded recorded = record_load(root, static_cast<int>(std::max<std::size_t>(2, cuts / 50)));

  // Before each synchronisation, when all that it is for is still open, and right after it.
  std::vector<std::size_t> points;
  for (std::size_t i = 0; i < recorded.log.size(); ++i) {
    if (!std::holds_alternative<Synchronise>(recorded.log[i])) continue;
    points.push_back(i);
    points.push_back(i + 1);
  }
  std::cout << recorded.log.size() << " steps, " << points.size() / 2 << " synchronisations, "
            << recorded.turns.size() << " notes\n";
  ASSERT_GT(points.size(), cuts / 2);

  Disk disk = recorded.before;
  Expectation expectation;
  std::size_t step = 0;
  int failures = 0;
  for (std::size_t number = 0; number < cuts; ++number) {
    const std::size_t cut = points[number * points.size() / cuts];
    for (; step < cut; ++step) {
      disk.apply(recorded.log[step]);
      if (const auto* note = std::get_if<Note>(&recorded.log[step]))
        recorded.turns[note->number](expectation);
    }
    const auto& [mercy, name] = kMercies[number % std::size(kMercies)];
    const test::TemporaryFolder image;
    disk.after_loss(mercy, chance, image.path());
    const bool twice = number % 7 == 3;
    const auto wrong =
        twice ? fail_again(image.path(), expectation, chance) : judge(image.path(), expectation);
    EXPECT_FALSE(wrong.has_value()) << "cut " << number << " before step " << cut << " of "
                                    << recorded.log.size() << ", left: " << name << (twice ? ", twice" : "")
                                    << ": " << *wrong;
    if (wrong && ++failures == 10) FAIL() << "and so on";
  }

  // What was written down is what was done: all of it leads to what is there.
  for (; step < recorded.log.size(); ++step) disk.apply(recorded.log[step]);
  const test::TemporaryFolder whole;
  disk.after_loss(Disk::Mercy::Everything, chance, whole.path());
  EXPECT_EQ(kept_files(whole.path()), kept_files(root));
}

// The disk itself: what it keeps and what it loses.
class PowerLossDisk : public ::testing::Test {
 protected:
  void record(const std::function<void()>& work) {
    Recording recording(root_);
    work();
    log_ = recording.stop();
  }
  std::map<std::string, std::string> after(Disk::Mercy mercy) {
    Disk disk = before_;
    for (const Step& step : log_) disk.apply(step);
    const test::TemporaryFolder image;
    disk.after_loss(mercy, chance_, image.path());
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(image.path())) {
      files[fs::relative(entry.path(), image.path())] =
          entry.is_directory() ? "/" : read_file(entry.path()).value();
    }
    return files;
  }
  std::string path(const char* name) const { return (root_ / name).string(); }
  void write(const char* name, const std::string& bytes, bool flush) const {
    const int file = ::open(path(name).c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    if (flush) ::fsync(file);
    ::close(file);
  }
  void flush_folder(const char* name) const {
    const int folder = ::open(path(name).c_str(), O_RDONLY | O_DIRECTORY);
    ::fsync(folder);
    ::close(folder);
  }
  using Files = std::map<std::string, std::string>;

  test::TemporaryFolder folder_;
  const fs::path root_ = fs::canonical(folder_.path());
  Disk before_ = [this] {
    std::ofstream(root_ / "old") << "old bytes";
    return Disk(root_);
  }();
  std::vector<Step> log_;
  std::mt19937_64 chance_{1};
};

TEST_F(PowerLossDisk, BytesAndNamesAreSynchronisedEachByItself) {
  record([this] {
    write("unnamed", "x", true);
    write("old", "new", false);
    write("empty", "x", false);
    flush_folder(".");
  });
  EXPECT_EQ(after(Disk::Mercy::Nothing), (Files{{"old", "old bytes"}, {"empty", ""}, {"unnamed", "x"}}));
  EXPECT_EQ(after(Disk::Mercy::Everything), (Files{{"old", "new bytes"}, {"empty", "x"}, {"unnamed", "x"}}));
  record([this] { write("unflushed", "x", true); });
  EXPECT_EQ(after(Disk::Mercy::Nothing), (Files{{"old", "old bytes"}}));
}

TEST_F(PowerLossDisk, ARenamingIsDoneOrNot) {
  record([this] {
    ::mkdir(path("folder").c_str(), 0700);
    flush_folder(".");
    write("one", "1", true);
    flush_folder(".");
    ::rename(path("one").c_str(), path("folder/two").c_str());
  });
  const Files before{{"old", "old bytes"}, {"folder", "/"}, {"one", "1"}};
  const Files later{{"old", "old bytes"}, {"folder", "/"}, {"folder/two", "1"}};
  EXPECT_EQ(after(Disk::Mercy::Nothing), before);
  EXPECT_EQ(after(Disk::Mercy::Everything), later);
  for (int i = 0; i < 20; ++i) {
    const Files found = after(Disk::Mercy::Chance);
    EXPECT_TRUE(found == before || found == later);
  }
}

TEST_F(PowerLossDisk, WritesAreLostReorderedAndTorn) {
  record([this] {
    write("file", std::string(4096, 'a'), true);
    flush_folder(".");
    write("file", std::string(2048, 'b'), false);
    const int file = ::open(path("file").c_str(), O_WRONLY);
    ASSERT_EQ(::pwrite(file, "cc", 2, 4000), 2);
    ::close(file);
  });
  bool lost = false;
  bool later_alone = false;
  bool torn = false;
  for (int i = 0; i < 200; ++i) {
    const std::string found = after(Disk::Mercy::Chance)["file"];
    const auto written = static_cast<std::size_t>(std::count(found.begin(), found.end(), 'b'));
    lost = lost || (written == 0 && found[4000] == 'a');
    later_alone = later_alone || (written == 0 && found[4000] == 'c');
    torn = torn || (written > 0 && written < 2048);
  }
  EXPECT_TRUE(lost && later_alone && torn);
}

}  // namespace
}  // namespace zest::power
