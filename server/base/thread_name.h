// Names of threads, as `top -H`, gdb and perf show them.
#pragma once

namespace zest {

// Names the calling thread. The kernel keeps 15 bytes of it; a longer name is cut.
void name_thread(const char* name);

}  // namespace zest
