#include "app/build_info.h"

#include "base/compression.h"
#include "base/version.h"
#include "http/caller.h"
#include "http/listener.h"
#include "snapshot/document.h"
#include "store/sqlite/open.h"
#include "store/sqlite/schema.h"

namespace zest::app {
namespace {

#ifdef NDEBUG
constexpr const char* kBuildType = "release";
#else
constexpr const char* kBuildType = "debug";
#endif
#if defined(__x86_64__)
constexpr const char* kArchitecture = "x86_64";
#elif defined(__aarch64__)
constexpr const char* kArchitecture = "aarch64";
#else
constexpr const char* kArchitecture = "other";
#endif

}  // namespace

Json build_info() {
  Json libraries = Json::object();
  std::vector<LibraryVersion> all = base_libraries();
  for (const LibraryVersion& library : http::caller_libraries()) all.push_back(library);
  all.push_back(store::sqlite_library());
  all.push_back(compression_library());
  for (const LibraryVersion& library : all) libraries[library.name] = library.version;
  return Json{
      {"version", version()},
      {"build", Json{{"type", kBuildType}, {"compiler", __VERSION__}, {"architecture", kArchitecture}}},
      {"libraries", std::move(libraries)},
      {"features", Json{{"listener", http::listener_kind()},
                        {"databaseSchema", store::newest_schema()},
                        {"snapshotVersion", snapshot::kVersion}}}};
}

}  // namespace zest::app
