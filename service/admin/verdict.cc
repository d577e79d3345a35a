#include "service/admin/verdict.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/admin/markup.h"

namespace gw::admin {
namespace {

constexpr absl::Duration kEndsSoon = absl::Hours(21 * 24);

struct Wrong {
  bool fails;  // else it waits for people
  std::string text;
};

// What fails first.
std::vector<Wrong> WrongOf(const Status& status) {
  std::vector<Wrong> wrong;
  for (const auto& component : status.components) {
    if (!component.well) {
      wrong.push_back({true, absl::StrCat(component.name, " fails: ", component.reason)});
    }
    if (component.breaker == "open") {
      wrong.push_back({true, absl::StrCat(component.name, "'s breaker is open")});
    }
  }
  if (const int64_t count = InDoubt(status); count > 0) {
    wrong.push_back(
        {false, absl::StrCat(NumberText(count), count == 1 ? " allocation" : " allocations",
                             " in doubt")});
  }
  if (status.ledger && status.ledger->owed > 0) {
    const int64_t owed = status.ledger->owed;
    wrong.push_back({false, absl::StrCat(NumberText(owed), owed == 1 ? " outcome" : " outcomes",
                                         " not recorded yet")});
  }
  for (const auto& certificate : status.certificates) {
    const absl::string_view color = Color(certificate, status.now);
    if (color == "good") continue;
    const bool over = color == "bad";
    wrong.push_back(
        {over, absl::StrCat("certificate ", certificate.name, over ? " is over" : " ends in ",
                            over ? "" : SpanText(certificate.not_after - status.now))});
  }
  std::stable_partition(wrong.begin(), wrong.end(), [](const Wrong& one) { return one.fails; });
  return wrong;
}

absl::string_view ServingText(observe::Serving serving) {
  switch (serving) {
    case observe::Serving::kStarting:
      return "Starting";
    case observe::Serving::kServing:
      return "Serving";
    case observe::Serving::kDraining:
      return "Draining: it was told to stop";
  }
  return "";
}

}  // namespace

std::string Verdict(const Status& status) {
  const std::vector<Wrong> wrong = WrongOf(status);
  const absl::string_view serving = ServingText(status.serving);
  if (wrong.empty()) {
    return absl::StrCat(serving,
                        status.serving == observe::Serving::kServing ? "; all is well" : "");
  }
  return absl::StrCat(
      serving, "; ",
      absl::StrJoin(wrong, "; ", [](std::string* out, const Wrong& one) { *out += one.text; }));
}

absl::string_view Color(const Status& status) {
  const std::vector<Wrong> wrong = WrongOf(status);
  if (!wrong.empty() && wrong.front().fails) return "bad";
  return wrong.empty() && status.serving == observe::Serving::kServing ? "good" : "warn";
}

absl::string_view Color(const Status::Certificate& certificate, absl::Time now) {
  const absl::Duration left = certificate.not_after - now;
  if (left <= absl::ZeroDuration()) return "bad";
  return left < kEndsSoon ? "warn" : "good";
}

int64_t InDoubt(const Status& status) {
  if (!status.ledger) return 0;
  for (const auto& [state, count] : status.ledger->rows) {
    if (state == "IN_DOUBT") return std::max<int64_t>(count, 0);
  }
  return 0;
}

}  // namespace gw::admin
