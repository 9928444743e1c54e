// Names of threads, as `top -H`, gdb and perf show them, and threads that are made on demand.
#pragma once

#include <functional>
#include <thread>
#include <vector>

namespace zest {

// Names the calling thread. The kernel keeps 15 bytes of it; a longer name is cut.
void name_thread(const char* name);

// Starts one more of `threads`. False: the machine has none left (memory for its stack, a limit of
// processes).
bool start_thread(std::vector<std::thread>& threads, const char* name, std::function<void()> work);

}  // namespace zest
