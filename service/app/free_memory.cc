#include "service/app/free_memory.h"

#include <malloc.h>

// jemalloc's (jemalloc(3)); null where the program is not linked with it.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old, size_t* old_size,
                                             void* wanted, size_t wanted_size);

namespace gw::app {

void ReturnFreeMemory(size_t worth) {
  if (mallctl != nullptr) {
    mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // MALLCTL_ARENAS_ALL
  } else if (mallinfo2().fordblks > worth) {
    malloc_trim(0);
  }
}

}  // namespace gw::app
