// What a fuzz target is. One file each, <name>_target.cpp beside a folder corpus/<name>: a function that
// takes any bytes and says with FUZZ_CHECK what must hold whatever they are. libFuzzer drives it
// (libfuzzer.cpp, scripts/fuzz), and replay_test.cpp runs it over its corpus in every test run. A target is
// quick, keeps nothing from one input to the next, and reaches nothing beyond loopback.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace zest::fuzz {

// How an input is varied: as bytes, or also as a JSON document, a value of which is changed so that it stays
// one. With lines before it, the document is what follows the first empty line.
enum class Shape { Bytes, Json };

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
  Shape shape;
};

// In the order of their names.
const std::vector<Target>& targets();
const Target* find_target(std::string_view name);

class Registration {
 public:
  Registration(std::string_view name, void (*run)(std::string_view), Shape shape);
};

// Says what did not hold and ends the process: that is how libFuzzer learns of it.
[[noreturn]] void fail(const char* condition, const char* file, int line);

// Takes `input` apart at its first empty line (LF or CR LF): what is before it, and what is behind. Without
// one all of it is before.
struct Halves {
  std::string_view before;
  std::string_view behind;
};
Halves at_empty_line(std::string_view input);

}  // namespace zest::fuzz

#define FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::zest::fuzz::fail(#condition, __FILE__, __LINE__))

// FUZZ_TARGET(http_head, Bytes) { … input … }
#define FUZZ_TARGET(name, shape)                                                                             \
  static void fuzz_##name(std::string_view input);                                                           \
  static const ::zest::fuzz::Registration registered_##name(#name, fuzz_##name, ::zest::fuzz::Shape::shape); \
  static void fuzz_##name(std::string_view input)
