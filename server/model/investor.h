// An investor (person) of a partner. Zest docs: investors.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace zest {

struct Investor {
  std::string person_id;  // psn_…, zestPersonId
  std::string client_id;
  std::string partner_investor_id;  // unique per client
  std::string email;
  std::string first_name;
  std::string last_name;
  std::string date_of_birth;  // YYYY-MM-DD
  std::optional<std::string> country_of_residence;
  Instant created_at{};  // virtual
};

}  // namespace zest
