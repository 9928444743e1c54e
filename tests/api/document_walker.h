// Whether a sandbox keeps to an OpenAPI document of its own.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/raw_world.h"
#include "api/schema_check.h"

namespace zest::api {

// Calls a sandbox and holds every answer, and every body that it took, against its document.
class DocumentWalker {
 public:
  // `exchange`: the bytes of a request out, its answer back.
  DocumentWalker(Json document, std::function<HttpAnswer(const std::string&)> exchange)
      : document_(std::move(document)), exchange_(std::move(exchange)) {}

  HttpAnswer call(const std::string& verb, const std::string& target, const Fields& fields = {},
                  const std::optional<std::string>& body = std::nullopt) {
    HttpAnswer answer = exchange_(RawWorld::request(verb, target, fields, body));
    std::string method = verb;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    const std::string path = template_of(target.substr(0, target.find('?')), method);
    EXPECT_FALSE(path.empty()) << verb << " " << target;
    if (path.empty()) return answer;
    const Json& operation = document_["paths"][path][method];
    const Json& responses = operation["responses"];
    const std::string status = std::to_string(answer.status);
    const Json& response = responses[responses.contains(status) ? status : "default"];
    const std::string type = answer.header("Content-Type").substr(0, answer.header("Content-Type").find(';'));
    const bool typed = response.contains("content") && response["content"].contains(type);
    EXPECT_TRUE(typed) << verb << " " << target << " " << status << " " << type;
    if (typed && type == "application/json") {
      EXPECT_FALSE(response["content"][type]["schema"].empty())
          << verb << " " << target << " is not described";
      fits(response["content"][type]["schema"], answer.json, verb + " " + target + " " + status);
    }
    if (answer.status < 300) {
      succeeded_.insert(method + " " + path);
      const Json content = operation.value("requestBody", Json::object()).value("content", Json::object());
      Result<Json> sent = parse_json(body.value_or(""));
      if (!content.contains("application/json") || !sent.ok()) return answer;
      const Json& taken = content["application/json"]["schema"];
      EXPECT_FALSE(taken.empty()) << "the body of " << verb << " " << target << " is not described";
      fits(taken, *sent, "the body of " + verb + " " + target);
    }
    return answer;
  }
  HttpAnswer post(const std::string& target, const Fields& fields, const Json& body) {
    return call("POST", target, fields + kJsonType, dump_json(body));
  }
  void fits(const Json& schema, const Json& value, const std::string& subject) {
    SchemaCheck check(document_);
    for (const std::string& problem : check.check(schema, value)) ADD_FAILURE() << subject << ": " << problem;
  }
  // Those of bodies, and those of schemas and of their members.
  void check_examples() {
    std::size_t checked = 0;
    check_examples(document_, "", checked);
    EXPECT_GT(checked, 50U);
  }
  // A schema of the document.
  Json schema(const std::string& name) const { return document_["components"]["schemas"][name]; }
  std::set<std::string> never_succeeded() const {
    std::set<std::string> missing;
    for (const auto& [path, operations] : document_["paths"].items()) {
      for (const auto& [method, operation] : operations.items()) {
        if (succeeded_.count(method + " " + path) == 0) missing.insert(method + " " + path);
      }
    }
    return missing;
  }

 private:
  void check_examples(const Json& below, const std::string& place, std::size_t& checked) {
    if (!below.is_structured()) return;
    if (below.is_object() && below.contains("schema") && below.contains("example")) {
      ++checked;
      fits(below["schema"], below["example"], place);
    }
    const Json* examples = member(below, "examples");
    if (examples != nullptr && examples->is_array()) {
      for (const Json& example : *examples) {
        ++checked;
        fits(below, example, place);
      }
    }
    for (const auto& [name, inside] : below.items()) {
      if (name != "example" && name != "examples") check_examples(inside, place + "/" + name, checked);
    }
  }
  static std::vector<std::string> segments(const std::string& path) {
    std::vector<std::string> parts(1);
    for (const char c : path) {
      if (c == '/') {
        parts.emplace_back();
      } else {
        parts.back().push_back(c);
      }
    }
    return parts;
  }
  std::string template_of(const std::string& target, const std::string& method) const {
    const std::vector<std::string> sent = segments(target);
    for (const auto& [path, operations] : document_["paths"].items()) {
      const std::vector<std::string> pattern = segments(path);
      bool fits = pattern.size() == sent.size() && operations.contains(method);
      for (std::size_t i = 0; fits && i < sent.size(); ++i) {
        fits =
            pattern[i] == sent[i] || (!pattern[i].empty() && pattern[i].front() == '{' && !sent[i].empty());
      }
      if (fits) return path;
    }
    return "";
  }

  const Json document_;
  const std::function<HttpAnswer(const std::string&)> exchange_;
  std::set<std::string> succeeded_;  // "post /v1/investors"
};

}  // namespace zest::api
