// What a preflight looks at.
#pragma once

#include <vector>

#include "service/app/upstream.h"
#include "service/rest/preflight.h"

namespace gw::app {

/// Each upstream that is configured, Concero first. The upstreams outlive what is made of them;
/// null: not configured. Thread safety: any thread.
std::vector<rest::PreflightTarget> PreflightTargets(Upstream* concero, Upstream* proctorexam);

}  // namespace gw::app
