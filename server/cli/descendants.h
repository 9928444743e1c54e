// All processes that a process has started, and those that they have. Thread-safety: call from the thread
// that waits for children.
#pragma once

namespace zest::cli {

// From now on a descendant whose parent ended is this process's child, so that none is lost sight of. Linux;
// elsewhere nothing happens.
void adopt_orphans();

// Ends every descendant: asks (SIGTERM), and after two seconds insists (SIGKILL). Returns when none is left,
// or when some do not end for another two seconds (those of another user cannot be ended). SIGCHLD must be
// blocked.
void end_descendants();

}  // namespace zest::cli
