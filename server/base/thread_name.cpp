#include "base/thread_name.h"

#include <pthread.h>

#include <string>

namespace zest {

void name_thread(const char* name) {
  constexpr std::size_t kKept = 15;
  pthread_setname_np(pthread_self(), std::string(name).substr(0, kKept).c_str());
}

}  // namespace zest
