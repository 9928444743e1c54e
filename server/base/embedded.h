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
// A database of the newest schema, without a row, as compress() made it (base/compression.h): the one file,
// empty in a build that cannot run programs of its own.
std::span<const EmbeddedFile> empty_database();
std::span<const EmbeddedFile> fixtures();   // fixtures/
std::span<const EmbeddedFile> scenarios();  // scenarios/, and packs/ in it
std::span<const EmbeddedFile> console();    // server/console, but for its C++
std::span<const EmbeddedFile> look();       // server/console/style/tokens.css (base/look.h)

}  // namespace zest::embedded
