#include "model/partner.h"

#include <algorithm>

#include "base/random.h"

namespace zest {

std::uint32_t make_tag(std::uint64_t seed, const Partner& partner, const std::vector<Partner>& others) {
  const std::string name = partner.client_id + "/" + std::to_string(partner.generation);
  for (std::uint64_t salt = 0;; ++salt) {
    const auto tag = static_cast<std::uint32_t>(random_at(seed, name, salt) >> 32U);
    const bool taken = std::any_of(others.begin(), others.end(), [&](const Partner& other) {
      return other.tag == tag && other.client_id != partner.client_id;
    });
    if (!taken) return tag;
  }
}

}  // namespace zest
