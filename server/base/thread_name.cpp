#include "base/thread_name.h"

#include <pthread.h>

#include <string>
#include <system_error>
#include <utility>

namespace zest {

void name_thread(const char* name) {
  constexpr std::size_t kKept = 15;
  pthread_setname_np(pthread_self(), std::string(name).substr(0, kKept).c_str());
}

bool start_thread(std::vector<std::thread>& threads, const char* name, std::function<void()> work) {
  threads.reserve(threads.size() + 1);
  try {
    threads.emplace_back([name, work = std::move(work)] {
      name_thread(name);
      work();
    });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace zest
