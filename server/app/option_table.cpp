#include <charconv>

#include "app/options.h"
#include "base/error.h"
#include "base/url.h"

namespace zest::app {
namespace {

template <class Integer>
Result<Integer> integer_between(const std::string& text, Integer least, Integer most) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return invalid_request("must be a whole number from " + std::to_string(least) + " to " +
                           std::to_string(most));
  }
  return value;
}

Result<bool> boolean(const std::string& text) {
  std::string word = text;  // as people write it elsewhere: True, OFF
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "0" || word == "no" || word == "off") return false;
  return invalid_request("must be true or false");
}

Result<void> text_into(std::string& target, const std::string& value) {
  if (value.empty()) return invalid_request("must not be empty");
  target = value;
  return {};
}

Result<void> path_into(std::optional<std::filesystem::path>& target, const std::string& value) {
  if (value.empty()) return invalid_request("must be a path");
  target = value;
  return {};
}

Result<void> duration_into(std::optional<Duration>& target, const std::string& value) {
  Result<Duration> duration = parse_duration(value);
  if (!duration.ok()) return invalid_request("must be a duration such as 500ms, 30s, 5m, 12h or PT12H");
  target = *duration;
  return {};
}

Result<void> set_port(ServeOptions& options, const std::string& value) {
  Result<int> port = integer_between<int>(value, 0, 65535);
  if (!port.ok()) return invalid_request(port.error().detail + " (0 picks a free one)");
  options.port = *port;
  return {};
}

Result<void> set_time_scale(ServeOptions& options, const std::string& value) {
  Result<std::int64_t> scale = integer_between<std::int64_t>(value, 1, kMaxTimeScale);
  if (!scale.ok()) return std::move(scale).error();
  options.time_scale = *scale;
  return {};
}

Result<void> set_clock(ServeOptions& options, const std::string& value) {
  if (value == "real") {
    options.clock = ClockMode::Real;
  } else if (value == "manual") {
    options.clock = ClockMode::Manual;
  } else {
    return invalid_request("must be real or manual");
  }
  return {};
}

Result<void> set_delivery_timeout(ServeOptions& options, const std::string& value) {
  Result<void> set = duration_into(options.delivery_timeout, value);
  if (set.ok() && options.delivery_timeout->count() == 0) return invalid_request("must be longer than 0");
  return set;
}

Result<void> set_seed(ServeOptions& options, const std::string& value) {
  Result<std::uint64_t> seed =
      integer_between<std::uint64_t>(value, 0, std::numeric_limits<std::uint64_t>::max());
  if (!seed.ok()) return std::move(seed).error();
  options.seed = *seed;
  return {};
}

Result<void> set_start_time(ServeOptions& options, const std::string& value) {
  Result<Instant> instant = parse_instant(value);
  if (!instant.ok()) return invalid_request("must be an instant such as 2026-01-01T00:00:00Z");
  options.start_time = *instant;
  return {};
}

Result<void> set_public_url(ServeOptions& options, const std::string& value) {
  Result<std::string> url = parse_base_url(value);
  if (!url.ok()) return std::move(url).error();
  options.public_url = std::move(*url);
  return {};
}

Result<void> set_admin_token(ServeOptions& options, const std::string& value) {
  for (const char c : value) {
    if (c <= ' ' || c > '~') return invalid_request("must be visible ASCII characters without spaces");
  }
  return text_into(options.admin_token, value);
}

Result<void> add_allowed_host(ServeOptions& options, const std::string& value) {
  if (value.empty() || value.find_first_of("/ \t@") != std::string::npos) {
    return invalid_request("must be a host name without scheme or path, such as sandbox.local");
  }
  options.allowed_hosts.push_back(value);
  return {};
}

Result<void> set_signature_time(ServeOptions& options, const std::string& value) {
  if (value != "wall" && value != "virtual") return invalid_request("must be wall or virtual");
  options.virtual_signatures = value == "virtual";
  return {};
}

