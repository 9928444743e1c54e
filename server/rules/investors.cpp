#include "rules/investors.h"

#include "model/codec.h"
#include "rules/formats.h"

namespace zest::rules {
namespace {

RowError row_error(std::string_view code, std::string_view field, std::string message) {
  return RowError{std::string(code), std::string(field), std::move(message)};
}

// Reads a required string member into `out`; the error says why it cannot be used.
std::optional<RowError> read_string(const Json& row, const char* name, std::string& out) {
  const Json* value = member(row, name);
  if (value == nullptr) return row_error("required", name, std::string(name) + " is required");
  if (!value->is_string()) return row_error("type", name, std::string(name) + " must be a string");
  out = value->get<std::string>();
  if (out.empty()) return row_error("required", name, std::string(name) + " must not be empty");
  return std::nullopt;
}

std::optional<RowError> read_person_name(const Json& row, const char* name, std::string& out) {
  std::optional<RowError> error = read_string(row, name, out);
  if (!error && !is_name(out)) {
    error = row_error("pattern", name, std::string(name) + " must not be blank, nor hold control characters");
  }
  return error;
}

std::optional<RowError> read_country(const Json& row, std::optional<std::string>& out) {
  const Json* value = member(row, "countryOfResidence");
  if (value == nullptr) return std::nullopt;
  if (!value->is_string())
    return row_error("type", "countryOfResidence", "countryOfResidence must be a string");
  if (!is_country(value->get_ref<const std::string&>())) {
    return row_error("format", "countryOfResidence",
                     "countryOfResidence must be an ISO 3166-1 alpha-2 country code");
  }
  out = value->get<std::string>();
  return std::nullopt;
}

InvestorRow prepare_row(const Json& row) {
  InvestorRow prepared;
  if (!row.is_object()) {
    prepared.error = row_error("type", "", "the row must be an object");
    return prepared;
  }
  Investor& values = prepared.values;
  // The id first: a row that fails for another reason is still named by it.
  prepared.error = read_string(row, "partnerInvestorId", values.partner_investor_id);
  if (prepared.error) values.partner_investor_id.clear();
  const auto also = [&prepared](std::optional<RowError> error) {
    if (!prepared.error) prepared.error = std::move(error);
  };
  also(read_string(row, "email", values.email));
  also(read_person_name(row, "firstName", values.first_name));
  also(read_person_name(row, "lastName", values.last_name));
  also(read_string(row, "dateOfBirth", values.date_of_birth));
  also(read_country(row, values.country_of_residence));
  if (!prepared.error && !is_email(values.email)) {
    prepared.error = row_error("format", "email", "email must be a well-formed e-mail address");
  }
  if (!prepared.error && !parse_date(values.date_of_birth).ok()) {
    prepared.error = row_error("format", "dateOfBirth", "dateOfBirth must be a calendar date YYYY-MM-DD");
  }
  return prepared;
}

InvestorResult create_one(Context& context, const InvestorRow& row) {
  InvestorResult result;
  result.partner_investor_id = row.values.partner_investor_id;
  result.error = row.error;
  if (!result.error) {
    const Result<Instant> birth = parse_date(row.values.date_of_birth);
    const auto today = std::chrono::floor<std::chrono::days>(context.now);
    if (birth.ok() && *birth >= today) {
      result.error = row_error("max_value", "dateOfBirth", "dateOfBirth must lie in the past");
    }
  }
  if (result.error) return result;

  const std::string& client_id = context.partner.client_id;
  if (const auto known = context.tx.investor_by_partner_id(client_id, row.values.partner_investor_id)) {
    result.status = RowStatus::AlreadyExists;
    result.person_id = known->person_id;
    return result;
  }
  Investor investor = row.values;
  investor.person_id = new_id(context, "psn");
  investor.client_id = client_id;
  investor.created_at = context.now;
  context.tx.put_investor(investor);
  emit(context, EventType::InvestorCreated, investor.created_at, event_facts(investor));
  result.status = RowStatus::Created;
  result.person_id = investor.person_id;
  return result;
}

}  // namespace

std::vector<InvestorRow> prepare_investors(const Json& rows) {
  std::vector<InvestorRow> prepared;
  prepared.reserve(rows.size());
  for (const Json& row : rows) prepared.push_back(prepare_row(row));
  return prepared;
}

std::vector<InvestorResult> create_investors(Context& context, const std::vector<InvestorRow>& rows) {
  std::vector<InvestorResult> results;
  results.reserve(rows.size());
  for (const InvestorRow& row : rows) results.push_back(create_one(context, row));
  return results;
}

}  // namespace zest::rules
