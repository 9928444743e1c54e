// Varies a JSON document so that it stays one and gets deep into what reads it: values are replaced, copied
// from elsewhere in the document, left out, renamed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace zest::fuzz {

using MutateBytes = std::size_t (*)(std::uint8_t* data, std::size_t size, std::size_t max_size);

// As LLVMFuzzerCustomMutator: changes `data` in place and answers its new size; 0 when it holds no JSON
// document or the change does not fit. `bytes` varies texts. For documents after an empty line see
// Shape::Json.
std::size_t mutate_json(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                        MutateBytes bytes);

}  // namespace zest::fuzz
