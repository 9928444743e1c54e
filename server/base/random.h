// Randomness that can be repeated: named streams from one seed, each a function of its position, so that a
// stream's state is one number that a store can keep. Not for secrets (crypto.h has random_bytes).
#pragma once

#include <cstdint>
#include <string_view>

namespace zest {

// Value `position` of the stream `name` under `seed`; uniform over 64 bits. The same on every machine.
std::uint64_t random_at(std::uint64_t seed, std::string_view name, std::uint64_t position);

// The same as a number in [0, 1).
double random_unit(std::uint64_t seed, std::string_view name, std::uint64_t position);

// 64-bit hash of text, the same on every machine (FNV-1a, finalised).
std::uint64_t stable_hash(std::string_view text);

}  // namespace zest
