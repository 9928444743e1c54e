// Between values of the model and rows: the columns of each table in the order in which its reader takes
// them. Errors: std::runtime_error for a row that no version of the sandbox writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/db.h"
#include "store/store.h"

namespace zest::store {

// The columns of a SELECT, as string literals so that statements are put together by the compiler.
#define ZEST_PARTNER_COLUMNS                                                                           \
  "client_id, name, tenant_slug, public_key, webhook_url, webhook_secret, provisioned, auto_approve, " \
  "auto_complete, delivery_timeout, seeded, tag, generation, created_at"
#define ZEST_LANE_COLUMNS                                                              \
  "client_id, mode, scale, anchor_virtual, anchor_wall, initial_mode, initial_scale, " \
  "initial_anchor_virtual, initial_anchor_wall, high_water, paused, resetting"
#define ZEST_SPV_REQUEST_COLUMNS                                                                         \
  "slug, client_id, tenant_slug, template_id, template_version, status, rejection_reason, approved_at, " \
  "cancelled_at, created_at, updated_at, opportunity_slug, vehicle_slug, sp_slug, spc_slug, "            \
  "share_classes, attributes"
#define ZEST_INVESTOR_COLUMNS                                                                \
  "person_id, client_id, partner_investor_id, email, first_name, last_name, date_of_birth, " \
  "country_of_residence, created_at"
#define ZEST_SUBSCRIPTION_COLUMNS                                                                      \
  "slug, client_id, spv_slug, person_id, partner_subscription_id, lump_sum_currency, lump_sum_value, " \
  "share_class_slug, status, form_sha256, form_size, form_content_type, form_uploaded_at, "            \
  "funding_sha256, funding_size, funding_content_type, funding_uploaded_at, funding_amount, "          \
  "funding_currency, funding_wire_reference, created_at, updated_at, completed_at, completion_emitted"
#define ZEST_DELIVERY_COLUMNS                                                                         \
  "delivery_id, client_id, event_type, subject, status, attempt_count, schedule, schedule_attempts, " \
  "sequence, next_attempt_at, schedule_started_at, created_at"
#define ZEST_ATTEMPT_COLUMNS                                                                     \
  "kind, schedule, number, virtual_time, wall_time, offset_ms, latency_ms, delivered, failure, " \
  "failure_detail, response_status, chaos_rule, request_headers, response_body"
#define ZEST_TIMER_COLUMNS "id, client_id, kind, due_at, sequence, subject, payload"

Partner read_partner(Query& row);
Lane read_lane(Query& row);
SpvRequest read_spv_request(Query& row);
Investor read_investor(Query& row);
Subscription read_subscription(Query& row);
Delivery read_delivery(Query& row);
Attempt read_attempt(Query& row, std::string_view delivery_id);
Timer read_timer(Query& row);

std::string share_classes_text(const std::vector<ShareClass>& share_classes);
std::string headers_text(const std::vector<std::pair<std::string, std::string>>& headers);
std::string subjects_text(const std::vector<std::string>& subjects);
std::vector<std::string> parse_subjects(const std::string& text);

}  // namespace zest::store
