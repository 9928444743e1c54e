// What the pipeline sees of a call for the warnings (insight/warnings.h), beside its journal entry.
// Thread-safety: free functions.
#pragma once

#include "api/pipeline/fault.h"
#include "api/pipeline/router.h"
#include "insight/observed.h"

namespace zest::api {

// Of an upload whose body is there: whether the file is what it is declared as.
void note_file(insight::CallSigns& signs, const http::Request& request);
// Of a call whose query and body are read: what is unknown in a partner's query, what its key holds.
void note_request(insight::CallSigns& signs, const Exchange& exchange);
// Of a call whose answer the fault will spoil.
void note_fault(insight::CallSigns& signs, const Fault& fault);
// Of a call that was executed or refused, before it is answered; `waited`: since its head was there (wall).
// Takes the exchange's fingerprint.
void note_result(insight::CallSigns& signs, Exchange& exchange, const Result<Answer>& result,
                 Duration waited);
// The same of a call that ends with `status` whatever was done; 0: it is cut off.
void note_end(insight::CallSigns& signs, Exchange& exchange, int status, Duration waited);

}  // namespace zest::api
