#include "tests/integration/gateway/canaries.h"

#include <regex>

#include "tests/support/process.h"

namespace gw::testing {

std::vector<std::string> CanariesIn(const std::string& text) {
  static const std::regex kAny(
      "canary-[A-Za-z0-9-]*"
      "|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\\.[A-Za-z0-9.-]+"
      "|concero\\.example/exam/start/[A-Za-z0-9]*");
  std::vector<std::string> found;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), kAny); it != std::sregex_iterator();
       ++it) {
    found.push_back(it->str());
  }
  return found;
}

std::string WhatTheSystemShows(pid_t pid) {
  const std::string of = "/proc/" + std::to_string(pid) + "/";
  return ReadFile(of + "cmdline") + "\n" + ReadFile(of + "environ");
}

}  // namespace gw::testing
