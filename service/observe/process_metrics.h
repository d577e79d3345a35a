// What Prometheus' own clients say of every process: descriptors, memory, CPU and start.
#pragma once

#include "service/observe/metrics.h"

namespace gw::observe {

/// Adds process_open_fds, process_max_fds, process_resident_memory_bytes, process_cpu_seconds_total
/// and process_start_time_seconds, read from the kernel whenever somebody looks. What it does not
/// tell is left out. Once per Metrics. Thread safety: any thread.
void ReadProcess(Metrics& metrics);

}  // namespace gw::observe
