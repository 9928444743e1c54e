# Every third-party library is found here and nowhere else; README.md says why each is used.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(SQLite3 3.37 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(ZLIB 1.2 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(spdlog 1.9 REQUIRED)

# Only the pkg-config target carries the macros that the installed library was built with. Without them the
# classes have another layout than in the library.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8>=10.34)
