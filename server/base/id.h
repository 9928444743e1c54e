// Identifiers. Resource ids are a prefix, 8 hex digits of the partner's tag and 8 of that partner's counter:
// unique, growing and reproducible. Zest docs: conventions/identifiers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zest {

// make_id("svr", 0x1234abcd, 7) = "svr_1234abcd00000007"
std::string make_id(std::string_view prefix, std::uint32_t partner_tag, std::uint64_t counter);
// The counter of such an identifier; nothing for any other text.
std::optional<std::uint64_t> counter_of(std::string_view id);

// A random UUID version 4, for errorId.
std::string make_uuid();

}  // namespace zest
