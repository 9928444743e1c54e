#include "insight/finding.h"

#include <algorithm>

namespace zest::insight {

Json to_json(const Finding& finding) {
  Json ids = Json::array();
  Json mistakes = Json::array();
  for (const Mistake& mistake : finding.mistakes) {
    ids.push_back(mistake.id);
    Json json{{"id", mistake.id}, {"sentence", mistake.sentence}, {"fix", mistake.fix}};
    if (!mistake.look_for.empty()) {
      Json lines = Json::object();
      for (const auto& [language, code] : mistake.look_for) lines[language] = code;
      json["lookFor"] = std::move(lines);
    }
    mistakes.push_back(std::move(json));
  }
  return Json{{"ids", std::move(ids)}, {"sentence", finding.sentence}, {"mistakes", std::move(mistakes)}};
}

Json to_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) list.push_back(to_json(finding));
  return list;
}

namespace {

std::string look_for_text(const Json& lines, const std::string& language) {
  std::string text;
  std::size_t width = 0;
  for (const auto& [name, code] : lines.items()) width = std::max(width, name.size());
  for (const auto& [name, code] : lines.items()) {
    if (!language.empty() && name != language) continue;
    text += "    " + name + std::string(width - name.size() + 2, ' ') + text_member(lines, name) + "\n";
  }
  return text;
}

}  // namespace

std::string findings_text(const Json& findings, const std::string& language) {
  std::string text;
  std::vector<std::string> told;
  std::size_t number = 0;
  for (const Json& finding : findings) {
    ++number;
    text +=
        (findings.size() > 1 ? std::to_string(number) + ". " : "") + text_member(finding, "sentence") + "\n";
    const Json* mistakes = member(finding, "mistakes");
    if (mistakes == nullptr) continue;
    for (const Json& mistake : *mistakes) {
      const std::string id = text_member(mistake, "id");
      if (std::find(told.begin(), told.end(), id) != told.end()) continue;
      told.push_back(id);
      text += "  " + id + ": " + text_member(mistake, "fix") + "\n";
      if (const Json* lines = member(mistake, "lookFor")) text += look_for_text(*lines, language);
    }
  }
  return text;
}

}  // namespace zest::insight
