// The parts of an upload's multipart body, checked. Zest docs: uploads. Thread-safety: free functions.
#pragma once

#include <vector>

#include "api/pipeline/services.h"
#include "base/result.h"
#include "http/message.h"
#include "rules/subscriptions.h"

namespace zest::api {

struct UploadParts {
  const http::Part* file = nullptr;  // into the parts that were read
  rules::NewUpload upload;           // its content
  rules::FundingFields funding;      // of a funding receipt
};

// Parts of other names are ignored. Errors: UnsupportedMediaType for the file; ValidationError with a row for
// every part that is missing, sent twice or has an unusable value.
Result<UploadParts> read_form_parts(const std::vector<http::Part>& parts);
Result<UploadParts> read_funding_parts(const std::vector<http::Part>& parts);

// Forgets replaced content whose signed URLs have expired, and removes content that nothing refers to any
// more.
void sweep_uploads(const Services& services);

}  // namespace zest::api
