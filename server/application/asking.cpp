#include "application/asking.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <thread>

#include "application/call.h"
#include "application/url_template.h"
#include "base/text.h"
#include "document/values.h"

namespace zest::application {
namespace {

using Clock = std::chrono::steady_clock;
using document::shown;

constexpr Duration kFirstPause{20};
constexpr Duration kLongestPause{250};
constexpr Duration kQuestionTimeout{10'000};  // of one look
constexpr std::size_t kShown = 200;

// Zest's own words in any of the usual spellings: pending_review, PENDING-REVIEW, "Pending review".
std::string plain(const std::string& word) {
  std::string same;
  for (const char c : word) {
    same += c == '_' || c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return same;
}

bool is_one_of(const std::vector<std::string>& words, const std::string& word) {
  return std::any_of(words.begin(), words.end(),
                     [&word](const std::string& each) { return plain(each) == plain(word); });
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

Error unusable(const Question& question, const std::string& asked, const std::string& what) {
  return invalid_request(question.where + ": " + question.name + ": " + asked + " " + what);
}

Result<std::optional<Json>> value_in(const Question& question, const std::string& asked,
                                     const Answer& answer) {
  if (answer.status == 404 || answer.status == 410) return std::optional<Json>();
  if (answer.status / 100 != 2) return unusable(question, asked, "was answered " + excerpt(answer));
  if (answer.json) {
    const Json* value = reach(*answer.json, question.path);
    if (!value || value->is_null()) return std::optional<Json>();
    return std::optional<Json>(*value);
  }
  const std::string text = trimmed(answer.text);
  if (question.path.empty() && !text.empty() && text.front() != '<') return std::optional<Json>(text);
  return unusable(question, asked,
                  "was answered " + excerpt(answer) + ", which is no JSON" +
                      (question.path.empty() ? "" : " with \"" + question.path + "\" in it"));
}

std::string asked_for(const Question& question, const Json& names) {
  const Result<std::string> url = fill_template(question.url, names);
  return "GET " + (url.ok() ? *url : question.url);
}

std::string words_text(const Probe& probe, const std::string& state) {
  const std::vector<std::string>& words = probe.words.at(state);
  if (words.size() == 1 && words.front() == state) return state;
  return state + " (" + join(words, " or ") + ")";
}

std::string state_text(const Probe& probe, const std::optional<Json>& answer) {
  if (!answer) return kNothingKnown;
  const std::string word = shown(*answer, kShown);
  const std::optional<std::string> state = state_named(probe, answer);
  if (!state) return word + ", which is none of the words in \"states\"";
  return plain(*state) == plain(word) ? word : word + " (" + *state + ")";
}

std::optional<std::int64_t> count_in(const std::optional<Json>& answer) {
  if (!answer) return 0;
  if (answer->is_array()) return static_cast<std::int64_t>(answer->size());
  if (answer->is_number_integer()) return answer->get<std::int64_t>();
  if (answer->is_boolean()) return answer->get<bool>() ? 1 : 0;
  const std::string text = shown(*answer);
  const bool digits = !text.empty() && text.size() < 18 && std::all_of(text.begin(), text.end(), is_digit);
  if (digits) return std::stoll(text);
  return std::nullopt;
}

}  // namespace

Result<std::optional<Json>> ask(const Question& question, const Json& names) {
  Result<std::string> url = fill_template(question.url, names);
  if (!url.ok()) return invalid_request(question.where + ": " + question.name + ": " + url.error().detail);
  const std::string asked = "GET " + *url;
  const Result<Answer> answer = call({"GET", *url, question.headers, std::nullopt, kQuestionTimeout});
  if (!answer.ok()) return unusable(question, asked, "was not answered: " + answer.error().detail);
  return value_in(question, asked, *answer);
}

std::optional<std::string> state_named(const Probe& probe, const std::optional<Json>& answer) {
  if (!answer) return "unknown";
  const std::string word = shown(*answer);
  for (const std::string& state : states_of(probe.resource)) {
    if (is_one_of(probe.words.at(state), word)) return state;
  }
  return std::nullopt;
}

Answered ask_until(const Question& question, const Json& names,
                   const std::function<bool(const std::optional<Json>&)>& enough) {
  const auto deadline = Clock::now() + question.within;
  Duration pause = kFirstPause;
  for (;;) {
    Answered seen{ask(question, names), false};
    seen.held = seen.answer.ok() && enough(*seen.answer);
    if (seen.held && question.settle.count() > 0) {
      std::this_thread::sleep_for(question.settle);
      seen.answer = ask(question, names);
      seen.held = seen.answer.ok() && enough(*seen.answer);
      return seen;
    }
    if (seen.held || Clock::now() >= deadline) return seen;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

Observation expect_state(const Probe& probe, const Json& names, const std::string& state) {
  Observation observation;
  observation.asked = asked_for(probe.question, names);
  observation.expected = words_text(probe, state);
  const std::vector<std::string>& words = probe.words.at(state);
  const Answered seen = ask_until(probe.question, names, [&](const std::optional<Json>& answer) {
    if (!answer) return state == "unknown";
    return is_one_of(words, shown(*answer));
  });
  observation.holds = seen.held;
  observation.unanswered = !seen.answer.ok();
  observation.got = seen.answer.ok() ? state_text(probe, *seen.answer) : seen.answer.error().detail;
  return observation;
}

Observation expect_count(const Effect& effect, const Json& names, std::int64_t count) {
  Observation observation;
  observation.asked = asked_for(effect.question, names);
  observation.expected = std::to_string(count);
  const Answered seen = ask_until(effect.question, names, [count](const std::optional<Json>& answer) {
    return count_in(answer) == std::optional<std::int64_t>(count);
  });
  observation.holds = seen.held;
  observation.unanswered = !seen.answer.ok();
  if (!seen.answer.ok()) {
    observation.got = seen.answer.error().detail;
  } else if (const std::optional<std::int64_t> got = count_in(*seen.answer)) {
    observation.got = std::to_string(*got);
  } else {
    observation.got = shown(**seen.answer, kShown) + ", which is neither a number nor a list";
  }
  return observation;
}

}  // namespace zest::application
