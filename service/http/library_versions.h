// Which versions of the libraries that reach upstreams run here.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gw::http {

/// `libcurl` and the library that it uses for TLS, with their versions, as they are loaded and not
/// as they were when this was built. Thread safety: any thread.
std::vector<std::pair<std::string, std::string>> LibraryVersions();

}  // namespace gw::http
