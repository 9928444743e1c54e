// Pages for people: how they are asked for, and the header fields that keep them to our own files.
// Thread-safety: free functions.
#pragma once

#include <string>
#include <string_view>

#include "api/pipeline/router.h"
#include "console/assets.h"
#include "http/message.h"

namespace zest::api {

// Whether Accept names text/html (and not with q=0): a browser that navigates does, curl and programs do not.
bool asks_for_page(const http::RequestHead& head);

// The header fields of every page: nothing is loaded but from this server, nothing inline runs, and no other
// site may frame it.
void add_page_headers(Answer& answer);
Answer page_answer(std::string html);
// The file, or 304 when the caller has it already (If-None-Match). Browsers ask again each time, so that a
// newer binary is never mixed with files of an older one.
Answer asset_answer(console::Asset asset, const http::RequestHead& head);

}  // namespace zest::api
