// What is kept of a sandbox whose run failed, for whoever looks into it later: everything that the control
// plane can tell, as files of one folder. Thread-safety: free functions.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/control_api.h"

namespace zest::cli {

// Writes snapshot.json, journal.json, deliveries.json, log.txt and index.html, a page of what went wrong,
// into the folder, which is made when it is not there; for the owner only, for they hold webhook secrets and
// personal data. Files of these names are replaced. Errors: those of files and of the calls.
Result<void> keep_run(const std::filesystem::path& folder, const client::ControlApi& control,
                      const std::vector<std::string>& log, const std::string& title);

}  // namespace zest::cli
