// A scenario is a document: the names of that room which this one speaks in.
#pragma once

#include "document/source.h"
#include "document/values.h"

namespace zest::scenario {

using document::child;
using document::describe;
using document::Finding;
using document::Place;
using document::Position;
using document::Source;

using document::expand;
using document::has_template;
using document::shown;
using document::shown_member;
using document::template_uses;
using document::TemplateUse;

}  // namespace zest::scenario
