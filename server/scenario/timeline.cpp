#include "scenario/timeline.h"

namespace zest::scenario {
namespace {
constexpr std::size_t kOffsetWidth = 13;
}

const char* text_of(Mark mark) {
  switch (mark) {
    case Mark::Call:
      return "->";
    case Mark::Webhook:
      return "<-";
    case Mark::Action:
      return "::";
    case Mark::Holds:
      return "ok";
    case Mark::Fails:
      return "FAILED";
  }
  return "";
}

std::string text_of(const Line& line) {
  std::string text = "+" + format_duration(line.offset);
  text.resize(std::max(text.size() + 1, kOffsetWidth), ' ');
  return text + text_of(line.mark) + " " + line.text;
}

void Timeline::add(Duration offset, Mark mark, std::string text) {
  lines_.push_back({offset, mark, std::move(text)});
  if (observer_) observer_(lines_.back());
}

}  // namespace zest::scenario
