// Files that were compiled into the binary (fixtures, migrations, console), so that one binary is all a user
// needs. Thread-safety: immutable.
#pragma once

#include <span>
#include <string_view>

namespace zest::embedded {

struct EmbeddedFile {
  std::string_view name;  // path below the folder it came from, with '/'
  std::string_view bytes;
};

std::span<const EmbeddedFile> migrations();  // server/store/migrations
std::span<const EmbeddedFile> fixtures();    // fixtures/
std::span<const EmbeddedFile> scenarios();   // scenarios/, and packs/ in it
std::span<const EmbeddedFile> console();     // server/console, but for its C++
std::span<const EmbeddedFile> look();        // server/console/style/tokens.css (base/look.h)

}  // namespace zest::embedded
