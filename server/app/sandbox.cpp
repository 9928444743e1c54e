#include "app/sandbox.h"

#include "api/api.h"
#include "api/control/snapshot.h"
#include "api/pipeline/event_hub.h"
#include "api/pipeline/observed.h"
#include "app/gate.h"
#include "app/port_file.h"
#include "app/process.h"
#include "app/seeding.h"
#include "base/crypto.h"
#include "base/crypto_certificates.h"
#include "base/error.h"
#include "base/file.h"
#include "console/assets.h"
#include "http/listener.h"
#include "rules/contracts.h"
#include "rules/fixture_files.h"
#include "rules/reset.h"
#include "store/sqlite/open.h"

namespace zest::app {
namespace {

constexpr std::size_t kTokenBytes = 16;  // of tokens that are made: 128 bits
// A change holds a worker until its group is committed: as many can share one commit. More make reads dearer.
constexpr int kListenerWorkers = 16;

// A host as it stands in a URL.
std::string url_host(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::" || host == "[::]") return "[::1]";
  return host.find(':') != std::string::npos && host.front() != '[' ? "[" + host + "]" : host;
}

}  // namespace

class Sandbox::Impl {
 public:
  Impl(ServeOptions options, Log& log, Parts parts)
      : options_(std::move(options)),
        log_(log),
        clock_(parts.clock ? *parts.clock : own_clock_),
        parts_(parts),
        admin_token_(options_.admin_token.empty() && !is_loopback(options_.host)
                         ? to_hex(random_bytes(kTokenBytes))
                         : options_.admin_token),
        console_(options_.console_dir) {}
  ~Impl() { stop(); }

  Result<void> start() {
    raise_open_file_limit();
    Result<void> started = build();
    if (started.ok()) return {};
    gate_.open(nullptr);
    Error error = std::move(started).error();
    // Nothing runs yet that could wait for it: what was given to start with is of no use.
    if (error.kind == ErrorKind::ServiceUnavailable && options_.database) {
      error =
          invalid_request("The database " + options_.database->string() + " cannot be used. " + error.detail);
    }
    return error;
  }
  void stop();

  const ServeOptions options_;
  Log& log_;
  const SystemWallClock own_clock_;
  const WallClock& clock_;
  const Parts parts_;
  const std::string admin_token_;
  SeededPartner partner_;
  DatabaseSecrets secrets_;
  api::Settings settings_;
  std::string local_url_;
  console::Assets console_;
  // In the order in which each needs those before it; destroyed the other way round.
  insight::CoverageRecorder coverage_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<rules::Contracts> contracts_;
  std::unique_ptr<rules::TokenAuthority> tokens_;
  std::unique_ptr<rules::FileUrls> file_urls_;
  std::unique_ptr<api::PublicUrl> public_url_;
  std::unique_ptr<api::Guard> guard_;
  std::unique_ptr<api::EventHub> events_;
  std::unique_ptr<api::Journal> journal_;
  const std::unique_ptr<insight::Warnings> warnings_ = std::make_unique<insight::Warnings>();
  std::unique_ptr<delivery::Sender> own_sender_;
  std::unique_ptr<engine::Engine> engine_;
  std::optional<api::Services> services_;
  std::unique_ptr<api::Api> api_;
  Gate gate_;
  std::unique_ptr<http::Listener> listener_;
  const std::shared_ptr<std::atomic<const char*>> stopping_part_ =
      std::make_shared<std::atomic<const char*>>("nothing");

 private:
  Result<void> build();
  Result<void> listen();
  Result<void> open_store(const DevelopmentPartner& partner);
  void warn_of_what_is_kept(const DevelopmentPartner& partner, const Partner& kept);
  Result<void> choose_public_url();
  Result<void> start_engine();
  Result<void> apply_clock();
  void start_api();
  Result<void> import_snapshot();
  Result<void> write_port_file();

