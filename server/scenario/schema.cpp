#include "scenario/schema.h"

#include "document/schema.h"
#include "scenario/language.h"

namespace zest::scenario {

Json json_schema() { return document::json_schema(language(), "zest-sandbox scenario"); }

}  // namespace zest::scenario
