#pragma once

#include <string>

namespace zest::test {

// Absolute paths of this build, without a slash at the end. They are compiled into one file, so that the
// objects of two checkouts are the same and a compiler cache serves both.

// The program that is tested.
const std::string& binary();

// What the checkout holds below its root, e.g. in_source("tests/samples").
std::string in_source(const std::string& path);

}  // namespace zest::test
