#include "cli/certify_client.h"

#include "app/sandbox.h"
#include "application/partner.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "certify/client_driving.h"
#include "certify/client_duties.h"
#include "cli/application.h"

namespace zest::cli {
namespace {

constexpr const char* kAudience = "https://sandbox-api.zestequity.com";  // Zest docs: authentication
constexpr std::size_t kCertifyTagBytes = 4;

// What no journal shows.
std::vector<std::string> limits_of(bool driven) {
  std::vector<std::string> limits = {
      "Whether keys and intents survive a restart of your application between two tries.",
      "How private key and tokens are stored, and whether they appear in logs elsewhere."};
  if (!driven) {
    limits.emplace_back(
        "Whether a token is renewed before its end (it lives for an hour), and how long your "
        "client waits for an answer.");
    limits.insert(
        limits.begin(),
        "What your application does with answers: without --app and its actions only its calls are seen.");
  }
  return limits;
}

certify::Report report_of(const certify::ClientFacts& facts, const std::string& name, Instant started_at,
                          Duration took) {
  certify::Report report;
  report.of_client = true;
  report.application = name;
  report.calls_seen = facts.calls.size();
  report.started_at = started_at;
  report.took = took;
  report.results = certify::judge_client(facts);
  report.grade = certify::client_grade(report.results);
  report.limits = limits_of(facts.driven());
  return report;
}

// A sandbox of the run's own, the application as a partner of it, and the run.
class DrivenRun {
 public:
  DrivenRun(const Program& program, const application::Description& description)
      : program_(program), description_(description), log_(LogFormat::Text, LogLevel::Error) {}
  ~DrivenRun() { process_.reset(); }
  DrivenRun(const DrivenRun&) = delete;
  DrivenRun& operator=(const DrivenRun&) = delete;

  Result<certify::ClientFacts> run() {
    app::ServeOptions options;
    options.port = 0;
    ASSIGN_OR_RETURN(sandbox_, app::Sandbox::start(options, log_));
    client::ControlApi control(sandbox_->local_url(), sandbox_->admin_token());
    RETURN_IF_ERROR(register_partner(control));
    if (description_.start) {
      const Identity identity{sandbox_->local_url(), client_id_, pem_, secret_};
      ASSIGN_OR_RETURN(process_, start_application(program_, description_, identity));
    }
    ProgressLine progress(program_.err);
    certify::DrivenClient client{description_, control, [this] { return partner(); }, client_id_,
                                 [&progress, this](const std::string& what) {
                                   progress.show("[" + std::to_string(++steps_) + "] " + what);
                                 }};
    client.webhook_secret = secret_;
    if (process_) client.output = [this] { return process_->output(); };
    Result<certify::ClientFacts> facts = certify::drive_client(client);
    const std::optional<std::string> death = process_ && !facts.ok() ? process_->death() : std::nullopt;
    if (death) return invalid_request(*death);
    return facts;
  }

 private:
  Result<void> register_partner(const client::ControlApi& control) {
    secret_ = description_.webhook_secret.empty() ? "whsec_" + to_hex(random_bytes(16))
                                                  : description_.webhook_secret;
    Json settings{{"webhookSecret", secret_}};
    if (!description_.webhook_url.empty()) settings["webhookUrl"] = description_.webhook_url;
    if (description_.partner) {
      RETURN_IF_ERROR(application::take_partner(control, *description_.partner, settings));
      ASSIGN_OR_RETURN(const Ed25519PrivateKey key, application::read_private_key(*description_.partner));
      client_id_ = description_.partner->client_id;
      pem_ = key.pem();
      return {};
    }
    client_id_ = "certify-" + to_hex(random_bytes(kCertifyTagBytes));
    settings.update(Json{{"clientId", client_id_}, {"name", description_.name}, {"generateKey", true}});
    ASSIGN_OR_RETURN(const Json made, control.register_partner(settings));
    pem_ = text_at(made, "privateKeyPem");
    return {};
  }

  client::PartnerApi partner() const {
    Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(pem_);  // which the sandbox or the file gave
    return client::PartnerApi(sandbox_->local_url(), client::Credentials{client_id_, std::move(key).value()},
                              kAudience);
  }

  const Program& program_;
  const application::Description& description_;
  Log log_;
  std::unique_ptr<app::Sandbox> sandbox_;
  std::string client_id_;
  std::string pem_;
  std::string secret_;
  std::shared_ptr<application::Process> process_;
  std::size_t steps_ = 0;
};

}  // namespace

void say_client_grade(const Program& program, const client::ControlApi& control) {
  const Result<certify::ClientFacts> facts = certify::observed_client(control, "");
  if (!facts.ok() || facts->calls.empty()) return;
  const certify::Report report = report_of(*facts, "", Instant{}, Duration(0));
  program.err << "zest-sandbox: the calls of your application: grade " << grade_name(report.grade) << ", "
              << certify::summary(report) << " (`certify --client` says more)\n";
  for (const certify::DutyResult& result : report.results) {
    if (result.verdict != certify::Verdict::Fail) continue;
    program.err << "  " << result.duty->id << ": " << printable(result.sentence) << "\n";
  }
  program.err << std::flush;
}

int certify_client(const Program& program, const ClientGrading& grading, const Remote& remote) {
  const Result<std::vector<ReportFile>> files = report_files(grading.report);
  if (!files.ok()) return program.fail(kUsage, files.error().detail);
  const Result<std::optional<application::Description>> description =
      read_application(program, {grading.application});
  if (!description.ok()) return program.fail(kUsage, description.error().detail);
  const SystemWallClock clock;
  const Instant begun = clock.wall();
  const Instant start = clock.steady();
  // One that was merely found and has no actions leaves the calls to the application's own tests.
  const bool driven = *description && (!grading.application.empty() || !(*description)->actions.empty());
  if (driven) {
    const Result<certify::ClientFacts> facts = DrivenRun(program, **description).run();
    if (!facts.ok()) return program.fail(kUsage, facts.error().detail);
    const certify::Report report = report_of(*facts, (*description)->name, begun, clock.steady() - start);
    return conclude_report(program, report, *files);
  }
  const Result<certify::ClientFacts> facts = certify::observed_client(control_api(remote), grading.client_id);
  if (!facts.ok()) return report(program, remote, facts.error());
  if (facts->calls.empty()) {
    return program.fail(kFailed, "the journal of " + remote.url + " has no calls" +
                                     (grading.client_id.empty() ? "" : " of " + grading.client_id) +
                                     ": run your application's tests against it first, or give --app");
  }
  const std::string name = grading.client_id.empty() ? "at " + remote.url : grading.client_id;
  return conclude_report(program, report_of(*facts, name, begun, clock.steady() - start), *files);
}

}  // namespace zest::cli
