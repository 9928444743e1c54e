// bench_bare hello | rows PATH SYNCHRONOUS | receive STATUS | send URL COUNT IN_FLIGHT | nothing
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/bare/bare.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.empty() ? "" : words[0];
  if (what == "nothing") return 0;  // how long the loader takes for the same libraries
  if (what == "hello" && words.size() == 1) return bare::serve_hello();
  if (what == "rows" && words.size() == 3) return bare::serve_rows(words[1], words[2]);
  if (what == "receive" && words.size() == 2) return bare::receive(std::atoi(words[1].c_str()));
  if (what == "send" && words.size() == 4) {
    return bare::send(words[1], std::strtoul(words[2].c_str(), nullptr, 10),
                      std::strtoul(words[3].c_str(), nullptr, 10));
  }
  std::fprintf(
      stderr,
      "bench_bare hello | rows PATH SYNCHRONOUS | receive STATUS | send URL COUNT IN_FLIGHT | nothing\n");
  return 2;
}
