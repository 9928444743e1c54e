// What the partner has whose call it was, or is to be, for mending one that was refused. Thread-safety: reads
// the store.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "insight/remedy.h"
#include "store/store.h"

namespace zest::api {

// `row`: the journal's. The partner is who made the call; who has what it names, where that was not the
// caller; and the first one for a call that nobody is known to have made. Errors: those of the store.
Result<insight::Holdings> holdings_for(store::Store& store, const Json& row);

}  // namespace zest::api
