#include "store/sqlite/rows.h"

#include <algorithm>
#include <stdexcept>

namespace zest::store {
namespace {

[[noreturn]] void damaged(std::string_view what) {
  throw std::runtime_error("The database holds a damaged row: " + std::string(what));
}

template <class T>
T known(std::optional<T> value, std::string_view what) {
  if (!value) damaged(what);
  return *value;
}

Json stored_json(const std::string& text, std::string_view what) {
  Result<Json> parsed = parse_json(text);
  if (!parsed.ok()) damaged(what);
  return std::move(parsed).value();
}

Json stored_list(const std::string& text, std::string_view what) {
  Json list = stored_json(text, what);
  if (!list.is_array()) damaged(what);
  return list;
}

ClockMode clock_mode(const std::string& text) {
  for (const ClockMode mode : {ClockMode::Real, ClockMode::Scaled, ClockMode::Manual}) {
    if (to_string(mode) == text) return mode;
  }
  damaged("clock mode");
}

LaneClock read_clock(Query& row) {
  LaneClock clock;
  clock.mode = clock_mode(row.text());
  clock.scale = row.integer();
  clock.anchor_virtual = row.instant();
  clock.anchor_wall = row.instant();
  return clock;
}

std::optional<Upload> read_upload(Query& row) {
  if (row.next_type() == ColumnType::Null) {
    row.skip(4);
    return std::nullopt;
  }
  Upload upload;
  upload.sha256 = row.text();
  upload.size = row.counter();
  upload.content_type = row.text();
  upload.uploaded_at = row.instant();
  return upload;
}

std::vector<ShareClass> parse_share_classes(const std::string& text) {
  std::vector<ShareClass> classes;
  const Json list = stored_list(text, "share classes");
  for (const Json& entry : list) {
    ShareClass share_class;
    const std::string* name = string_member(entry, "name");
    const std::string* slug = string_member(entry, "slug");
    if (name == nullptr || slug == nullptr) damaged("share class");
    share_class.name = *name;
    share_class.slug = *slug;
    if (const std::string* fee = string_member(entry, "managementFeePercent")) {
      share_class.management_fee_percent = *fee;
    }
    if (const std::string* carry = string_member(entry, "carryPercent")) share_class.carry_percent = *carry;
    if (const Json* setup_fee = member(entry, "setupFee")) share_class.setup_fee = *setup_fee;
    classes.push_back(std::move(share_class));
  }
  return classes;
}

// As JSON. Nearly all are plain; a value made of them to be written takes ten times as long.
void append_string(std::string& to, const std::string& text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), plain)) {
    to.append("\"").append(text).append("\"");
  } else {
    to += dump_json(Json(text));
  }
}

}  // namespace

std::string share_classes_text(const std::vector<ShareClass>& share_classes) {
  Json list = Json::array();
  for (const ShareClass& share_class : share_classes) {
    Json entry = Json::object();
    entry["name"] = share_class.name;
    entry["slug"] = share_class.slug;
    if (share_class.management_fee_percent) {
      entry["managementFeePercent"] = *share_class.management_fee_percent;
    }
    if (share_class.carry_percent) entry["carryPercent"] = *share_class.carry_percent;
    if (share_class.setup_fee) entry["setupFee"] = *share_class.setup_fee;
    list.push_back(std::move(entry));
  }
  return dump_json(list);
}

std::string headers_text(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string list = "[";
  for (const auto& [name, value] : headers) {
    list += list.size() > 1 ? ",[" : "[";
    append_string(list, name);
    list += ',';
    append_string(list, value);
    list += ']';
  }
  return list + "]";
}

std::string subjects_text(const std::vector<std::string>& subjects) {
  std::string list = "[";
  for (const std::string& subject : subjects) {
    if (list.size() > 1) list += ',';
    append_string(list, subject);
  }
  return list + "]";
}

std::vector<std::string> parse_subjects(const std::string& text) {
  std::vector<std::string> subjects;
  const Json list = stored_list(text, "subjects");
  for (const Json& entry : list) {
    if (!entry.is_string()) damaged("subjects");
    subjects.push_back(entry.get<std::string>());
  }
  return subjects;
}

Partner read_partner(Query& row) {
  Partner partner;
  partner.client_id = row.text();
  partner.name = row.text();
  partner.tenant_slug = row.text();
  partner.public_key = row.text();
  partner.webhook_url = row.optional_text();
  partner.webhook_secret = row.text();
  partner.provisioned = row.boolean();
  partner.auto_approve = row.optional_duration();
  partner.auto_complete = row.optional_duration();
  partner.delivery_timeout = row.duration();
  partner.seeded = row.boolean();
  partner.tag = static_cast<std::uint32_t>(row.integer());
  partner.generation = static_cast<std::uint32_t>(row.integer());
  partner.created_at = row.instant();
  return partner;
}

