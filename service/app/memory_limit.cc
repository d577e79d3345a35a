#include "service/app/memory_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace gw::app {
namespace {

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Version 2 alone, that is one line `0::/path`.
std::optional<size_t> CgroupLimit() {
  const std::string cgroup = TextOf("/proc/self/cgroup");
  absl::string_view path = absl::StripAsciiWhitespace(cgroup);
  if (!absl::ConsumePrefix(&path, "0::")) return std::nullopt;
  return ParseMemoryMax(TextOf(absl::StrCat("/sys/fs/cgroup", path, "/memory.max")));
}

}  // namespace

std::optional<size_t> ParseMemoryMax(absl::string_view text) {
  uint64_t bytes = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &bytes) || bytes == 0) {
    return std::nullopt;
  }
  return bytes;
}

size_t MemoryLimit() {
  std::optional<size_t> limit = CgroupLimit();
  rlimit resident{};
  if (getrlimit(RLIMIT_RSS, &resident) == 0 && resident.rlim_cur != RLIM_INFINITY) {
    limit = std::min<size_t>(limit.value_or(resident.rlim_cur), resident.rlim_cur);
  }
  return limit.value_or(kDefaultMemoryLimit);
}

}  // namespace gw::app
