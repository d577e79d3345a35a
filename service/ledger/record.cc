#include "service/ledger/record.h"

namespace gw::ledger {

absl::string_view StateName(State state) {
  switch (state) {
    case State::kPending:
      return "PENDING";
    case State::kSucceeded:
      return "SUCCEEDED";
    case State::kFailed:
      return "FAILED";
    case State::kInDoubt:
      return "IN_DOUBT";
    case State::kCancelled:
      return "CANCELLED";
    case State::kAbandoned:
      return "ABANDONED";
  }
  return "IN_DOUBT";
}

const std::vector<State>& AllStates() {
  static const auto* const all =
      new std::vector<State>{State::kPending, State::kSucceeded, State::kFailed,
                             State::kInDoubt, State::kCancelled, State::kAbandoned};
  return *all;
}

State StateOf(absl::string_view name) {
  for (const State state : AllStates()) {
    if (StateName(state) == name) return state;
  }
  return State::kInDoubt;
}

}  // namespace gw::ledger