Result<void> set_log_format(ServeOptions& options, const std::string& value) {
  if (value != "text" && value != "json") return invalid_request("must be text or json");
  options.log_format = value == "json" ? LogFormat::JsonLines : LogFormat::Text;
  return {};
}

Result<void> set_log_level(ServeOptions& options, const std::string& value) {
  Result<LogLevel> level = parse_log_level(value);
  if (!level.ok()) return invalid_request("must be debug, info, warning, error or off");
  options.log_level = *level;
  return {};
}

Result<void> set_max_upload(ServeOptions& options, const std::string& value) {
  Result<std::uint64_t> bytes = integer_between<std::uint64_t>(value, 1, std::uint64_t{1} << 30);
  if (!bytes.ok()) return invalid_request(bytes.error().detail + " (bytes)");
  options.max_upload = *bytes;
  return {};
}

Result<void> set_body_idle(ServeOptions& options, const std::string& value) {
  constexpr Duration kShortest{1};
  constexpr Duration kLongest{86'400'000};
  const Result<Duration> idle = parse_duration(value);
  if (!idle.ok() || *idle < kShortest || *idle > kLongest) {
    return invalid_request("must be a duration from " + format_duration(kShortest) + " to " +
                           format_duration(kLongest) + ", such as 30s");
  }
  options.body_idle = *idle;
  return {};
}

