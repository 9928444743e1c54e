// The events that one transaction emitted, by their partner's counter (base/id.h): it counts them in a row.
#pragma once

#include <cstdint>

namespace zest {

struct EventSpan {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  bool holds(std::uint64_t number) const { return number >= first && number - first < count; }
};

}  // namespace zest
