// What happened in a run, line by line in virtual time, for people.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"

namespace zest::scenario {

enum class Mark {
  Call,     // the partner's application called
  Webhook,  // Zest sent, or tried to
  Action,   // an admin, an operator, the clock, a rule, the receiver
  Holds,    // an expectation that was met
  Fails,    // one that was not
};
// "->", "<-", "::", "ok", "FAILED"
const char* text_of(Mark mark);

struct Line {
  Duration offset{0};  // virtual, since the scenario began
  Mark mark = Mark::Action;
  std::string text;
};

// "+5m30s     -> createSpvRequest  201"
std::string text_of(const Line& line);

class Timeline {
 public:
  using Observer = std::function<void(const Line&)>;
  explicit Timeline(Observer observer) : observer_(std::move(observer)) {}

  void add(Duration offset, Mark mark, std::string text);
  const std::vector<Line>& lines() const { return lines_; }

 private:
  Observer observer_;
  std::vector<Line> lines_;
};

}  // namespace zest::scenario
