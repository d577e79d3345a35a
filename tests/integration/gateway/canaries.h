// Whether what must not leak has leaked.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace gw::testing {

/// What of a text nobody may read who reads logs, metrics or admin pages, as it was found: any
/// secret of the tests (each has `canary-` in it), an e-mail address, an invite link of the
/// sandbox's. Thread safety: pure.
std::vector<std::string> CanariesIn(const std::string& text);

/// Of a process that runs: its command line and its environment.
std::string WhatTheSystemShows(pid_t pid);

}  // namespace gw::testing
