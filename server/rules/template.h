// A contract template: what attributes an SPV request has to bring, and which of them are its currency,
// minimum ticket and share classes. Zest docs: contracts/templates. Thread-safety: immutable after parsing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/result.h"
#include "model/money.h"
#include "model/spv_request.h"
#include "rules/template_parser.h"
#include "rules/template_spec.h"

namespace zest::rules {

class Template {
 public:
  // Errors: InvalidRequest whose detail is "<JSON path> <reason>".
  static Result<Template> parse(Json definition, const TemplateTypes& types = {});

  const std::string& id() const { return spec_.id; }
  const std::string& version() const { return spec_.version; }
  const std::vector<AttributeSpec>& attributes() const { return spec_.attributes; }
  const Json& definition() const { return definition_; }  // as it was given

  // Every violation, in a stable order; `field` is "attributes." and `attribute`. Empty: the attributes are
  // fine.
  std::vector<Violation> validate(const Json& attributes) const;

  // What follows reads attributes that have no violation; of others it gives what can be read.

  // Absent when the template has no such role or the attribute is absent: then no rule applies.
  std::optional<std::string> currency(const Json& attributes) const;
  std::optional<Money> minimum_ticket(const Json& attributes) const;

  bool has_share_classes() const { return spec_.roles.share_classes.has_value(); }
  // In the order sent. A share class without a slug gets "sc_" and its name in camel case ("Class A" ->
  // sc_classA); derived ones that would come twice are numbered (sc_classA2). Zest docs:
  // spv-requests/fees-and-carry.
  std::vector<ShareClass> share_classes(const Json& attributes) const;

 private:
  Template(Json definition, TemplateSpec spec) : definition_(std::move(definition)), spec_(std::move(spec)) {}

  Json definition_;
  TemplateSpec spec_;
};

}  // namespace zest::rules
