// What a rule alone asks for; what follows from the body, the path and what there is comes after it.
// Thread-safety: free functions.
#pragma once

#include <string>

#include "insight/remedy.h"

namespace zest::insight {

// Adds to the changes, and corrects a template that is not there. `upload`: the operation takes a file.
void say_by_rule(const CallFacts& facts, bool upload, Remedy& remedy);

// "; it came as text/plain": for the end of a sentence about the body's Content-Type.
std::string type_that_came(const CallFacts& facts);

}  // namespace zest::insight
