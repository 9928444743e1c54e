// What may be shown of a URL. Thread-safety: free functions.
#pragma once

#include <string>
#include <string_view>

namespace zest {

// The URL without what may be secret in it: user, password, query and fragment.
std::string bare_url(std::string_view url);

}  // namespace zest
