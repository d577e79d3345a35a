// What a test's code logs.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace gw::testing {

/// Keeps what is written to stderr as long as it lives. One at a time.
class CapturedLog {
 public:
  CapturedLog() { ::testing::internal::CaptureStderr(); }
  ~CapturedLog() { ::testing::internal::GetCapturedStderr(); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  /// Everything since the last Take, as it was written.
  std::string TakeText() {
    std::string text = ::testing::internal::GetCapturedStderr();
    ::testing::internal::CaptureStderr();
    return text;
  }
  /// The same, line by line.
  std::vector<nlohmann::json> Take() {
    std::vector<nlohmann::json> lines;
    for (const auto line : absl::StrSplit(TakeText(), '\n', absl::SkipEmpty())) {
      lines.push_back(nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false));
      EXPECT_TRUE(lines.back().is_object()) << line;
    }
    return lines;
  }
};

}  // namespace gw::testing