Lane read_lane(Query& row) {
  Lane lane;
  lane.client_id = row.text();
  lane.clock = read_clock(row);
  lane.initial = read_clock(row);
  lane.high_water = row.instant();
  lane.paused = row.boolean();
  lane.resetting = row.text();
  return lane;
}

SpvRequest read_spv_request(Query& row) {
  SpvRequest request;
  request.slug = row.text();
  request.client_id = row.text();
  request.tenant_slug = row.text();
  request.template_id = row.text();
  request.template_version = row.text();
  request.status = known(parse_spv_status(row.text()), "SPV status");
  request.rejection_reason = row.optional_text();
  request.approved_at = row.optional_instant();
  request.cancelled_at = row.optional_instant();
  request.created_at = row.instant();
  request.updated_at = row.instant();
  if (row.next_type() == ColumnType::Null) {
    row.skip(4);
  } else {
    MaterialisedRefs refs;
    refs.opportunity_slug = row.text();
    refs.vehicle_slug = row.text();
    refs.sp_slug = row.text();
    refs.spc_slug = row.text();
    request.refs = std::move(refs);
  }
  request.share_classes = parse_share_classes(row.text());
  request.attributes = stored_json(row.text(), "attributes");
  return request;
}

Investor read_investor(Query& row) {
  Investor investor;
  investor.person_id = row.text();
  investor.client_id = row.text();
  investor.partner_investor_id = row.text();
  investor.email = row.text();
  investor.first_name = row.text();
  investor.last_name = row.text();
  investor.date_of_birth = row.text();
  investor.country_of_residence = row.optional_text();
  investor.created_at = row.instant();
  return investor;
}

Subscription read_subscription(Query& row) {
  Subscription subscription;
  subscription.slug = row.text();
  subscription.client_id = row.text();
  subscription.spv_slug = row.text();
  subscription.person_id = row.text();
  subscription.partner_subscription_id = row.optional_text();
  subscription.lump_sum.currency = row.text();
  subscription.lump_sum.value = row.text();
  subscription.share_class_slug = row.text();
  subscription.status = known(parse_subscription_status(row.text()), "subscription status");
  subscription.form = read_upload(row);
  std::optional<Upload> receipt = read_upload(row);
  if (receipt) {
    FundingReceipt funding;
    funding.upload = std::move(*receipt);
    funding.amount = row.text();
    funding.currency = row.text();
    funding.wire_reference = row.text();
    subscription.funding = std::move(funding);
  } else {
    row.skip(3);
  }
  subscription.created_at = row.instant();
  subscription.updated_at = row.instant();
  subscription.completed_at = row.optional_instant();
  subscription.completion_emitted = row.boolean();
  return subscription;
}

Delivery read_delivery(Query& row) {
  Delivery delivery;
  delivery.id = row.text();
  delivery.client_id = row.text();
  delivery.event_type = row.text();
  delivery.subject = row.text();
  delivery.status = known(parse_delivery_status(row.text()), "delivery status");
  delivery.attempt_count = row.small();
  delivery.schedule = row.small();
  delivery.schedule_attempts = row.small();
  delivery.sequence = row.counter();
  delivery.next_attempt_at = row.optional_instant();
  delivery.schedule_started_at = row.optional_instant();
  delivery.created_at = row.instant();
  return delivery;
}

Attempt read_attempt(Query& row, std::string_view delivery_id) {
  Attempt attempt;
  attempt.delivery_id = std::string(delivery_id);
  attempt.kind = known(parse_attempt_kind(row.text()), "attempt kind");
  attempt.schedule = row.small();
  attempt.number = row.small();
  attempt.virtual_time = row.instant();
  attempt.wall_time = row.instant();
  attempt.offset = row.duration();
  attempt.latency = row.duration();
  attempt.delivered = row.boolean();
  attempt.failure = row.text();
  attempt.failure_detail = row.text();
  attempt.response_status = row.small();
  attempt.chaos_rule = row.text();
  const Json headers = stored_list(row.text(), "request headers");
  for (const Json& header : headers) {
    if (!header.is_array() || header.size() != 2 || !header[0].is_string() || !header[1].is_string()) {
      damaged("request headers");
    }
    attempt.request_headers.emplace_back(header[0].get<std::string>(), header[1].get<std::string>());
  }
  attempt.response_body = row.text();
  return attempt;
}

Timer read_timer(Query& row) {
  Timer timer;
  timer.id = row.integer();
  timer.client_id = row.text();
  timer.kind = known(parse_timer_kind(row.text()), "timer kind");
  timer.due_at = row.instant();
  timer.sequence = row.counter();
  timer.subject = row.text();
  timer.payload = row.text();
  return timer;
}

}  // namespace zest::store