  bool had_partner_ = false;
  std::unique_ptr<PortFile> port_file_;
};

Result<void> Sandbox::Impl::build() {
  // What can be refused without touching anything comes first.
  ASSIGN_OR_RETURN(rules::Contracts contracts, rules::Contracts::load(options_.fixtures));
  contracts_ = std::make_unique<rules::Contracts>(std::move(contracts));
  ASSIGN_OR_RETURN(const DevelopmentPartner partner, read_development_partner(options_.fixtures));
  if (options_.console_dir && !console_.find("index.html")) {
    return invalid_request("--console-dir: " + options_.console_dir->string() +
                           " holds no index.html; it takes a folder such as the sources' server/console");
  }
  if (!options_.ca_file.empty()) RETURN_IF_ERROR(check_certificate_file(options_.ca_file));
  if (options_.port_file) RETURN_IF_ERROR(PortFile::make_way(*options_.port_file));
  RETURN_IF_ERROR(listen());
  RETURN_IF_ERROR(open_store(partner));
  RETURN_IF_ERROR(choose_public_url());
  RETURN_IF_ERROR(start_engine());
  start_api();
  gate_.open(api_.get());
  RETURN_IF_ERROR(import_snapshot());
  return write_port_file();
}

Result<void> Sandbox::Impl::listen() {
  http::ListenOptions listen;
  listen.host = options_.host;
  listen.port = options_.port;
  listen.workers = kListenerWorkers;
  listen.limits.body_idle = options_.body_idle;
  listen.limits.body_rate = options_.min_body_rate;
  Result<std::unique_ptr<http::Listener>> listener = http::Listener::start(listen, gate_, log_);
  if (!listener.ok()) {
    const bool busy = listener.error().detail.find("in use") != std::string::npos;
    return invalid_request(
        listener.error().detail +
        (busy ? "; stop what uses it, or choose another port (--port 0 picks a free one)" : ""));
  }
  listener_ = std::move(*listener);
  if (!is_loopback(options_.host) && !listener_->hardened()) {
    return invalid_request(
        "this build has the portable listener, which must not be reached from the network: leave --host " +
        options_.host + " out, or build with the default listener");
  }
  const std::string port = std::to_string(listener_->port());
  local_url_ = "http://" + url_host(options_.host) + ":" + port;
  return {};
}

Result<void> Sandbox::Impl::open_store(const DevelopmentPartner& partner) {
  store::SqliteOptions store;
  store.database = options_.database;
  store.durable = options_.database.has_value();
  store.limits = {options_.max_attempts, options_.max_idempotency_keys};
  ASSIGN_OR_RETURN(store_, store::open_sqlite(store, log_));
  store_->on_event([this](std::string_view client_id, std::string_view event_type) {
    coverage_.emitted(client_id, event_type);
  });
  RETURN_IF_ERROR(rules::finish_resets(*store_, [this] { return machine_time(clock_); }));
  ASSIGN_OR_RETURN(const std::size_t expired, store_->write([this](store::Write& tx) -> Result<std::size_t> {
    return rules::forget_expired_files(tx, machine_time(clock_));
  }));
  if (expired > 0) store_->uploads().sweep();
  ASSIGN_OR_RETURN(secrets_, prepare_secrets(*store_, options_));
  ASSIGN_OR_RETURN(had_partner_, store_->read([&partner](store::Read& tx) {
    return tx.partner(partner.client_id).has_value();
  }));
  ASSIGN_OR_RETURN(const Partner seeded,
                   seed_partner(*store_, partner, options_, lane_defaults(options_, secrets_.seed, clock_),
                                clock_.wall()));
  partner_ = {seeded.client_id, seeded.webhook_secret, seeded.webhook_url.value_or(""),
              partner.private_key_pem};
  if (had_partner_) warn_of_what_is_kept(partner, seeded);
  return {};
}

// A database goes on with the partner and the clock that it has, whatever a new one would begin with.
void Sandbox::Impl::warn_of_what_is_kept(const DevelopmentPartner& partner, const Partner& kept) {
  const std::string origin = rules::fixture_origin(options_.fixtures, rules::kSeededPartnerFixture);
  if (kept.public_key != partner.public_key) {
    partner_.private_key_pem.clear();
    log_.warning("the database's " + kept.client_id + " has another key than " + origin +
                 ", whose private key is of no use here; PATCH /_sandbox/partners/" + kept.client_id +
                 " registers a key");
  }
  const bool own_file = options_.fixtures && origin.rfind("built-in", 0) != 0;
  const bool other_secret = !options_.webhook_secret && kept.webhook_secret != partner.webhook_secret;
  if (own_file && other_secret) {
    log_.warning("the database's " + kept.client_id + " keeps its webhook secret, not that of " + origin +
                 "; --webhook-secret changes it");
  }
  if (options_.start_time) {
    log_.warning("--start-time is for a new database; the clock of " + kept.client_id +
                 " goes on where it was, `clock advance` moves it");
  }
}

// One that was set at run time holds until a start names another.
Result<void> Sandbox::Impl::choose_public_url() {
  public_url_ = std::make_unique<api::PublicUrl>(options_.public_url.value_or(local_url_));
  ASSIGN_OR_RETURN(const std::string kept,
                   store_->read([](store::Read& tx) { return tx.meta(api::kKeptPublicUrl).value_or(""); }));
  if (kept.empty()) return {};
  if (!options_.public_url) {
    public_url_->set(kept);
    return {};
  }
  return store_->write([](store::Write& tx) -> Result<void> {
    tx.set_meta(api::kKeptPublicUrl, "");
    return {};
  });
}

Result<void> Sandbox::Impl::start_engine() {
  delivery::Sender* sender = parts_.sender;
  if (!sender) {
    own_sender_ = std::make_unique<delivery::HttpSender>();
    sender = own_sender_.get();
  }
  engine::Options engine;
  engine.console_url = options_.public_url.value_or(local_url_) + "/_sandbox/console";
  engine.virtual_signatures = options_.virtual_signatures;
  engine.ca_file = options_.ca_file;
  engine.verify_tls = options_.verify_webhook_tls;
  engine.seed = secrets_.seed;
  engine_ = std::make_unique<engine::Engine>(engine::Services{*store_, clock_, *sender, log_}, engine);
  events_ = std::make_unique<api::EventHub>(clock_);
  engine_->on_attempt([this](const engine::AttemptReport& report) {
    events_->attempt(report);
    const insight::ObservedAttempt seen = api::observed(report);
    warnings_->see(seen);
    coverage_.attempt(seen);
  });
  engine_->on_chaos([this](const engine::ChaosNote& note) { events_->chaos(note); });
  RETURN_IF_ERROR(engine_->start());
  return apply_clock();
}

// A database remembers its clocks; a clock that was asked for by name is set all the same, never backwards.
Result<void> Sandbox::Impl::apply_clock() {
  if (!had_partner_ || (!options_.clock && !options_.time_scale)) return {};
  engine::ClockChange change;
  change.mode = options_.clock_mode();
  change.scale = options_.time_scale.value_or(1);
  Result<std::vector<engine::LaneView>> set = engine_->set_clock(partner_.client_id, change);
  if (!set.ok()) return std::move(set).error();
  return {};
}

void Sandbox::Impl::start_api() {
  settings_.admin_token = admin_token_;
  settings_.session_key = secrets_.token_secret;
  settings_.allowed_hosts = options_.allowed_hosts;
  settings_.public_url_is_trusted = options_.public_url_is_trusted;
  settings_.require_https = options_.require_https;
  settings_.fault_headers = options_.fault_headers;
  settings_.rule_header = options_.rule_header;
  settings_.journal_bodies = options_.journal_bodies;
  settings_.max_upload = options_.max_upload;
  settings_.seed = secrets_.seed;
  settings_.auto_approve = options_.auto_approve;
  settings_.auto_complete = options_.auto_complete;
  if (options_.delivery_timeout) settings_.delivery_timeout = *options_.delivery_timeout;
  tokens_ = std::make_unique<rules::TokenAuthority>(secrets_.token_secret, public_url_->get());
  file_urls_ = std::make_unique<rules::FileUrls>(secrets_.file_url_key);
  guard_ = std::make_unique<api::Guard>(settings_, *public_url_, clock_);
  journal_ = std::make_unique<api::Journal>(options_.max_journal);
  journal_->on_add([this](const api::JournalEntry& entry) {
    events_->request(entry);
    coverage_.call(api::observed(entry));
  });
  services_.emplace(api::Services{*store_, *engine_, clock_, log_, *contracts_, *tokens_, *file_urls_,
                                  *journal_, *events_, coverage_, settings_, *public_url_, *guard_,
                                  [this] { return lane_defaults(options_, secrets_.seed, clock_); }, console_,
                                  *warnings_});
  api_ = std::make_unique<api::Api>(*services_);
}

Result<void> Sandbox::Impl::import_snapshot() {
  if (!options_.import_file) return {};
  const Result<Json> restored = api::restore_snapshot(*services_, *options_.import_file, false);
  if (restored.ok()) return {};
  return invalid_request("the snapshot " + options_.import_file->string() +
                         " cannot be loaded: " + restored.error().detail);
}

Result<void> Sandbox::Impl::write_port_file() {
  if (!options_.port_file) return {};
  ASSIGN_OR_RETURN(port_file_, PortFile::write(*options_.port_file, listener_->port()));
  return {};
}

void Sandbox::Impl::stop() {
  port_file_.reset();
  // The engine first: it ends the waiting calls, whose answers the listener then still sends; so with those
  // that are delayed.
  *stopping_part_ = "webhooks on their way and the last write of the clocks";
  if (engine_) engine_->stop();
  *stopping_part_ = "calls that are being answered";
  if (api_) api_->stop();
  if (listener_) listener_->stop();
  *stopping_part_ = "the database";
  if (store_) store_->close();
  // Before the engine: what it has given up may still come back.
  *stopping_part_ = "the sender of webhooks";
  own_sender_.reset();
  *stopping_part_ = "threads of waiting calls";
}

Sandbox::Sandbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sandbox::~Sandbox() = default;

Result<std::unique_ptr<Sandbox>> Sandbox::start(const ServeOptions& options, Log& log, Parts parts) {
  auto impl = std::make_unique<Impl>(options, log, parts);
  RETURN_IF_ERROR(impl->start());
  return std::unique_ptr<Sandbox>(new Sandbox(std::move(impl)));
}

void Sandbox::stop() { impl_->stop(); }
std::shared_ptr<const std::atomic<const char*>> Sandbox::stopping_part() const {
  return impl_->stopping_part_;
}
int Sandbox::port() const { return impl_->listener_->port(); }
std::string Sandbox::url() const { return impl_->public_url_->get(); }
const std::string& Sandbox::local_url() const { return impl_->local_url_; }
const std::string& Sandbox::admin_token() const { return impl_->admin_token_; }
std::uint64_t Sandbox::seed() const { return impl_->secrets_.seed; }
Result<LaneClock> Sandbox::clock() const {
  ASSIGN_OR_RETURN(const std::vector<engine::LaneView> lanes,
                   impl_->engine_->lanes(impl_->partner_.client_id));
  return lanes.front().clock;
}
const SeededPartner& Sandbox::partner() const { return impl_->partner_; }
store::Store& Sandbox::store() { return *impl_->store_; }
engine::Engine& Sandbox::engine() { return *impl_->engine_; }

}  // namespace zest::app
