// What `serve` can be told. One table names every option; the command line, the environment, the config file
// and the documentation read it. Precedence: flag, environment (ZEST_SANDBOX_<NAME>), config file, default.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "model/lane.h"

namespace zest::app {

// An absent value is one that nobody gave: then the default holds, or what a file database remembers.
struct ServeOptions {
  std::string host = "127.0.0.1";
  int port = 8080;  // 0: any free one
  std::optional<std::filesystem::path> port_file;
  std::optional<std::filesystem::path> database;     // absent: temporary
  std::optional<std::filesystem::path> import_file;  // a snapshot that is loaded at start
  std::optional<std::filesystem::path> fixtures;
  // Of the seeded partner.
  std::optional<std::string> webhook_url;
  std::optional<std::string> webhook_secret;
  // Of the seeded partner, and the defaults of partners registered at run time. The first two are virtual
  // time.
  std::optional<Duration> auto_approve;
  std::optional<Duration> auto_complete;
  std::optional<Duration> delivery_timeout;  // wall
  // Virtual time of new lanes.
  std::optional<ClockMode> clock;  // Real or Manual
  std::optional<std::int64_t> time_scale;
  std::optional<Instant> start_time;
  std::optional<std::uint64_t> seed;

  std::optional<std::string> public_url;  // without trailing slash
  // Of the public URL: false for one that a config file sets which was merely found. It is told to partners,
  // and does not open the control plane to the pages of its host.
  bool public_url_is_trusted = true;
  std::string admin_token;  // "": none
  std::vector<std::string> allowed_hosts;
  bool require_https = false;
  bool fault_headers = true;
  bool rule_header = true;
  std::string ca_file;
  bool verify_webhook_tls = true;
  bool virtual_signatures = false;
  LogFormat log_format = LogFormat::Text;
  LogLevel log_level = LogLevel::Info;
  std::uint64_t max_upload = 10 * 1024 * 1024;  // bytes of one file
  // Of a request's body, and of an answer that is read (http::Limits).
  Duration body_idle{30'000};                        // wall
  std::uint64_t min_body_rate = 1000;                // bytes per second
  std::size_t max_journal = 10'000;                  // entries
  bool journal_bodies = false;                       // of accepted calls, too
  std::size_t max_attempts = 1000;                   // kept of one delivery
  std::size_t max_idempotency_keys = 100'000;        // kept of one partner
  std::optional<std::filesystem::path> console_dir;  // absent: the console's files in the binary

  // Real, Scaled or Manual, from `clock` and `time_scale`.
  ClockMode clock_mode() const;
};

// One row of the table.
struct OptionSpec {
  std::string_view name;      // without dashes; also the config file's key
  std::string_view value;     // what it takes, for help; "" for a switch
  std::string_view standard;  // the default in words
  std::string_view help;
  bool repeatable =
      false;  // several times on the command line, comma-separated in the environment, a list in the file
  // Stores one value; switches get "true" or "false". Errors: InvalidRequest whose detail says what is
  // allowed.
  Result<void> (*apply)(ServeOptions& options, const std::string& value) = nullptr;
};
std::span<const OptionSpec> option_table();

// "webhook-url" -> "ZEST_SANDBOX_WEBHOOK_URL"
std::string environment_name(std::string_view option);

// Where values come from.
struct OptionSources {
  // What a command assumes instead of the table's defaults; anything else wins over it.
  std::vector<std::pair<std::string, std::string>> defaults;
  std::vector<std::pair<std::string, std::string>> flags;        // name without dashes, value
  std::vector<std::pair<std::string, std::string>> environment;  // all of it
  std::filesystem::path working_directory = ".";                 // where zest-sandbox.json is looked for
  std::optional<std::string> config_file;                        // --config
};

struct ResolvedOptions {
  ServeOptions options;
  std::vector<std::string> warnings;  // misspelt environment variables
  std::string found_config;           // the config file that nobody named; "": none
};

// Errors: InvalidRequest that names the source, the option, what is wrong with the value and what is allowed.
Result<ResolvedOptions> resolve_options(const OptionSources& sources);

// True for localhost, 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view host);

}  // namespace zest::app
