// A program of the build: writes a database of the newest schema without a row, as which temporary stores
// begin.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/compression.h"
#include "store/sqlite/db.h"
#include "store/sqlite/schema.h"

namespace {

std::string read(const std::filesystem::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path output = argv[1];
  const std::filesystem::path database = output.string() + ".db";
  try {
    std::filesystem::remove(database);
    {
      zest::store::Connection db(database);
      zest::store::ConnectionSettings settings;
      settings.synchronous = zest::store::Synchronous::Off;
      db.configure(settings);
      zest::store::migrate(db);
    }
    std::ofstream(output, std::ios::binary) << zest::compress(read(database));
    std::filesystem::remove(database);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
  return 0;
}
