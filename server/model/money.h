// An amount of money as Zest writes it. Zest docs: conventions/money.
#pragma once

#include <string>

namespace zest {

struct Money {
  std::string currency;  // ISO 4217
  std::string value;     // decimal string, kept as it was sent
};

}  // namespace zest
