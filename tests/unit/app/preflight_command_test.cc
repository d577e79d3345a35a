#include "service/app/preflight_command.h"

#include <gtest/gtest.h>

namespace gw::app {
namespace {

using rest::PreflightResult;

TEST(PreflightTable, HasALineForEachCheckAndTheAdviceBelowIt) {
  const rest::Preflights::Results results = {
      {"concero",
       {{"dns", PreflightResult::kOk, "as it should be", ""},
        {"credential", PreflightResult::kFailed, "what was seen", "what to do"}}},
      {"proctorexam", {{"egress_ip", PreflightResult::kSkipped, "needs dns", ""}}}};
  EXPECT_EQ(PreflightTable(results),
            "concero\n"
            "  dns         ok       as it should be\n"
            "  credential  FAILED   what was seen\n"
            "                       what to do\n"
            "\n"
            "proctorexam\n"
            "  egress_ip   skipped  needs dns\n");
}

}  // namespace
}  // namespace gw::app