Result<void> set_min_body_rate(ServeOptions& options, const std::string& value) {
  Result<std::uint64_t> rate = integer_between<std::uint64_t>(value, 0, 1'000'000'000);
  if (!rate.ok()) return invalid_request(rate.error().detail + " (bytes per second; 0 for none)");
  options.min_body_rate = *rate;
  return {};
}

Result<void> count_into(std::size_t& target, std::size_t least, const std::string& value) {
  Result<std::size_t> count = integer_between<std::size_t>(value, least, 1'000'000);
  if (!count.ok()) return std::move(count).error();
  target = *count;
  return {};
}

// Sets `target` to `when_on` for true, to its opposite for false.
Result<void> switch_into(bool& target, bool when_on, const std::string& value) {
  Result<bool> on = boolean(value);
  if (!on.ok()) return std::move(on).error();
  target = *on == when_on;
  return {};
}

using Options = ServeOptions;
using Text = const std::string&;

constexpr OptionSpec kTable[] = {
    {"host", "ADDRESS", "127.0.0.1",
     "Address to listen on; beyond loopback the control plane asks for a token", false,
     [](Options& o, Text v) { return text_into(o.host, v); }},
    {"port", "N", "8080", "Port to listen on; 0 picks a free one", false, set_port},
    {"port-file", "FILE", "", "Write the port there, as a number and a newline, once it is open", false,
     [](Options& o, Text v) { return path_into(o.port_file, v); }},
    {"db", "FILE", "temporary, gone at exit", "Keep all state in this SQLite database", false,
     [](Options& o, Text v) { return path_into(o.database, v); }},
    {"import", "FILE", "", "Load this snapshot (of `snapshot save`) at start", false,
     [](Options& o, Text v) { return path_into(o.import_file, v); }},
    {"fixtures", "DIR", "built in", "Contracts and partners that replace or add to the built-in ones", false,
     [](Options& o, Text v) { return path_into(o.fixtures, v); }},
    {"webhook-url", "URL", "none: deliveries stay pending", "Where the seeded partner receives webhooks",
     false,
     [](Options& o, Text v) {
       o.webhook_url = v;
       return Result<void>{};
     }},
    {"webhook-secret", "SECRET", "from fixtures",
     "The seeded partner's signing secret; Zest's are whsec_ and hex digits", false,
     [](Options& o, Text v) { return text_into(o.webhook_secret.emplace(), v); }},
    {"clock", "MODE", "real", "real: time passes; manual: time stands still until `clock advance`", false,
     set_clock},
    {"time-scale", "N", "1", "Virtual time runs N times faster, 1 to 1000000", false, set_time_scale},
    {"start-time", "INSTANT", "now; manual clock: 2026-01-01T00:00:00.000Z",
     "Where virtual time starts in a new database", false, set_start_time},
    {"seed", "N", "random", "Makes identifiers and random choices repeatable", false, set_seed},
    {"auto-approve", "DURATION", "by hand", "Approve SPV requests this (virtual) time after creation", false,
     [](Options& o, Text v) { return duration_into(o.auto_approve, v); }},
    {"auto-complete", "DURATION", "by hand",
     "Complete subscriptions this (virtual) time after the funding receipt", false,
     [](Options& o, Text v) { return duration_into(o.auto_complete, v); }},
    {"delivery-timeout", "DURATION", "10s", "How long a webhook receiver may take to answer (wall time)",
     false, set_delivery_timeout},
    {"public-url", "URL", "http://HOST:PORT", "Base URL by which partners reach this sandbox", false,
     set_public_url},
    {"admin-token", "TOKEN", "none; beyond loopback one is made",
     "Bearer token that the control plane then asks for; beyond loopback at least 16 characters", false,
     set_admin_token},
    {"allow-host", "HOST", "loopback names",
     "Further Host header that the control plane accepts (repeatable)", true, add_allowed_host},
    {"ca-file", "FILE", "the system's", "Certificates to trust when sending webhooks over https", false,
     [](Options& o, Text v) { return text_into(o.ca_file, v); }},
    {"insecure-webhook-tls", "", "off", "Do not check certificates when sending webhooks", false,
     [](Options& o, Text v) { return switch_into(o.verify_webhook_tls, false, v); }},
    {"require-https", "", "off", "Refuse webhook URLs that are not https, as Zest's production does", false,
     [](Options& o, Text v) { return switch_into(o.require_https, true, v); }},
    {"signature-time", "CLOCK", "wall", "Which clock signs webhooks: wall or virtual", false,
     set_signature_time},
    {"max-upload", "BYTES", "10485760", "Largest file that an upload may bring", false, set_max_upload},
    {"body-idle", "DURATION", "30s",
     "How long (wall) nothing of a body that a client sends or reads may move", false, set_body_idle},
    {"min-body-rate", "N", "1000",
     "Bytes per second that must move of such a body on average, once that time is over; 0: any number",
     false, set_min_body_rate},
    {"max-journal", "N", "10000", "API calls that the journal remembers", false,
     [](Options& o, Text v) { return count_into(o.max_journal, 1, v); }},
    {"journal-bodies", "", "off", "Keep headers and bodies of accepted calls in the journal, too", false,
     [](Options& o, Text v) { return switch_into(o.journal_bodies, true, v); }},
    {"max-attempts", "N", "1000",
     "Attempts kept of one delivery, the newest ones; at least the 6 of a schedule", false,
     [](Options& o, Text v) { return count_into(o.max_attempts, 6, v); }},
    {"max-idempotency-keys", "N", "100000",
     "Idempotency keys kept of one partner within their 24 (virtual) hours, the newest ones", false,
     [](Options& o, Text v) { return count_into(o.max_idempotency_keys, 1, v); }},
    {"no-rule-header", "", "off", "Leave out x-zest-sandbox-rule, which names the rule that a call broke",
     false, [](Options& o, Text v) { return switch_into(o.rule_header, false, v); }},
    {"no-fault-headers", "", "off", "Ignore Prefer headers that ask for injected faults", false,
     [](Options& o, Text v) { return switch_into(o.fault_headers, false, v); }},
    {"console-dir", "DIR", "built in", "Serve the web console's files from this folder, for work on them",
     false, [](Options& o, Text v) { return path_into(o.console_dir, v); }},
    {"log-format", "FORMAT", "text", "text for people, json for programs", false, set_log_format},
    {"log-level", "LEVEL", "info", "debug, info, warning, error or off", false, set_log_level},
};

}  // namespace

std::span<const OptionSpec> option_table() { return kTable; }

}  // namespace zest::app
