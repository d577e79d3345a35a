// What is recorded of an allocation.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gw::ledger {

/// Where an allocation stands. Same numbers as concero.v1.AllocationState; a test holds the two
/// together.
enum class State {
  kPending = 1,
  kSucceeded = 2,
  kFailed = 3,
  kInDoubt = 4,
  kCancelled = 5,
  kAbandoned = 6,
};

/// `PENDING`, `SUCCEEDED`, …: as stored, and as a label of metrics. Lives forever.
absl::string_view StateName(State state);
/// Every state, in order.
const std::vector<State>& AllStates();
/// The state of that name; kInDoubt for a name that is none: nothing may be sent for it.
State StateOf(absl::string_view name);

/// Which allocation: what its caller calls it.
struct Key {
  std::string caller;
  std::string request_id;
  auto operator<=>(const Key&) const = default;
  bool operator==(const Key&) const = default;

  template <class H>
  friend H AbslHashValue(H h, const Key& key) {
    return H::combine(std::move(h), key.caller, key.request_id);
  }
};

/// One row of `allocations`.
struct Row {
  /// Grows with every row; the order of creation. 0: not stored yet.
  int64_t seq = 0;
  Key key;
  int64_t examination_id = 0;
  /// As sent, without blanks around it; empty once the candidate was erased.
  std::string candidate_email;
  /// What e-mails are compared by: EmailKeyOf, ErasedEmailKey once erased.
  std::string email_key;
  State state = State::kPending;
  /// 1, and more where nothing had been executed before.
  int attempt = 1;
  /// Of kFailed: nothing was executed, so the same request_id is sent again.
  bool resendable = false;
  int64_t invite_id = 0;    ///< 0: none.
  std::string invite_link;  ///< A credential.
  absl::Time create_time;
  /// When its state last changed.
  absl::Time update_time;
  /// The process that sends it, by its OwnerId: of kPending, and of kInDoubt when it is gone.
  std::string owner;
  /// Why it failed or is in doubt, by recorded_failure_codec; empty otherwise.
  std::string error;

  bool erased() const { return candidate_email.empty(); }
};

/// One change of a row, kept with it.
struct Event {
  absl::Time time;
  State state = State::kPending;
  /// Who caused it: a caller, or `gateway`.
  std::string actor;
  /// In words.
  std::string note;
  int attempt = 1;
};

/// The actor of what nobody asked for.
inline constexpr absl::string_view kGateway = "gateway";
/// The note of a row that became IN_DOUBT so.
inline constexpr absl::string_view kOwnerIsGone = "the gateway that sent it has stopped";

}  // namespace gw::ledger
