#include "base/file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace zest {

Result<std::string> read_file(const std::filesystem::path& path, std::size_t at_most) {
  const auto unreadable = [&path] {
    return make_error(ErrorKind::InvalidRequest,
                      path.string() + " cannot be read: " + std::generic_category().message(errno));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return unreadable();
  std::string bytes;
  std::array<char, 16384> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    bytes.append(buffer.data(), got);
    if (bytes.size() > at_most) {
      return make_error(ErrorKind::InvalidRequest,
                        path.string() + " is larger than " + std::to_string(at_most >> 20) + " MiB");
    }
  }
  if (std::ferror(file.get()) != 0) return unreadable();
  return bytes;
}

}  // namespace zest
