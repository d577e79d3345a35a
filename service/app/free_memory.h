// Memory that is free within the process, back to the system.
#pragma once

#include <cstddef>

namespace gw::app {

/// Whatever the allocator: jemalloc where the program is linked with it, else glibc's own, which is
/// only asked when at least `worth` bytes are free. Takes some milliseconds. Thread safety: any
/// thread.
void ReturnFreeMemory(size_t worth);

}  // namespace gw::app
