// A snapshot: the whole state as one JSON document,
//
//   {"version": 2, "createdAt": …, "partners": […], "spvRequests": […], …, "files": {sha256: base64}}
//
// with a list for each kind of value (state_json.h) and the content of uploads. It is written and read in
// portions: memory holds one value at a time, never the document. Version 1, of 0.1.0, held tables; it is
// still read.
#pragma once

#include <cstddef>
#include <cstdint>

namespace zest::snapshot {

inline constexpr std::int64_t kVersion = 2;
inline constexpr std::int64_t kVersionOfTables = 1;

// Bytes of a document that is read: what a laptop's disk still bears, for it lies there while it is read.
// [sandbox]
inline constexpr std::size_t kMaxDocument = std::size_t{8} << 30;

}  // namespace zest::snapshot
