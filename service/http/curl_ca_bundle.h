// Which certificates the engine trusts when no file names others.
#pragma once

#include <string>

namespace gw::http {

/// The system's bundle, as libcurl was built to use it. Thread safety: any thread.
std::string SystemCaBundle();

}  // namespace gw::http
