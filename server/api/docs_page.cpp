#include <algorithm>
#include <string>
#include <vector>

#include "api/openapi.h"
#include "base/version.h"

namespace zest::api {
namespace {

constexpr const char* kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1c1f23;"
    "background:#fff}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid "
    "#d5d9de}"
    "article{margin:1.2rem 0}h3{font:600 1rem ui-monospace,monospace;margin:0;overflow-wrap:anywhere}"
    "p{margin:.2rem 0}.method{display:inline-block;min-width:4.2rem}.note{color:#555b63;font-size:.9rem}"
    "code{font-family:ui-monospace,monospace}"
    "@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#15181b}.note{color:#a3abb3}"
    "h2{border-color:#3a4047}a{color:#8ab4f8}}";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html.push_back(c);
    }
  }
  return html;
}

std::string body_note(const Route& route) {
  switch (route.body) {
    case BodyKind::None:
      return "";
    case BodyKind::JsonDocument:
    case BodyKind::OptionalJson:
      return "JSON body " + route.request_schema;
    case BodyKind::Form:
      return "form body " + route.request_schema;
    case BodyKind::Multipart:
      return "multipart body " + route.request_schema;
  }
  return "";
}

// "Bearer token · JSON body SpvRequestCreate · answers 201 · errors 400, 401"
std::string note_of(const Route& route) {
  std::string note = route.access == Access::Public ? "No token" : "Bearer token";
  if (route.key == KeyUse::Required) note += " · Idempotency-Key required";
  if (route.key == KeyUse::Optional) note += " · Idempotency-Key optional";
  const std::string body = body_note(route);
  if (!body.empty()) note += " · " + body;
  for (const QueryParameter& parameter : route.query) note += " · ?" + parameter.name;
  note += " · answers " + std::to_string(route.success);
  for (std::size_t i = 0; i < route.errors.size(); ++i) {
    note += (i == 0 ? " · errors " : ", ") + std::to_string(route.errors[i]);
  }
  return note;
}

std::string article_of(const Route& route) {
  std::string html = "<article id=\"" + escaped(route.operation_id) + "\"><h3><span class=\"method\">" +
                     escaped(route.method) + "</span> " + escaped(route.path) + "</h3><p>" +
                     escaped(route.summary) + ".</p>";
  if (!route.description.empty()) html += "<p>" + escaped(route.description) + "</p>";
  return html + "<p class=\"note\">" + escaped(note_of(route)) + "</p></article>\n";
}

}  // namespace

std::string docs_page(const RouteTable& table, const std::string& url) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<title>Zest Partner API (sandbox)</title><style>";
  html += kStyle;
  html += "</style></head><body>\n<h1>Zest Partner API (sandbox " + escaped(version()) +
          ")</h1>\n<p>Base URL <code>" + escaped(url) +
          "</code>. The machine-readable form is <a href=\"/openapi.json\">/openapi.json</a>, that of the "
          "control plane <a href=\"/_sandbox/openapi.json\">/_sandbox/openapi.json</a>.</p>\n";
  std::vector<std::string> tags;
  for (const Route& route : table.routes()) {
    const bool listed = route.listed && surface_of(route.path) == Surface::Partner;
    if (listed && std::find(tags.begin(), tags.end(), route.tag) == tags.end()) tags.push_back(route.tag);
  }
  for (const std::string& tag : tags) {
    html += "<h2>" + escaped(tag) + "</h2>\n";
    for (const Route& route : table.routes()) {
      const bool listed = route.listed && surface_of(route.path) == Surface::Partner;
      if (listed && route.tag == tag) html += article_of(route);
    }
  }
  return html + "</body></html>\n";
}

}  // namespace zest::api
