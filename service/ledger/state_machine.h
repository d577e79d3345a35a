// The life of an allocation: what may follow what. Pure functions.
//
// clang-format off
// | state                  | becomes                                               | the same request_id again    |
// | ---------------------- | ----------------------------------------------------- | ---------------------------- |
// | PENDING                | SUCCEEDED, FAILED, IN_DOUBT                            | waits                        |
// | SUCCEEDED              | CANCELLED                                             | OK, replayed                 |
// | CANCELLED              |                                                       | OK, replayed                 |
// | FAILED, resendable     | PENDING, attempt + 1                                  | sent again                   |
// | FAILED, not resendable |                                                       | the recorded error           |
// | IN_DOUBT               | a late definite answer of the same attempt:           | the recorded error, not sent |
// |                        | SUCCEEDED, FAILED; by a person: SUCCEEDED, ABANDONED, |                              |
// |                        | PENDING, attempt + 1                                  |                              |
// | ABANDONED              |                                                       | refused                      |
// clang-format on
//
// So a POST may leave only for a row that has just become PENDING, once for each attempt, and there
// is a second attempt only where the first is known not to have been executed, or where a person
// took it upon them; when that second one does not leave, the doubt about the first stays.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "service/ledger/record.h"
#include "service/observe/keyed_hash.h"

namespace gw::ledger {

/// Somebody wants an allocation.
struct Intent {
  enum class Kind {
    kGivenId,  ///< The caller named it.
    kMadeId,   ///< The gateway made the id: an allocation like it counts as the same.
    kResend,   ///< A person resolves a doubt by sending again.
  };
  Kind kind = Kind::kGivenId;
  Key key;
  int64_t examination_id = 0;   ///< Not of kResend, as the two below.
  std::string candidate_email;  ///< Trimmed.
  std::string email_key;        ///< EmailKeyOf.
  /// Of kMadeId: how long a SUCCEEDED one counts as the same; above zero.
  absl::Duration dedupe_window;
  /// Whether there is time left to send; without, nothing becomes PENDING.
  bool may_start = true;
  /// Above 0: whoever asks waits for this attempt, whose failure is their answer and no reason to
  /// send again.
  int awaited_attempt = 0;
  /// Who becomes the owner of what is begun.
  std::string owner;
  /// For the trail.
  std::string actor;
  std::string note;
};

/// What is to be done about an intent.
struct Begun {
  enum class Kind {
    kStart,       ///< `row` is PENDING now, this attempt is the asker's to send.
    kExisting,    ///< `row` is the answer as it stands; PENDING: somebody else sends it.
    kReused,      ///< The key is known with another examination or e-mail.
    kTooLate,     ///< It would have been begun, but there is no time left.
    kNotFound,    ///< Of kResend: no such row.
    kNotInDoubt,  ///< Of kResend: there is nothing to resolve.
    kErased,      ///< Of kResend: the address is not known any more.
  };
  Kind kind = Kind::kExisting;
  Row row;
};

/// What an intent means for the row that is there under its key (or that counts as the same). With
/// kStart the row returned is as it is to be written: PENDING, the next attempt, `now`. `hash` is
/// the store's.
Begun Decide(const Intent& intent, const Row& existing, const observe::KeyedHash& hash,
             absl::Time now);
/// The first row for an intent.
Row FirstRow(const Intent& intent, absl::Time now);

/// What became of one attempt.
struct Outcome {
  enum class Verdict {
    kSucceeded,
    kNotExecuted,  ///< Definitely: FAILED, resendable.
    kFailed,       ///< Concero said so: FAILED for good.
    kInDoubt,
  };
  Verdict verdict = Verdict::kInDoubt;
  int64_t invite_id = 0;  ///< Of kSucceeded, as the link.
  std::string invite_link;
  std::string error;  ///< Of the others, by recorded_failure_codec.
};

/// How the answer to an attempt changed its row.
enum class Settled {
  kDone,           ///< The row is changed.
  kAlready,        ///< It says the same already.
  kContradiction,  ///< It was settled otherwise since: only the trail is told.
};

/// Applies `outcome` of `attempt` to `row`.
Settled Settle(int attempt, const Outcome& outcome, absl::Time now, Row& row);

/// A person's decision about a doubt.
struct Resolution {
  enum class Kind { kConfirm, kAbandon };
  Kind kind = Kind::kAbandon;
  int64_t invite_id = 0;  ///< Of kConfirm, as the link.
  std::string invite_link;
};

/// Applies it. False: `row` is not IN_DOUBT and stays as it is.
bool Resolve(const Resolution& resolution, absl::Time now, Row& row);

/// The owner of a PENDING row is gone: it is IN_DOUBT, and still names the owner, who may yet know
/// that nothing was sent. False: it is not PENDING.
bool Orphan(absl::Time now, Row& row);

}  // namespace gw::ledger
