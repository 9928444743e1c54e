// Bytes to a server of this process, and what it answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zest::fuzz {

// Sends `bytes` on a connection of its own, the first `first` of them before the others, ends its half, and
// reads until the server ends its own. `patience_ms` is for servers that have reason to wait; then what came
// so far is the answer, and the connection is cut.
struct Conversation {
  std::string received;
  bool ended = false;  // in order, by the server
};
Conversation converse(int port, std::string_view bytes, std::size_t first, int patience_ms);

struct ReadAnswer {
  int status = 0;
  std::string head;  // status line and fields, each with its CR LF
  std::string body;
};
// The answers one after the other, by their Content-Length. Fails the input when they are no HTTP; the last
// one may be cut off (then it is left out) unless `whole`. `head_only`: answers to HEAD, whose length is that
// of a GET.
std::vector<ReadAnswer> read_answers(std::string_view received, bool whole, bool head_only = false);

}  // namespace zest::fuzz
