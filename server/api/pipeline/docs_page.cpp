#include <algorithm>
#include <string>
#include <vector>

#include "api/pipeline/openapi.h"
#include "base/version.h"

namespace zest::api {
namespace {

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
    case BodyKind::JsonFile:
      return route.request_schema.empty() ? "JSON body" : "JSON body " + route.request_schema;
    case BodyKind::Form:
      return "form body " + route.request_schema;
    case BodyKind::Multipart:
      return "multipart body " + route.request_schema;
  }
  return "";
}

// "Bearer token · JSON body SpvRequestCreate · answers 201 · errors 400, 401"
std::string note_of(const Route& route) {
  std::string note = route.access == Access::Public    ? "No token"
                     : route.access == Access::Control ? "Admin token, if there is one"
                                                       : "Bearer token";
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

std::string docs_page(const RouteTable& table, Surface surface, const std::string& url) {
  const bool partner = surface == Surface::Partner;
  const std::string title = partner ? "Zest Partner API" : "Control plane of the sandbox";
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>" +
      title +
      " · zest-sandbox</title>\n<link rel=\"icon\" href=\"/_sandbox/console/icon.svg\" "
      "type=\"image/svg+xml\">\n";
  for (const char* style : {"tokens", "base", "docs"}) {
    html += std::string("<link rel=\"stylesheet\" href=\"/_sandbox/console/style/") + style + ".css\">\n";
  }
  html +=
      "<script type=\"module\" src=\"/_sandbox/console/docs/main.js\"></script>\n</head><body "
      "data-document=\"" +
      std::string(partner ? "/openapi.json" : "/_sandbox/openapi.json") + "\">\n<main id=\"plain\">\n<h1>" +
      title + " (sandbox " + escaped(version()) + ")</h1>\n<p>Base URL <code>" + escaped(url) +
      "</code>. The machine-readable form is <a href=\"/openapi.json\">/openapi.json</a>, that of the "
      "control "
      "plane <a href=\"/_sandbox/openapi.json\">/_sandbox/openapi.json</a>. Pages: <a href=\"/docs\">API "
      "reference</a>, <a href=\"/_sandbox/docs\">control plane</a>, <a "
      "href=\"/_sandbox/console\">console</a>.</p>\n";
  std::vector<std::string> tags;
  for (const Route& route : table.routes()) {
    const bool listed = route.listed && surface_of(route.path) == surface;
    if (listed && std::find(tags.begin(), tags.end(), route.tag) == tags.end()) tags.push_back(route.tag);
  }
  for (const std::string& tag : tags) {
    html += "<h2>" + escaped(tag) + "</h2>\n";
    for (const Route& route : table.routes()) {
      const bool listed = route.listed && surface_of(route.path) == surface;
      if (listed && route.tag == tag) html += article_of(route);
    }
  }
  return html + "</main></body></html>\n";
}

}  // namespace zest::api
