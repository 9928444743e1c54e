#include "base/random.h"

namespace zest {
namespace {

// The finaliser of SplitMix64: a bijection whose every output bit depends on every input bit.
constexpr std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 30U;
  value *= 0xBF58476D1CE4E5B9ULL;
  value ^= value >> 27U;
  value *= 0x94D049BB133111EBULL;
  value ^= value >> 31U;
  return value;
}

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;

}  // namespace

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3ULL;
  }
  return mix(hash);
}

std::uint64_t random_at(std::uint64_t seed, std::string_view name, std::uint64_t position) {
  const std::uint64_t stream = mix(mix(seed + kGolden) ^ stable_hash(name));
  return mix(stream + (position + 1) * kGolden);
}

double random_unit(std::uint64_t seed, std::string_view name, std::uint64_t position) {
  // 53 bits are what a double holds exactly, so the result never rounds up to 1.
  return static_cast<double>(random_at(seed, name, position) >> 11U) * 0x1.0p-53;
}

}  // namespace zest
