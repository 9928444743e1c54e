#include "fuzz/target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace zest::fuzz {
namespace {

std::vector<Target>& registry() {
  static std::vector<Target> all;
  return all;
}

}  // namespace

const std::vector<Target>& targets() { return registry(); }

const Target* find_target(std::string_view name) {
  for (const Target& target : registry()) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

Registration::Registration(std::string_view name, void (*run)(std::string_view), Shape shape) {
  std::vector<Target>& all = registry();
  const auto place =
      std::find_if(all.begin(), all.end(), [&](const Target& other) { return name < other.name; });
  all.insert(place, Target{name, run, shape});
}

void fail(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
  std::abort();
}

Halves at_empty_line(std::string_view input) {
  const std::size_t plain = input.find("\n\n");
  const std::size_t returned = input.find("\r\n\r\n");
  if (plain == std::string_view::npos && returned == std::string_view::npos) return {input, {}};
  if (plain < returned) return {input.substr(0, plain), input.substr(plain + 2)};
  return {input.substr(0, returned), input.substr(returned + 4)};
}

}  // namespace zest::fuzz
