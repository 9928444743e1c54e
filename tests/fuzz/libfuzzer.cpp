// The door to libFuzzer: `zest-fuzz TARGET [libFuzzer's options and folders]`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/json_mutator.h"
#include "fuzz/target.h"

namespace {

const zest::fuzz::Target* chosen = nullptr;

[[noreturn]] void explain() {
  std::fprintf(stderr, "usage: zest-fuzz TARGET [libFuzzer's options and folders]; targets:\n");
  for (const auto& target : zest::fuzz::targets()) {
    std::fprintf(stderr, "  %.*s\n", static_cast<int>(target.name.size()), target.name.data());
  }
  std::exit(2);
}

}  // namespace

extern "C" {

std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// The target's name is taken off the arguments before libFuzzer sees them.
int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc < 2) explain();
  chosen = zest::fuzz::find_target((*argv)[1]);
  if (chosen == nullptr) explain();
  (*argv)[1] = (*argv)[0];
  ++*argv;
  --*argc;
  return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                    unsigned seed) {
  std::size_t mutated = 0;
  if (chosen->shape == zest::fuzz::Shape::Json && seed % 4 != 0) {
    mutated = zest::fuzz::mutate_json(data, size, max_size, seed, LLVMFuzzerMutate);
  }
  return mutated > 0 ? mutated : LLVMFuzzerMutate(data, size, max_size);
}

}  // extern "C"
