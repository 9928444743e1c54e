// Where systems keep the certificates of the authorities that they trust: a program that is carried from one
// to another looks in each place. Thread-safety: free functions.
#pragma once

#include <span>
#include <string>

namespace zest::http {

// The bundle of this system, looked for once; "" when there is none.
const std::string& system_certificates();

// The first of these files that can be read; "" when none can.
std::string first_readable(std::span<const char* const> paths);

}  // namespace zest::http
